// The settings of an http source.

import {
  choice,
  duration,
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
import { verifyFields } from './verify/verify-settings.js'

const authFields = {
  scheme: choice(['bearer', 'basic', 'mutual-tls'], { summary: 'How callers show who they are.' }),
  tokens: optional(
    list(secret({ summary: 'A token.' }), {
      summary: 'For "bearer": any of these is taken, so that one can be replaced without a gap.',
      minItems: 1,
      example: [{ $env: 'INGEST_TOKEN' }],
    }),
  ),
  user: optional(text({ summary: 'For "basic".', example: 'shipper' })),
  password: optional(secret({ summary: 'For "basic".', example: { $env: 'INGEST_PASSWORD' } })),
  names: list(text({ summary: 'A name.' }), {
    summary:
      'For "mutual-tls": common names, alternative names (`DNS:…`, `URI:…`) or SHA-256 fingerprints that are taken; none takes every certificate of the authority.',
    default: [],
    example: ['DNS:shipper.example'],
  }),
}

const keyFields = {
  header: optional(text({ summary: 'The header whose value becomes the key.', example: 'x-tenant' })),
  query: optional(text({ summary: 'The query parameter whose value becomes the key.', example: 'tenant' })),
}

const idempotencyFields = {
  header: text({ summary: 'The header with the key of a request.', default: 'idempotency-key' }),
  window: duration({ summary: 'How long a key is remembered.', default: 3600_000, example: '24h' }),
  maxKeys: integer({
    summary: 'How many keys are remembered; beyond it requests with a key are answered with 503. About 500 bytes each.',
    default: 200_000,
    min: 1,
    max: 5_000_000,
  }),
}

const rateFields = {
  requestsPerSecond: integer({ summary: 'In the long run.', min: 1, max: 1_000_000, example: 100 }),
  burst: integer({ summary: 'At once, behind a pause.', default: 100, min: 1, max: 1_000_000 }),
}

export const httpFields = {
  path: text({
    summary: 'The path on the listener (`--ingest`).',
    pattern: '^/(?:[!-"$->@-~]*[!-"$-.0->@-~])?$',
    example: '/in/orders',
  }),
  protocol: choice(['raw', 'otlp', 'elastic'], {
    summary:
      'What callers speak: "raw" takes bodies as they are, "otlp" is logs of OpenTelemetry, "elastic" is the bulk interface of Elasticsearch.',
    default: 'raw',
  }),
  format: choice(['auto', 'json', 'ndjson', 'lines', 'csv', 'cloudevents', 'bytes'], {
    summary:
      'How a body becomes records: one JSON value, a JSON value in each line, a text in each line, rows of CSV below their names, CloudEvents in any mode, or the body as it is. "auto" goes by the Content-Type.',
    default: 'auto',
  }),
  splitArrays: flag({
    summary: 'Whether each element of a JSON array is a record, and not the array.',
    default: false,
  }),
  badLines: choice(['refuse', 'dead-letter'], {
    summary:
      'What becomes of a body with lines that are not what they should be: nothing of it is taken, or those lines go to the dead letters and the rest is taken.',
    default: 'refuse',
  }),
  auth: optional(section(authFields, { summary: 'Who may send.', example: { scheme: 'bearer' } })),
  verify: optional(
    section(verifyFields, {
      summary: 'Takes only what is signed.',
      example: { scheme: 'github', secrets: [{ $env: 'WEBHOOK_SECRET' }] },
    }),
  ),
  idempotency: section(idempotencyFields, {
    summary: 'Requests that carry a key are taken once, however often they come.',
  }),
  rateLimit: optional(
    section(rateFields, { summary: 'Beyond it requests are answered with 429.', example: { requestsPerSecond: 100 } }),
  ),
  keyFrom: optional(
    section(keyFields, { summary: "Where a record's key comes from, when no field of the value gives it." }),
  ),
  metadata: list(
    choice(['method', 'path', 'query', 'remoteAddress', 'contentType'], { summary: 'What goes along as a header.' }),
    { summary: 'What of a request goes along with each record, as headers.', default: [], example: ['remoteAddress'] },
  ),
  copyHeaders: list(text({ summary: 'A header.' }), {
    summary: 'Headers of the request that go along with each record, by their names in lower case.',
    default: [],
    example: ['x-github-event'],
  }),
  maxBody: size({
    summary: 'The largest body, as it is sent and unpacked.',
    default: 10 * 1024 * 1024,
    example: '1MiB',
  }),
  maxRatio: integer({
    summary: 'How many times larger a packed body of more than 1 MiB may become.',
    default: 100,
    min: 1,
    max: 10_000,
  }),
}

export type HttpSettings = SettingsOf<typeof httpFields>
export type AuthSettings = NonNullable<HttpSettings['auth']>
