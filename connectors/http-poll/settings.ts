// The settings of an http-poll source.

import {
  choice,
  duration,
  type Field,
  flag,
  integer,
  list,
  optional,
  secret,
  section,
  type SettingsOf,
  size,
  text,
} from '../../core/connector/fields.js'
import type { Json } from '../../core/connector/context.js'

function textMap(summary: string, example: Readonly<Record<string, string>>): Field<Readonly<Record<string, string>>> {
  return {
    summary,
    schema: { description: summary, default: {}, type: 'object', additionalProperties: { type: 'string' } },
    defaultText: {},
    example,
    required: false,
    secret: false,
    read: (raw) => (raw ?? {}) as Readonly<Record<string, string>>,
  }
}

/** A text, or any object or array of JSON. */
function bodyField(): Field<Json | undefined> {
  const summary =
    'For "POST": what is sent, as JSON or as a text. In its texts {since} is the value of the cursor and {page} the page; one that is all of a text becomes a number or null where it is one.'
  return {
    summary,
    schema: { description: summary, anyOf: [{ type: 'object' }, { type: 'array' }, { type: 'string' }] },
    defaultText: undefined,
    example: { filter: { updatedAfter: '{since}' }, after: '{page}' },
    required: false,
    secret: false,
    read: (raw) => raw as Json | undefined,
  }
}

const path = (summary: string, example: string): Field<string | undefined> => optional(text({ summary, example }))

const authFields = {
  scheme: choice(['bearer', 'basic', 'header'], { summary: 'How the source shows who it is.' }),
  token: optional(secret({ summary: 'For "bearer" and "header".', example: { $env: 'API_TOKEN' } })),
  header: optional(text({ summary: 'For "header": the one that holds the token.', example: 'x-api-key' })),
  user: optional(text({ summary: 'For "basic".' })),
  password: optional(secret({ summary: 'For "basic".', example: { $env: 'API_PASSWORD' } })),
}

const paginationFields = {
  by: choice(['link', 'cursor', 'page', 'offset'], {
    summary:
      'How the next page is asked for: "link" takes its URL from the header Link (rel="next") or from `path`, "cursor" a token from the answer, "page" counts pages, "offset" counts records.',
  }),
  parameter: optional(
    text({
      summary:
        'The query parameter with token, page or offset; when absent "cursor", "page" or "offset", or none if {page} stands in `body`.',
      example: 'starting_after',
    }),
  ),
  path: path('Where in the body the URL ("link") or the token ("cursor") of the next page stands.', 'meta.next_cursor'),
  header: optional(text({ summary: 'For "cursor": the header with the token.', example: 'x-next-cursor' })),
  lastRecord: path('For "cursor": a field of the last record of a page, which is the token.', 'id'),
  more: path('Where in the body true or false says whether there is another page.', 'has_more'),
  first: optional(
    integer({ summary: 'For "page" and "offset": the first; when absent 1 and 0.', min: 0, max: 1_000_000_000 }),
  ),
  size: optional(
    integer({
      summary:
        'For "page" and "offset": the records of a full page; one with fewer is the last. Sent by nobody but `query`.',
      min: 1,
      max: 100_000,
      example: 100,
    }),
  ),
  keep: flag({
    summary:
      'For what only grows at its end: the next round goes on where the last one ended, and does not begin at the first page.',
    default: false,
  }),
  expired: choice(['stop', 'restart'], {
    summary:
      'What to do when the server answers 400, 404, 410 or 422 to a page that it named itself: wait for a person, or begin the round again, which brings its records twice.',
    default: 'stop',
  }),
  maxPages: integer({
    summary: 'Pages in a round; the next round goes on with the rest.',
    default: 1_000,
    min: 1,
    max: 100_000,
  }),
}

const cursorFields = {
  path: text({ summary: 'The field of a record that grows from record to record.', example: 'updated_at' }),
  type: choice(['time', 'number', 'text'], {
    summary: 'How values are compared: as points in time, as numbers, or as texts.',
    default: 'time',
  }),
  parameter: optional(
    text({ summary: 'The query parameter that gets the greatest value seen.', example: 'updated_since' }),
  ),
  initial: optional(text({ summary: 'Its value before a record was seen.', example: '2026-01-01T00:00:00Z' })),
  overlap: duration({
    summary:
      'For "time": so much earlier is asked for, since records may show up late. Those that were taken are known.',
    default: 0,
    example: '5m',
  }),
}

const retryFields = {
  first: duration({ summary: 'The wait behind a first failure; it doubles from there.', default: 1_000 }),
  longest: duration({ summary: 'The longest wait.', default: 300_000, example: '1h' }),
}

export const httpPollFields = {
  url: text({ summary: 'What is asked.', example: 'https://api.example.com/v1/orders' }),
  method: choice(['GET', 'POST'], { summary: 'The method of each request.', default: 'GET' }),
  query: textMap('Parameters that are added to `url`.', { limit: '100' }),
  headers: textMap('Headers of each request.', { 'x-api-version': '2026-01-01' }),
  body: bodyField(),
  contentType: text({ summary: 'The type of `body`.', default: 'application/json' }),
  auth: optional(
    section(authFields, {
      summary: 'Who the source is. Sent to the host of `url` only.',
      example: { scheme: 'bearer', token: { $env: 'API_TOKEN' } },
    }),
  ),
  interval: duration({ summary: 'From the beginning of a round to that of the next.', default: 60_000, example: '5m' }),
  jitterPercent: integer({ summary: 'Intervals are longer or shorter by up to this.', default: 10, min: 0, max: 50 }),
  startAtOnce: flag({ summary: 'Whether the first round does not wait for the interval.', default: true }),
  format: choice(['json', 'ndjson', 'bytes'], {
    summary: 'What an answer is: one JSON value, a JSON value in each line, or bytes that are one record.',
    default: 'json',
  }),
  records: path(
    'For "json": where the records stand, an array or one object; when absent the whole body, whose elements are the records if it is an array.',
    '/items',
  ),
  missingRecords: choice(['refuse', 'empty'], {
    summary: 'An answer with nothing (or null) at `records` is not what it should be, or a page without records.',
    default: 'refuse',
  }),
  id: path('The field that names a record: its key, and what a record that comes again is known by.', 'id'),
  time: path('The field with the time of a record; when absent, and for null, that of the answer.', 'updated_at'),
  badRecords: choice(['refuse', 'dead-letter'], {
    summary:
      'What becomes of a page with records that are no JSON or lack `id` or `cursor`: nothing of it is taken and the source waits, or those go to the dead letters.',
    default: 'refuse',
  }),
  cursor: optional(
    section(cursorFields, { summary: 'Asks only for what is new since the greatest value of a field.' }),
  ),
  pagination: optional(section(paginationFields, { summary: 'How to get all pages; when absent there is one.' })),
  conditional: flag({
    summary: 'Whether an answer that has not changed (ETag, Last-Modified) is not asked for again.',
    default: true,
  }),
  timeout: duration({ summary: 'A request takes no longer, its answer included.', default: 30_000 }),
  maxBody: size({ summary: 'The largest answer, as sent and unpacked.', default: 16 * 1024 * 1024, example: '64MiB' }),
  retry: section(retryFields, { summary: 'How soon to ask again behind a failure; Retry-After makes it later.' }),
  allowHosts: list(text({ summary: 'A host.' }), {
    summary: 'Hosts besides that of `url` that links to next pages may lead to.',
    default: [],
    example: ['pages.example.com'],
  }),
  allowPrivate: list(text({ summary: 'An address or a range.' }), {
    summary: 'Addresses that may be reached although they are not public.',
    default: [],
    example: ['10.0.0.0/8'],
  }),
  allowHttp: flag({ summary: 'Whether `http:` is allowed besides `https:`.', default: false }),
  ports: list(integer({ summary: 'A port.', min: 1, max: 65_535 }), {
    summary: 'Ports besides 443, 8443 and that of `url`.',
    default: [],
    example: [3000],
  }),
}

export type HttpPollSettings = SettingsOf<typeof httpPollFields>
export type PaginationSettings = NonNullable<HttpPollSettings['pagination']>
export type CursorSettings = NonNullable<HttpPollSettings['cursor']>
export type AuthSettings = NonNullable<HttpPollSettings['auth']>

/** What the address guard allows. A port that stands in the file is meant. */
export function policyOf({ url, allowPrivate, allowHttp, ports }: HttpPollSettings) {
  const own = /^https?:\/\/[^/?#]*:(\d{1,5})(?:[/?#]|$)/.exec(url)?.[1]
  return { allowPrivate, allowHttp, ports: own === undefined ? ports : [...ports, Number(own)] }
}
