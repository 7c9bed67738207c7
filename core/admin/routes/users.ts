// Users of the Kafka port. What is sent are credentials, salted by who sends them: never a password.

import type { StoredUser } from '../../security/users.js'
import { json, pathParameter, type Route, type Schema } from './route.js'

const userParameter = pathParameter('user', 'Name of the user.')

const base64: Schema = { type: 'string', pattern: '^[A-Za-z0-9+/]+=*$', maxLength: 128 }

const credential: Schema = {
  type: 'object',
  required: ['salt', 'iterations', 'storedKey', 'serverKey'],
  additionalProperties: false,
  properties: { salt: base64, iterations: { type: 'integer' }, storedKey: base64, serverKey: base64 },
}

const userBody: Schema = {
  type: 'object',
  required: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
  additionalProperties: false,
  properties: { 'SCRAM-SHA-256': credential, 'SCRAM-SHA-512': credential },
}

export const userRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/users',
    summary: 'Names of the users that may log in to the Kafka port.',
    changes: false,
    parameters: [],
    respond: async (_request, { admin }) => json(await admin.users()),
  },
  {
    method: 'POST',
    path: '/api/users/{user}',
    summary: 'Adds a user, or gives it other credentials: those of RFC 5802, each key in Base64.',
    changes: true,
    parameters: [userParameter],
    body: userBody,
    async respond({ parameters, body }, { admin }) {
      await admin.putUser(String(parameters['user']), body as StoredUser)
      return json({ stored: parameters['user'] })
    },
  },
  {
    method: 'DELETE',
    path: '/api/users/{user}',
    summary: 'Removes a user; connections that are logged in stay.',
    changes: true,
    parameters: [userParameter],
    async respond({ parameters }, { admin }) {
      await admin.removeUser(String(parameters['user']))
      return json({ removed: parameters['user'] })
    },
  },
]
