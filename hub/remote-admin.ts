// The admin service of a running hub, asked over HTTP. Errors come back with the codes they had there.

import type { AppliedPipeline } from '../config/difference.js'
import type {
  AdminService,
  DoctorFinding,
  ErrorView,
  GroupDetails,
  GroupSummary,
  HubStatus,
  OffsetReset,
  Readiness,
  TapRecord,
  TopicDetails,
  TopicListing,
} from '../core/admin/admin-service.js'
import type { ReplayReport } from '../core/pipeline/replay/replay-report.js'
import { logPositionText } from '../core/admin/log-position.js'
import type { TopicDescription } from '../core/engine/topic-admin.js'
import { messageOf, TailraceError } from '../core/errors/tailrace-error.js'
import { hubErrors } from './errors.js'

export interface RemoteHub {
  /** `HOST:PORT`. */
  readonly http: string
  /** Undefined when it is not known: reading on loopback needs none. */
  readonly token: string | undefined
}

interface Call {
  readonly method?: 'POST' | 'DELETE'
  readonly body?: unknown
  readonly signal?: AbortSignal
  /** The answer may be quiet for any time. */
  readonly isEndless?: boolean
}

/** Each call is one request; nothing is kept open between them. Errors: hub_unreachable, hub_refused, those of the hub. */
export function remoteAdmin(hub: RemoteHub): AdminService {
  const ask = async <T>(path: string, call: Call = {}): Promise<T> => (await (await send(hub, path, call)).json()) as T
  const topicPath = (name: string): string => `/api/topics/${encodeURIComponent(name)}`
  const userPath = (name: string): string => `/api/users/${encodeURIComponent(name)}`
  const groupPath = (name: string): string => `/api/groups/${encodeURIComponent(name)}`
  return {
    status: () => ask<HubStatus>('/api/status'),
    readiness: () => ask<Readiness>('/readyz'),
    doctor: () => ask<readonly DoctorFinding[]>('/api/doctor'),
    applied: () => ask<readonly AppliedPipeline[]>('/api/pipelines'),
    topics: () => ask<readonly TopicListing[]>('/api/topics'),
    topic: (name) => ask<TopicDetails>(topicPath(name)),
    createTopic: (topic) => ask<TopicDescription>('/api/topics', { method: 'POST', body: topic }),
    async deleteTopic(name) {
      await ask(topicPath(name), { method: 'DELETE' })
    },
    groups: () => ask<readonly GroupSummary[]>('/api/groups'),
    group: (name) => ask<GroupDetails>(groupPath(name)),
    resetGroup(name, { to, topics }) {
      const body = { to: logPositionText(to), ...(topics === undefined ? {} : { topics }) }
      return ask<readonly OffsetReset[]>(`${groupPath(name)}/reset`, { method: 'POST', body })
    },
    replay: (topic, request) => ask<ReplayReport>(`${topicPath(topic)}/replay`, { method: 'POST', body: request }),
    users: () => ask<readonly string[]>('/api/users'),
    async putUser(name, user) {
      await ask(userPath(name), { method: 'POST', body: user })
    },
    async removeUser(name) {
      await ask(userPath(name), { method: 'DELETE' })
    },
    async *tap(topic, { from, count }, signal) {
      const query = new URLSearchParams({ from: logPositionText(from) })
      if (count !== undefined) query.set('count', String(count))
      const response = await send(hub, `${topicPath(topic)}/records?${query.toString()}`, { signal, isEndless: true })
      for await (const line of linesOf(response, signal)) yield JSON.parse(line) as TapRecord
    },
  }
}

async function send({ http, token }: RemoteHub, path: string, call: Call): Promise<Response> {
  const { method, body, signal, isEndless = false } = call
  const patience = isEndless ? { dispatcher: await withoutTimeouts() } : {}
  let response: Response
  try {
    response = await fetch(`http://${http}${path}`, {
      method: method ?? 'GET',
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      redirect: 'error',
      ...patience,
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    const reason = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
    throw hubErrors.make('hub_unreachable', `no hub answers at ${http}: ${reason}`, { cause: error })
  }
  // Not ready is an answer, not a failure to answer.
  if (response.ok || path === '/readyz') return response
  throw await errorOf(response, http)
}

/** By itself `fetch` gives up after five minutes in which nothing comes. */
async function withoutTimeouts(): Promise<NonNullable<RequestInit['dispatcher']>> {
  const { Agent } = await import('undici')
  return new Agent({ headersTimeout: 0, bodyTimeout: 0 }) as never
}

async function errorOf(response: Response, http: string): Promise<TailraceError> {
  const text = await response.text()
  const view = errorIn(text)
  if (view === undefined) return hubErrors.make('hub_refused', `${http} answered ${response.status} without a reason`)
  const { code, message, hint, details } = view
  const declaration = { retry: response.status === 503 ? 'timed' : 'never', summary: message, hint } as const
  return new TailraceError(code, declaration, message, { details })
}

function errorIn(text: string): ErrorView | undefined {
  try {
    const { error } = JSON.parse(text) as { readonly error?: Partial<ErrorView> }
    const { code, message, hint = '', details = {} } = error ?? {}
    return code === undefined || message === undefined ? undefined : { code, message, hint, details }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Lines as they come; ends quietly when the signal is aborted. */
async function* linesOf(response: Response, signal: AbortSignal): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  try {
    for await (const part of response.body ?? []) {
      const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
