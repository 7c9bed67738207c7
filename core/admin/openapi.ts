// The OpenAPI 3.1 document of the admin API, made from the table of routes.

import type { Route } from './routes/route.js'

export interface ApiIdentity {
  readonly version: string
}

export function openApiDocument(routes: readonly Route[], { version }: ApiIdentity): unknown {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = (paths[route.path] ??= {})
    path[route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tailrace admin API',
      version,
      description:
        'On loopback, reading needs no token. Everything that changes something, and everything on another address, needs "Authorization: Bearer" with the token in admin.token of the data directory.',
    },
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } }, schemas: { Error: errorSchema } },
    paths,
  }
}

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'hint'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        hint: { type: 'string' },
        details: { type: 'object' },
      },
    },
  },
}

function operationOf(route: Route): unknown {
  return {
    summary: route.summary,
    security: route.changes ? [{ token: [] }] : [{}, { token: [] }],
    parameters: route.parameters.map(({ name, in: place, summary, schema, required }) => ({
      name,
      in: place,
      description: summary,
      required,
      schema,
    })),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body } } } }),
    responses: {
      default: {
        description: 'An error has the shape of `Error`.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}
