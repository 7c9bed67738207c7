// Consumer groups; every sink is one, called PIPELINE.SINK.

import { parseLogPosition } from '../log-position.js'
import { json, pathParameter, type Route } from './route.js'

const groupParameter = pathParameter('group', 'Name of the group.')

const resetBody = {
  type: 'object',
  required: ['to'],
  additionalProperties: false,
  properties: {
    to: { type: 'string', description: '`earliest`, `latest`, an offset, or `time:` and milliseconds since 1970.' },
    topics: { type: 'array', items: { type: 'string' }, minItems: 1 },
  },
}

interface ResetBody {
  readonly to: string
  readonly topics?: readonly string[]
}

export const groupRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/groups',
    summary: 'All groups with their state and lag.',
    changes: false,
    parameters: [],
    respond: async (_request, { admin }) => json(await admin.groups()),
  },
  {
    method: 'GET',
    path: '/api/groups/{group}',
    summary: 'One group with its members, its offsets, and what happened to it lately.',
    changes: false,
    parameters: [groupParameter],
    respond: async ({ parameters }, { admin }) => json(await admin.group(String(parameters['group']))),
  },
  {
    method: 'POST',
    path: '/api/groups/{group}/reset',
    summary: 'Sets where a group without members goes on.',
    changes: true,
    parameters: [groupParameter],
    body: resetBody,
    async respond({ parameters, body }, { admin }) {
      const { to, topics } = body as ResetBody
      const request = { to: parseLogPosition(to), ...(topics === undefined ? {} : { topics }) }
      return json(await admin.resetGroup(String(parameters['group']), request))
    },
  },
]
