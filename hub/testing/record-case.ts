// A case made of records that a running hub holds: what goes in as it lies in the log, and what the steps of the file
// make of it now, for a person to look through and keep.

import type { AdminService, TapRecord } from '../../core/admin/admin-service.js'
import type { LogPosition } from '../../core/admin/log-position.js'
import { hubErrors } from '../errors.js'
import { requirePlansToTest } from '../pipeline-files.js'
import type { CaseRecord } from './case-records.js'
import { runCase } from './run-case.js'

export interface RecordRequest {
  readonly files: readonly string[]
  /** Id of the transform. */
  readonly transform: string
  readonly count: number
  readonly from: LogPosition
}

/** As it stands in a file, under `tests`. */
export interface RecordedCase {
  readonly name: string
  readonly transform: string
  readonly in: readonly unknown[]
  readonly out: readonly unknown[]
  readonly deadLetters?: readonly unknown[]
}

/**
 * Waits until so many records came, from the first topic that the transform reads. Records whose bytes are no text are
 * passed over. Errors: invalid_pipeline, invalid_test_case, unknown_topic, and what stops a transform.
 */
export async function recordCase(
  admin: AdminService,
  request: RecordRequest,
  signal: AbortSignal,
): Promise<RecordedCase> {
  const { files, transform, count, from } = request
  const plans = await requirePlansToTest(files)
  const plan = plans.find(({ transforms }) => transforms.some(({ id }) => id === transform))
  const planned = plan?.transforms.find(({ id }) => id === transform)
  if (plan === undefined || planned === undefined) {
    throw hubErrors.make('invalid_test_case', `no file has a transform "${transform}"`)
  }
  const input = await tapped(admin, { topic: planned.from[0]!, count, from }, signal)
  const { out, deadLetters } = await runCase(plan, { role: 'transform', id: transform, in: input, tables: {} })
  const name = `${transform}: ${input.length} records`
  const failed = deadLetters.map((record) => wrapped(withoutTopic(record)))
  const writesOne = planned.topics.length === 1
  const came = out.map((record) => wrapped(writesOne ? withoutTopic(record) : record))
  return { name, transform, in: input, out: came, ...(failed.length === 0 ? {} : { deadLetters: failed }) }
}

interface TapWish {
  readonly topic: string
  readonly count: number
  readonly from: LogPosition
}

async function tapped(
  admin: AdminService,
  { topic, count, from }: TapWish,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const input: unknown[] = []
  for await (const record of admin.tap(topic, { from }, signal)) {
    const item = itemOf(record)
    if (item !== undefined) input.push(item)
    if (input.length >= count) break
  }
  return input
}

/** Undefined when some of its bytes are no text. */
function itemOf({ key, value, keyBase64, valueBase64, timestampMs, headers }: TapRecord): unknown {
  if (keyBase64 !== undefined || valueBase64 !== undefined) return undefined
  if (headers.some((header) => typeof header.value !== 'string')) return undefined
  const texts = Object.fromEntries(headers.map((header) => [header.key, header.value]))
  const time = timestampMs >= 0 ? { time: new Date(timestampMs).toISOString() } : {}
  return wrapped({ key: key ?? null, value: jsonOrText(value ?? null), headers: texts, ...time })
}

/** A text that is JSON of another kind than a text stands as what it is. */
function jsonOrText(text: string | null): unknown {
  if (text === null) return null
  try {
    const value = JSON.parse(text) as unknown
    // Only what comes back as the very bytes may stand as JSON.
    return typeof value !== 'string' && JSON.stringify(value) === text ? value : text
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

function wrapped({ key, headers = {}, ...rest }: CaseRecord): unknown {
  const some = Object.keys(headers).length > 0
  return { $record: { ...(key === null ? {} : { key }), ...rest, ...(some ? { headers } : {}) } }
}

/** Where a transform writes one topic only, there is nothing to be said about it. */
function withoutTopic({ topic: _topic, ...rest }: CaseRecord): CaseRecord {
  return rest
}
