// The listener that HTTP sources share. Checks what every request must be, finds its route, and sends what the handler
// answers; routes come and go with their sources.
//
// Nothing is kept of a request but under a bound (limits.ts). Off loopback it starts only when every source makes sure of
// who sends. Draining: what is under way is answered, anything new gets 503 and `connection: close`.

import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { errorAnswer, statusOf } from '../connector/ingress-answer.js'
import { ingressErrors } from '../connector/errors.js'
import type {
  Ingress,
  IngressAnswer,
  IngressHandler,
  IngressRoute,
  IngressUse,
  RegisteredRoute,
} from '../connector/ingress.js'
import { messageOf, TailraceError } from '../errors/tailrace-error.js'
import type { Clock, Timer } from '../runtime/clock.js'
import { isLoopback, type ListenAddress } from '../security/listen-address.js'
import { refusalOf, type GuardPolicy } from '../security/request-guard.js'
import type { Logger } from '../telemetry/logger.js'
import type { Recorder } from '../telemetry/recorder.js'
import { sendAnswer } from './answering.js'
import { BodyMemory } from './body-memory.js'
import { answerBytes, errorOfClient } from './client-error.js'
import { type ConnectionState, Connections, type Socket } from './connections.js'
import { ingestErrors } from './errors.js'
import { ServedRequest } from './ingress-request.js'
import { defaultLimits, type IngestLimits } from './limits.js'
import { RouteTable } from './route-table.js'
import type { IngestTls } from './tls.js'

export interface IngestOptions {
  /** Port 0 picks a free one. */
  readonly listen: ListenAddress
  /** What the sources of the run will register. */
  readonly uses: readonly IngressUse[]
  /** Host names to answer for besides the loopback ones. */
  readonly allowedHosts: readonly string[]
  readonly tls?: IngestTls
  readonly clock: Clock
  readonly logger: Logger
  readonly recorder: Recorder
  readonly limits?: IngestLimits
}

/**
 * Listens when it resolves. Errors: ingest_address_taken, ingest_needs_authentication, ingest_needs_tls, tls_unusable,
 * tls_refused.
 */
export async function startIngest(options: IngestOptions): Promise<IngestServer> {
  checkUses(options)
  const server = new IngestServer(options, await serverOf(options))
  await server.listen()
  return server
}

/** Off loopback nobody may write who has not shown who it is. */
function checkUses({ listen, uses, tls }: IngestOptions): void {
  const open = uses.filter(({ isGuarded }) => !isGuarded).map(({ path }) => path)
  if (!isLoopback(listen.host) && open.length > 0) {
    const message = `${listen.host}:${listen.port} can be reached from other machines, and anybody may send to ${open.join(', ')}`
    throw ingestErrors.make('ingest_needs_authentication', message, { details: { ...listen, paths: open } })
  }
  const certified = uses.filter(({ needsClientCertificates }) => needsClientCertificates).map(({ path }) => path)
  if (certified.length > 0 && tls?.clientAuthorityPath === undefined) {
    const message = `${certified.join(', ')} takes clients by their certificates, and the listener knows no authority for them`
    throw ingestErrors.make('ingest_needs_tls', message, { details: { paths: certified } })
  }
}

async function serverOf({ tls, limits = defaultLimits }: IngestOptions): Promise<Server> {
  const settings = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkMs,
    joinDuplicateHeaders: true,
    noDelay: true,
  }
  return tls === undefined ? createServer(settings) : createTlsServer({ ...settings, ...(await tls.serverOptions()) })
}

const noLabels = {}

export class IngestServer implements Ingress {
  readonly #options: IngestOptions
  readonly #limits: IngestLimits
  readonly #server: Server
  readonly #routes: RouteTable
  readonly #memory: BodyMemory
  readonly #connections: Connections
  readonly #policy: GuardPolicy
  /** Of the last request that was let in and said nothing of a page. */
  #lastHost: string | undefined
  #watch: Timer | undefined
  #address: ListenAddress
  #isDraining = false
  #requestsUnderWay = 0
  #allAnswered: (() => void) | undefined
  #allServing: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(options: IngestOptions, server: Server) {
    const { limits = defaultLimits, listen, allowedHosts, uses } = options
    this.#options = options
    this.#limits = limits
    this.#server = server
    this.#address = listen
    this.#routes = new RouteTable(uses)
    this.#memory = new BodyMemory(limits.bodyBytes)
    this.#connections = new Connections(limits.connectionsOfOne)
    this.#policy = { boundHost: listen.host, allowedHosts: allowedHosts.map((host) => host.toLowerCase()) }
  }

  /** Where it listens, with the port that was picked. */
  get address(): ListenAddress {
    return this.#address
  }

  get hasTls(): boolean {
    return this.#options.tls !== undefined
  }

  get connectionCount(): number {
    return this.#connections.count
  }

  /** Of all bodies that are in memory. */
  get bodyBytes(): number {
    return this.#memory.heldBytes
  }

  /** Once. Errors: ingest_address_taken. */
  async listen(): Promise<void> {
    const server = this.#server
    const { listen, tls, recorder } = this.#options
    server.maxConnections = this.#limits.connections
    server.on('connection', (socket: Socket) => this.#accept(socket))
    server.on('drop', () => recorder.count('tailrace_ingest_refused_total', { reason: 'too_many' }))
    server.on('request', (message, response) => this.#serve(message, response, false))
    server.on('checkContinue', (message, response) => this.#serve(message, response, true))
    server.on('checkExpectation', (message: IncomingMessage, response: ServerResponse) => {
      const error = ingressErrors.make('ingest_expectation_unknown', 'only 100-continue can be expected')
      sendAnswer(this.#answering(message, response, true), errorAnswer(error), true)
    })
    server.on('clientError', (error: Error, socket: Socket) => this.#refuse(error, socket))
    await listening(server, listen)
    const bound = server.address()
    this.#address = { host: listen.host, port: typeof bound === 'object' && bound !== null ? bound.port : listen.port }
    this.#watch = tls?.watch(server)
  }

  route(route: IngressRoute, handler: IngressHandler): RegisteredRoute {
    const entry = this.#routes.add(route, handler)
    if (this.#routes.isComplete) this.#allServing?.()
    return { close: () => this.#routes.remove(entry) }
  }

  /** Resolves when each path that is expected has its source; after `mostMs` all the same, as one may not come up. */
  async serving(mostMs: number): Promise<void> {
    if (this.#routes.isComplete) return
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(mostMs, resolve)
      this.#allServing = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  /** From now on new requests are refused, and connections without one are closed. */
  drain(): void {
    this.#isDraining = true
    this.#server.closeIdleConnections()
  }

  /** Waits a moment for the answers that are on their way, and closes everything. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#closeOnce()
    return this.#closing
  }

  async #closeOnce(): Promise<void> {
    this.drain()
    this.#watch?.cancel()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    if (this.#requestsUnderWay > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(this.#limits.closeMs, resolve)
        this.#allAnswered = () => {
          timer.cancel()
          resolve()
        }
      })
    }
    this.#server.closeAllConnections()
    await closed
  }

  #accept(socket: Socket): void {
    const { recorder } = this.#options
    const show = (): void => recorder.gauge('tailrace_ingest_connections', {}, this.#connections.count)
    if (this.#connections.add(socket, show)) show()
    else {
      recorder.count('tailrace_ingest_refused_total', { reason: 'too_many_of_one' })
      socket.destroy()
    }
  }

  #serve(message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const state = this.#connections.stateOf(message.socket)
    // Where one request ends and the next begins is not certain any more: what seems to follow is not looked at.
    if (state.isBroken) return
    const request = new ServedRequest({ message, response, expectsContinue }, this.#memory)
    const startedMs = this.#options.clock.monotonicMs()
    state.underWay.add(request)
    this.#requestsUnderWay++
    // It comes once.
    response.on('close', () => this.#finish(request, state, startedMs))
    const malformed = headFault(message, request.path)
    state.isBroken = malformed !== undefined
    const answered = malformed === undefined ? this.#answerOf(request, message) : Promise.reject(malformed)
    answered.then(
      (answer) => this.#answer(request, state, answer),
      (error: unknown) => this.#answer(request, state, this.#answerOfError(error, request.path)),
    )
  }

  #finish(request: ServedRequest, state: ConnectionState, startedMs: number): void {
    const { clock, recorder } = this.#options
    state.underWay.delete(request)
    request.release()
    this.#requestsUnderWay--
    recorder.observe('tailrace_ingest_request_seconds', noLabels, (clock.monotonicMs() - startedMs) / 1000)
    if (this.#requestsUnderWay === 0) this.#allAnswered?.()
  }

  #answer(request: ServedRequest, state: ConnectionState, answer: IngressAnswer): void {
    const { message, response, expectsContinue } = request.exchange
    this.#options.recorder.count('tailrace_ingest_requests_total', { status: String(answer.status) })
    const isHeldBack = expectsContinue && !request.isBodyTaken
    sendAnswer(this.#answering(message, response, isHeldBack), answer, this.#isDraining || state.isBroken)
  }

  /** What the handler answers. What is found before it is a rejection too. */
  #answerOf(request: ServedRequest, message: IncomingMessage): Promise<IngressAnswer> {
    try {
      if (this.#isDraining) throw ingressErrors.make('ingest_stopping', 'the hub is stopping')
      this.#checkOrigin(message.headers)
      return this.#routes.find(request.path, request.method)(request)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Errors: host_refused, origin_refused. */
  #checkOrigin(headers: IncomingMessage['headers']): void {
    const { host, origin } = headers
    const fetchSite = headers['sec-fetch-site']
    const isPlain = origin === undefined && fetchSite === undefined
    // A client names one host all the time; the policy is the same for all requests.
    if (isPlain && host !== undefined && host === this.#lastHost) return
    const facts = { host, origin, fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined }
    const refusal = refusalOf({ ...facts, changes: false, hasToken: true }, this.#policy)
    if (refusal !== undefined) throw refusal
    if (isPlain) this.#lastHost = host
  }

  #answerOfError(error: unknown, path: string): IngressAnswer {
    if (statusOf(error) === 500) this.#options.logger.error('a request to a source failed', { path, error })
    const answer = errorAnswer(error)
    if (!(error instanceof TailraceError) || error.code !== 'ingest_method_refused') return answer
    return { ...answer, headers: { ...answer.headers, allow: String(error.details['allow']) } }
  }

  #answering(message: IncomingMessage, response: ServerResponse, isHeldBack: boolean) {
    return { message, response, isHeldBack, clock: this.#options.clock, limits: this.#limits }
  }

  /**
   * Bytes that are no HTTP. A body that is read ends with the error, and its handler answers; behind whole requests that
   * are under way nothing is written, as it would be taken for their answer.
   */
  #refuse(error: Error, socket: Socket): void {
    const refused = errorOfClient(error)
    if (refused === undefined || !socket.writable) {
      socket.destroy()
      return
    }
    this.#options.recorder.count('tailrace_ingest_refused_total', { reason: refused.code })
    const state: ConnectionState = this.#connections.stateOf(socket)
    state.isBroken = true
    if (state.underWay.size === 0) {
      const answer = errorAnswer(refused)
      socket.end(answerBytes(answer, STATUS_CODES[answer.status] ?? 'Refused'), () => socket.destroy())
    }
    for (const request of state.underWay) request.abandon(refused)
  }
}

/** What two readers of one request could understand differently: an ingest_request_malformed, or undefined. */
function headFault({ headers }: IncomingMessage, path: string): TailraceError | undefined {
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return ingressErrors.make('ingest_request_malformed', 'the only transfer coding is chunked')
  }
  if (!path.startsWith('/')) return ingressErrors.make('ingest_request_malformed', 'the target is no path')
  return undefined
}

function listening(server: Server, at: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error): void => {
      const message = `cannot listen on ${at.host}:${at.port}: ${messageOf(cause)}`
      reject(ingestErrors.make('ingest_address_taken', message, { cause, details: { ...at } }))
    }
    server.once('error', refuse)
    server.listen({ host: at.host, port: at.port }, () => {
      server.off('error', refuse)
      // What an accept may still answer (too few descriptors) ends that one connection; the next may succeed.
      server.on('error', () => undefined)
      resolve()
    })
  })
}
