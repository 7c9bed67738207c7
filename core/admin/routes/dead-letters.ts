// Dead letters: putting them back where they failed.

import type { ReplayRequest } from '../admin-service.js'
import { json, pathParameter, type Route } from './route.js'

export const deadLetterRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/topics/{topic}/replay',
    summary: 'Puts the dead letters of a topic back where they failed; each goes back once.',
    changes: true,
    parameters: [pathParameter('topic', 'Name of the dead-letter topic.')],
    body: {
      type: 'object',
      additionalProperties: false,
      properties: {
        edge: { type: 'string', minLength: 1 },
        code: { type: 'string', minLength: 1 },
        sinceMs: { type: 'integer', minimum: 0 },
        where: { type: 'string', minLength: 1 },
        limit: { type: 'integer', minimum: 1 },
        isDryRun: { type: 'boolean', default: false },
      },
    },
    async respond({ parameters, body }, { admin }) {
      return json(await admin.replay(String(parameters['topic']), body as ReplayRequest))
    },
  },
]
