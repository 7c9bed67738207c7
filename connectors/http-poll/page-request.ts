// One request, from the settings, the page that is due and the value of the cursor. Pure but for the guard's look at URLs.

import { createHash } from 'node:crypto'
import type { AddressGuard } from '../../core/connector/outgoing.js'
import type { Scalar } from './body-path.js'
import { httpPollErrors } from './errors.js'
import { type BodyValues, fillBody, namesIn } from './request-body.js'
import type { HttpPollSettings } from './settings.js'

/** The page that is due: the URL or token that the server named, or its number; undefined for the first of a round. */
export type PageAt =
  | { readonly url: string }
  | { readonly token: string }
  /** Of a page, or of records that stand before it. */
  | { readonly number: number }
  | undefined

export interface PageRequest {
  readonly url: URL
  readonly body: string | undefined
  /** Whether it goes to the host of `url`, which alone gets to know who the source is. */
  readonly isAtHome: boolean
  /** The same for requests that ask for the same. */
  readonly digest: string
}

const defaultParameters = { cursor: 'cursor', page: 'page', offset: 'offset' } as const

/** `since` is the value to ask from. Errors: http_poll_link_refused, url_refused, address_refused. */
export function pageRequest(
  settings: HttpPollSettings,
  at: PageAt,
  since: Scalar | undefined,
  guard: AddressGuard,
): PageRequest {
  const { method, body, contentType } = settings
  const values: BodyValues = { since, page: pageValue(settings, at) }
  const url = at !== undefined && 'url' in at ? linkedUrl(settings, at.url) : ownUrl(settings, values)
  guard.checkUrl(url.href)
  const text = body === undefined ? undefined : fillBody(body, values, contentType)
  const digest = createHash('sha256')
    .update(JSON.stringify([method, url.href, text]))
    .digest('base64url')
    .slice(0, 22)
  return { url, body: text, isAtHome: url.origin === new URL(settings.url).origin, digest }
}

function pageValue({ pagination }: HttpPollSettings, at: PageAt): Scalar | undefined {
  if (at !== undefined && 'token' in at) return { text: at.token, isNumber: false }
  const number = at !== undefined && 'number' in at ? at.number : firstNumber(pagination)
  return number === undefined ? undefined : { text: String(number), isNumber: true }
}

/** Where pages or offsets begin; undefined when they are not counted. */
export function firstNumber(pagination: HttpPollSettings['pagination']): number | undefined {
  if (pagination?.by === 'page') return pagination.first ?? 1
  return pagination?.by === 'offset' ? (pagination.first ?? 0) : undefined
}

function ownUrl(settings: HttpPollSettings, { since, page }: BodyValues): URL {
  const { query, body, pagination, cursor } = settings
  const url = new URL(settings.url)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  if (cursor?.parameter !== undefined && since !== undefined) url.searchParams.set(cursor.parameter, since.text)
  if (pagination === undefined || pagination.by === 'link' || page === undefined) return url
  const isInBody = body !== undefined && namesIn(body).has('page')
  const parameter = pagination.parameter ?? (isInBody ? undefined : defaultParameters[pagination.by])
  if (parameter !== undefined) url.searchParams.set(parameter, page.text)
  return url
}

/** A URL that the server named. Errors: http_poll_link_refused. */
function linkedUrl(settings: HttpPollSettings, text: string): URL {
  const home = new URL(settings.url)
  const url = new URL(text)
  if (url.origin === home.origin) return url
  const isAllowed = settings.allowHosts.some((host) => host.toLowerCase() === url.hostname)
  if (isAllowed && (url.protocol === 'https:' || settings.allowHttp)) return url
  throw httpPollErrors.make('http_poll_link_refused', `the next page is at ${url.origin}, and not at ${home.origin}`)
}
