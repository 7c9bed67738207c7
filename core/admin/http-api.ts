// The HTTP listener of the admin API. Serves the table of routes; core/security decides who may send what.
//
// Bounds: 64 KiB of body, 16 KiB of headers (Node's own), 10 s to send a request, 256 connections. The web server is
// loaded on the first start only, as commands that need none should not wait for it.

import { Ajv, type ValidateFunction } from 'ajv'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TailraceError } from '../errors/tailrace-error.js'
import type { Logger } from '../telemetry/logger.js'
import { TokenCheck } from '../security/admin-token.js'
import { isLoopback, type ListenAddress } from '../security/listen-address.js'
import { refusalOf, type GuardPolicy } from '../security/request-guard.js'
import { adminErrors } from './errors.js'
import { errorView, failureInside, requestError, statusOf } from './error-response.js'
import { openApiDocument } from './openapi.js'
import { deadLetterRoutes } from './routes/dead-letters.js'
import { groupRoutes } from './routes/groups.js'
import { hubRoutes } from './routes/hub.js'
import { probeRoutes } from './routes/probes.js'
import { json, type Route, type RouteAnswer, type RouteServices, type Schema } from './routes/route.js'
import { topicRoutes } from './routes/topics.js'
import { userRoutes } from './routes/users.js'

const maxBodyBytes = 64 * 1024
const requestTimeoutMs = 10_000
const maxConnections = 256

export interface HttpApiOptions extends RouteServices {
  readonly listen: ListenAddress
  /** Host names to answer for besides the loopback ones. */
  readonly allowedHosts: readonly string[]
  readonly token: string
  readonly version: string
  readonly logger: Logger
}

export interface HttpApi {
  /** Where it listens, with the port that was picked. */
  readonly address: ListenAddress
  /** Ends streams and waits for the requests under way. */
  close(): Promise<void>
}

/** All routes but the description of them. */
export const routes: readonly Route[] = [
  ...probeRoutes,
  ...hubRoutes,
  ...topicRoutes,
  ...deadLetterRoutes,
  ...groupRoutes,
  ...userRoutes,
]

/** Listens when it resolves. Errors: address_taken. */
export async function startHttpApi(options: HttpApiOptions): Promise<HttpApi> {
  const { listen, logger } = options
  const { fastify } = await import('fastify')
  const server = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // What cannot even be routed (a malformed path) comes by here and not by the hooks.
    frameworkErrors(error, _request, reply) {
      void sendError(reply, requestError(error))
    },
  })
  const validatorOf = requestValidators()
  server.setValidatorCompiler(({ schema }) => validatorOf(schema as Schema))
  server.server.maxConnections = maxConnections
  const ending = new AbortController()
  guard(server, options)
  answerErrors(server, logger)
  for (const route of [...routes, describing(options.version)]) serve(server, route, { options, ending: ending.signal })
  if (!isLoopback(listen.host)) {
    logger.warn('the admin API listens beyond this machine: every request needs the admin token', { ...listen })
  }
  try {
    await server.listen({ host: listen.host, port: listen.port })
  } catch (error) {
    await server.close()
    const message = `cannot listen on ${listen.host}:${listen.port}: ${(error as Error).message}`
    throw adminErrors.make('address_taken', message, { cause: error })
  }
  const bound = server.server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port
  return {
    address: { host: listen.host, port },
    async close() {
      ending.abort()
      await server.close()
    },
  }
}

/** Schemas are compiled when the first request needs one: a start should not wait for what it may never need. */
function requestValidators(): (schema: Schema) => ValidateFunction {
  let ajv: Ajv | undefined
  return (schema) => {
    let compiled: ValidateFunction | undefined
    const validate = ((value: unknown) => {
      ajv ??= new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true })
      compiled ??= ajv.compile(schema)
      const isValid = compiled(value)
      validate.errors = compiled.errors ?? null
      return isValid
    }) as ValidateFunction
    return validate
  }
}

function guard(server: FastifyInstance, options: HttpApiOptions): void {
  const token = new TokenCheck(options.token)
  const policy: GuardPolicy = {
    boundHost: options.listen.host,
    allowedHosts: options.allowedHosts.map((host) => host.toLowerCase()),
  }
  server.addHook('onRequest', async (request: FastifyRequest) => {
    const { host, origin, authorization } = request.headers
    const fetchSite = request.headers['sec-fetch-site']
    const refusal = refusalOf(
      {
        host,
        origin,
        fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
        changes: request.method !== 'GET',
        hasToken: token.accepts(authorization),
      },
      policy,
    )
    if (refusal !== undefined) throw refusal
  })
  server.addHook('onSend', async (_request: FastifyRequest, reply: FastifyReply) => {
    reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
  })
}

function answerErrors(server: FastifyInstance, logger: Logger): void {
  server.setNotFoundHandler(() => {
    throw adminErrors.make('unknown_route', 'there is no such path, or not with this method')
  })
  server.setErrorHandler((error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const known = requestError(error)
    if (known === undefined)
      logger.error('a request to the admin API failed', { path: request.routeOptions.url, error })
    return sendError(reply, known)
  })
}

function sendError(reply: FastifyReply, known: TailraceError | undefined): FastifyReply {
  const status = known === undefined ? 500 : statusOf(known)
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(status).send({ error: known === undefined ? failureInside : errorView(known) })
}

interface Serving {
  readonly options: HttpApiOptions
  /** Aborted when the listener ends. */
  readonly ending: AbortSignal
}

function serve(server: FastifyInstance, route: Route, { options, ending }: Serving): void {
  server.route({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: {
      params: parametersSchema(route, 'path'),
      querystring: parametersSchema(route, 'query'),
      ...(route.body === undefined ? {} : { body: route.body }),
    },
    async handler(request, reply) {
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const parameters = { ...(request.params as object), ...(request.query as object) }
      const signal = AbortSignal.any([gone.signal, ending])
      return send(reply, await route.respond({ parameters, body: request.body, signal }, options))
    },
  })
}

function send(reply: FastifyReply, answer: RouteAnswer): FastifyReply {
  switch (answer.kind) {
    case 'json':
      return reply.code(answer.status ?? 200).send(answer.value)
    case 'text':
      return reply.type(answer.contentType).send(answer.text)
    case 'lines':
      return reply.type('application/x-ndjson').send(ReadableStream.from(linesOf(answer.values)))
  }
}

async function* linesOf(values: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const value of values) yield Buffer.from(`${JSON.stringify(value)}\n`)
}

function parametersSchema(route: Route, place: 'path' | 'query'): Schema {
  const parameters = route.parameters.filter((parameter) => parameter.in === place)
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  }
}

function describing(version: string): Route {
  return {
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This description.',
    changes: false,
    parameters: [],
    respond: () => Promise.resolve(json(openApiDocument(routes, { version }))),
  }
}
