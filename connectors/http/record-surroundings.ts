// What goes along with the records of a request: headers that `metadata` and `copyHeaders` ask for, and a key from a
// header or the query. Values of headers are bytes, which node:http gives as Latin-1.

import type { IngressRequest } from '../../core/connector/ingress.js'
import { encodeHeaders, type EncodedHeaders, type RecordHeader } from '../../core/record/record-headers.js'
import type { HttpSettings } from './settings.js'

type Surroundings = Pick<HttpSettings, 'metadata' | 'copyHeaders' | 'keyFrom'>

const valueOf: Readonly<Record<HttpSettings['metadata'][number], (request: IngressRequest) => string | undefined>> = {
  method: ({ method }) => method,
  path: ({ path }) => path,
  query: ({ queryText }) => queryText,
  remoteAddress: ({ remoteAddress }) => remoteAddress,
  contentType: (request) => request.header('content-type'),
}

/** Null when nothing goes along. */
export function recordHeadersOf(request: IngressRequest, settings: Surroundings): EncodedHeaders | null {
  const { metadata, copyHeaders } = settings
  if (metadata.length === 0 && copyHeaders.length === 0) return null
  const list: RecordHeader[] = []
  const add = (key: string, value: string | undefined): void => {
    if (value !== undefined) list.push({ key, value: Buffer.from(value, 'latin1') })
  }
  for (const name of metadata) add(name, valueOf[name](request))
  for (const name of copyHeaders) add(name.toLowerCase(), request.header(name.toLowerCase()))
  return list.length === 0 ? null : encodeHeaders(list)
}

/** Null when the request has none. The header comes before the query. */
export function recordKeyOf(request: IngressRequest, { keyFrom }: Surroundings): Uint8Array | null {
  if (keyFrom === undefined) return null
  const { header, query } = keyFrom
  const fromHeader = header === undefined ? undefined : request.header(header.toLowerCase())
  if (fromHeader !== undefined && fromHeader !== '') return Buffer.from(fromHeader, 'latin1')
  const fromQuery = query === undefined ? null : request.query.get(query)
  return fromQuery === null || fromQuery === '' ? null : Buffer.from(fromQuery)
}

/** What goes along with a request, and behind it what a protocol adds. */
export function joinedHeaders(one: EncodedHeaders | null, other: EncodedHeaders): EncodedHeaders {
  if (one === null) return other
  return { count: one.count + other.count, bytes: Buffer.concat([one.bytes, other.bytes]) }
}
