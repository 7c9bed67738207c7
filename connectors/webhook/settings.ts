// The settings of the webhook sink, and what a schema cannot say about them.

import type { SettingProblem } from '../../core/connector/declaration.js'
import {
  choice,
  duration,
  type Field,
  flag,
  integer,
  list,
  optional,
  parseDurationMs,
  secret,
  section,
  type SettingsOf,
  size,
  text,
} from '../../core/connector/fields.js'
import { rangeProblem } from '../../core/security/outgoing/address-ranges.js'
import { urlProblem } from '../../core/security/outgoing/outgoing-url.js'
import { checkQueuePlace, queueFields } from '../clients/bullmq/queue-fields.js'
import { bodyProblems } from './body-template.js'
import { standardSchedule } from './schedule.js'
import { checkSign, signatureHeaders, signField } from './sign-settings.js'
import { Template, templateProblem } from './template.js'

/** `"standard"`, or a list of durations. */
function scheduleField(): Field<readonly number[]> {
  const summary =
    'How long to wait behind each attempt that failed: "standard" (5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h), or a list of durations. Behind the last attempt the record goes to the dead letters.'
  return {
    summary,
    schema: {
      description: summary,
      default: 'standard',
      anyOf: [{ const: 'standard' }, { type: 'array', items: { type: 'string', format: 'duration-text' } }],
    },
    defaultText: 'standard',
    example: ['1s', '1m', '10m'],
    required: false,
    secret: false,
    read(raw) {
      if (raw === undefined || raw === 'standard') return standardSchedule
      return (raw as readonly string[]).map((item) => parseDurationMs(item) ?? 0)
    },
  }
}

function headerMap(): Field<Readonly<Record<string, string>>> {
  const summary = 'Headers of each request; values are templates as in `url`.'
  return {
    summary,
    schema: { description: summary, default: {}, type: 'object', additionalProperties: { type: 'string' } },
    defaultText: {},
    example: { 'x-tenant': '{value.tenant}' },
    required: false,
    secret: false,
    read: (raw) => (raw ?? {}) as Readonly<Record<string, string>>,
  }
}

function bodyField(): Field<unknown> {
  const summary =
    'The JSON of each request in place of the value; texts are templates as in `url`. A text that is one field alone becomes its JSON value, "{value}" the whole value.'
  return {
    summary,
    schema: { description: summary, anyOf: [{ type: 'object' }, { type: 'array' }, { type: 'string' }] },
    defaultText: undefined,
    example: { text: 'order {value.id} of {key}', total: '{value.total}' },
    required: true,
    secret: false,
    read: (raw) => raw,
  }
}

const batchFields = {
  records: integer({ summary: 'So many at the most.', default: 100, min: 1, max: 10_000 }),
  bytes: size({ summary: 'Of values, or of bodies, at the most; a larger record goes alone.', default: 1024 * 1024 }),
  maxWait: duration({ summary: 'How long a record waits for others; looked at about once a second.', default: 1_000 }),
  format: choice(['json', 'ndjson'], {
    summary: 'json: one list. ndjson: a line for each, as application/x-ndjson.',
    default: 'json',
  }),
}

export const webhookFields = {
  url: text({
    summary:
      'Where records are sent. Fields of the record may stand in braces: {value.FIELD}, {key}, {topic}, {header.NAME}; then `allowHosts` says which hosts that may give.',
    example: 'https://api.example.com/hook',
  }),
  allowHosts: list(text({ summary: 'A host, or *.DOMAIN.' }), {
    summary: 'For a `url` with fields: the hosts that requests may go to.',
    default: [],
    example: ['*.example.com'],
  }),
  method: choice(['POST', 'PUT'], { summary: 'The method of each request.', default: 'POST' }),
  body: optional(bodyField()),
  batch: optional(
    section(batchFields, {
      summary:
        'Several records of a partition as one request, for `"order": "none"`. Their values have to be JSON. A batch is stored before it is sent, so that each attempt sends the same records under the same id.',
      example: { records: 500 },
    }),
  ),
  contentType: text({ summary: 'What the value of a record is.', default: 'application/json' }),
  headers: headerMap(),
  authorization: optional(
    secret({ summary: 'The header `authorization`, such as a bearer token.', example: { $env: 'HOOK_TOKEN' } }),
  ),
  sign: optional(signField),
  order: choice(['key', 'none'], {
    summary:
      'key: a record waits until the one before it with the same key and endpoint was taken or given up. none: records go as they come.',
    default: 'key',
  }),
  concurrency: integer({ summary: 'Requests at the same time to one endpoint.', default: 16, min: 1, max: 256 }),
  timeout: duration({ summary: 'A request takes no longer, its answer included.', default: 15_000, example: '30s' }),
  retry: section(
    {
      schedule: scheduleField(),
      jitterPercent: integer({ summary: 'Waits are longer or shorter by up to this.', default: 20, min: 0, max: 50 }),
    },
    { summary: 'What happens to a record that a receiver did not take.' },
  ),
  breaker: section(
    {
      failurePercent: integer({ summary: 'Opens at this part of failures.', default: 50, min: 1, max: 100 }),
      minRequests: integer({ summary: 'Among so many of the last requests.', default: 20, min: 1, max: 1000 }),
      open: duration({ summary: 'How long an endpoint is left alone then.', default: 60_000, example: '5m' }),
    },
    { summary: 'When an endpoint that fails is left alone. One request then shows whether it is back.' },
  ),
  retryIn: choice(['log', 'bullmq'], {
    summary:
      'Where records wait for their next attempt: in the log itself, or as delayed jobs of the BullMQ queue of `retryQueue`.',
    default: 'log',
  }),
  retryQueue: optional(
    section(queueFields, {
      summary: 'For `retryIn: "bullmq"`: a queue for this sink alone, which it makes by itself.',
    }),
  ),
  parkedBytes: size({
    summary: 'Records that wait for their next attempt in the log itself; with more the sink waits.',
    default: 64 * 1024 * 1024,
    example: '1GiB',
  }),
  allowPrivate: list(text({ summary: 'An address or a range.' }), {
    summary: 'Addresses that may be reached although they are not public.',
    default: [],
    example: ['10.0.0.0/8'],
  }),
  allowHttp: flag({ summary: 'Whether `http:` is allowed besides `https:`.', default: false }),
  ports: list(integer({ summary: 'A port.', min: 1, max: 65_535 }), {
    summary: 'Ports besides 443, 8443 and that of a `url` without fields.',
    default: [],
    example: [3000],
  }),
  enable: text({
    summary: 'Changed, it lets requests go again to endpoints that had answered 410.',
    default: 'initially',
  }),
}

export type WebhookSettings = SettingsOf<typeof webhookFields>

/** What is stored of one is a few times as much, and has to fit into one value of the state. */
const mostBatchBytes = 1024 * 1024

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const ownHeaders = new Set([
  'content-type',
  'content-length',
  'host',
  'authorization',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'expect',
])

export function checkWebhookSettings(settings: WebhookSettings): readonly SettingProblem[] {
  const { url, headers, allowPrivate, allowHosts, sign } = settings
  const problems: SettingProblem[] = []
  const complain = (path: readonly string[], message: string | undefined): void => {
    if (message !== undefined) problems.push({ path, message })
  }
  complain(['url'], templateProblem(url))
  const isConstant = new Template(url).isConstant
  if (isConstant) complain(['url'], urlProblem(url, policyOf(settings)))
  else if (allowHosts.length === 0) complain(['url'], 'has fields of the record: name the hosts in "allowHosts"')
  if (isConstant && allowHosts.length > 0) complain(['allowHosts'], 'is for a "url" with fields')
  for (const [index, range] of allowPrivate.entries()) complain(['allowPrivate', String(index)], rangeProblem(range))
  const names = new Set<string>()
  const signing = sign === undefined ? [] : signatureHeaders(sign)
  for (const [name, value] of Object.entries(headers)) {
    const isTwice = names.has(name.toLowerCase())
    names.add(name.toLowerCase())
    if (isTwice) complain(['headers', name], 'stands there twice: case makes no difference')
    else if (signing.includes(name.toLowerCase())) complain(['headers', name], 'is set by `sign`')
    else complain(['headers', name], headerNameProblem(name) ?? templateProblem(value) ?? headerTextProblem(value))
  }
  if (settings.body !== undefined) {
    for (const { path, message } of bodyProblems(settings.body)) complain(['body', ...path], message)
  }
  problems.push(...checkBatch(settings))
  if (sign !== undefined) problems.push(...checkSign(sign, headerNameProblem))
  return [...problems, ...checkRetryQueue(settings)]
}

function checkBatch({ batch, order, retryIn, contentType }: WebhookSettings): readonly SettingProblem[] {
  if (batch === undefined) return []
  const problems: SettingProblem[] = []
  const complain = (setting: string, message: string): void => void problems.push({ path: ['batch', setting], message })
  const { bytes, format, maxWait } = batch
  if (order !== 'none') problems.push({ path: ['batch'], message: 'is for `"order": "none"`' })
  if (retryIn !== 'log') problems.push({ path: ['batch'], message: 'is for `"retryIn": "log"`' })
  if (bytes < 1 || bytes > mostBatchBytes) complain('bytes', 'must be from 1B to 1MiB')
  if (maxWait < 1) complain('maxWait', 'must be at least 1ms')
  if (format === 'ndjson' && contentType !== 'application/json') {
    problems.push({
      path: ['contentType'],
      message: 'is application/x-ndjson for batches of that format: leave it out',
    })
  }
  return problems
}

/** What is wrong with the name of a header that the file sets. */
function headerNameProblem(name: string): string | undefined {
  if (!headerName.test(name)) return 'is no name of a header'
  const lower = name.toLowerCase()
  return ownHeaders.has(lower) || lower.startsWith('webhook-') ? 'is set by the sink itself' : undefined
}

/** Of the text around the fields, too: no attempt could send it. */
function headerTextProblem(text: string): string | undefined {
  return isHeaderText(text.replace(/\{[^{}]*\}/g, '')) ? undefined : 'holds more than printable ASCII'
}

/** Whether a header can carry it. */
export function isHeaderText(text: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(text)
}

function checkRetryQueue({ retryIn, retryQueue, order }: WebhookSettings): readonly SettingProblem[] {
  if (retryIn === 'log') {
    return retryQueue === undefined ? [] : [{ path: ['retryQueue'], message: 'is for `retryIn: "bullmq"`' }]
  }
  const problems: SettingProblem[] = []
  if (order !== 'none') {
    problems.push({
      path: ['retryIn'],
      message: 'a queue keeps no order of keys: say `order: "none"`, or keep to "log"',
    })
  }
  if (retryQueue === undefined) problems.push({ path: ['retryQueue'], message: 'is needed for `retryIn: "bullmq"`' })
  return retryQueue === undefined ? problems : [...problems, ...checkQueuePlace(retryQueue, ['retryQueue'])]
}

/** What the address guard allows. A port that stands in the file is meant. */
export function policyOf({ url, allowPrivate, allowHttp, ports }: WebhookSettings) {
  const own = /^https?:\/\/[^/?#]*:(\d{1,5})(?:[/?#]|$)/.exec(url)?.[1]
  return { allowPrivate, allowHttp, ports: own === undefined ? ports : [...ports, Number(own)] }
}
