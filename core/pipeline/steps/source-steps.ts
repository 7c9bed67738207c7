// The steps that stand on a source: `parse` makes the value a JSON object and takes the time from it, `key` makes a
// field the key, and then come `steps`. They wrap the writer that the source sees; a source without any writes straight
// into its batches.
//
// A value that is a JSON object already passes as its own bytes, so that numbers and spaces stay as they came. A field
// that is missing, or holds no time, leaves the record with the time or key that its source gave it.

import type { Destination, RecordWriter, ResumePoint } from '../../connector/source.js'
import { stringifyJson } from '../../format/json-object.js'
import { type JsonObject, type JsonValue, ParseFailure } from '../../format/parsed.js'
import { parseTimestamp } from '../../format/timestamp.js'
import type { RecordParts } from '../../record/batch-builder.js'
import type { EdgeMeter } from '../edge-meter.js'
import type { ParsePlan, SourcePlan } from '../pipeline-plan.js'
import { fieldAt, fieldPath, type FieldPath } from './field-path.js'
import type { FormatSettings } from './parse-formats.js'
import type { RecordStep } from './record-step.js'
import { StepWriter } from './step-writer.js'
import { type ValueParser, valueParser } from './value-parser.js'

/** Of a source that only takes a key or a time from its values. */
const plainJson: FormatSettings = { format: 'json', pattern: undefined, columns: [], separator: ',' }

export type OnParseFailure = ParsePlan['onFail']

/** How many values did not parse since the last report, by what was done with them. */
type FailureCounts = Record<OnParseFailure, number>

type SourceStepsPlan = Pick<SourcePlan, 'parse' | 'key' | 'topic'>

/** The steps of one source, which both of its writers share. */
export class SourceSteps {
  private readonly plan: SourceStepsPlan
  private readonly recordSteps: readonly RecordStep[]
  private readonly failures: FailureCounts = { keep: 0, 'dead-letter': 0, drop: 0 }

  /** `recordSteps`: those of the plan's `steps`. */
  constructor(plan: SourceStepsPlan, recordSteps: readonly RecordStep[]) {
    this.plan = plan
    this.recordSteps = recordSteps
  }

  /** The writer for the source: `writer` itself when there are no steps. Errors: regex_invalid. */
  before(writer: RecordWriter): RecordWriter {
    const { parse, key, topic } = this.plan
    const behind = this.recordSteps.length === 0 ? writer : new StepWriter(writer, this.recordSteps, topic ?? '')
    if (parse === undefined && key === undefined) return behind
    return new ParseWriter(behind, this.plan, this.failures)
  }

  /** Counts what failed since the last call. */
  report(meter: EdgeMeter): void {
    for (const action of ['keep', 'dead-letter', 'drop'] as const) {
      if (this.failures[action] === 0) continue
      meter.unparsed(action, this.failures[action])
      this.failures[action] = 0
    }
  }
}

class ParseWriter implements RecordWriter {
  private readonly inner: RecordWriter
  private readonly failures: FailureCounts
  private readonly parser: ValueParser
  private readonly onFail: OnParseFailure
  /** A `key` alone looks into values without asking that they parse. */
  private readonly isParseWanted: boolean
  private readonly isRewritten: boolean
  private readonly time: FieldPath | undefined
  private readonly key: FieldPath | undefined
  private readonly changed: RecordParts = {
    key: null,
    value: null,
    valueStart: 0,
    valueEnd: 0,
    timestampMs: 0,
    headers: null,
  }

  constructor(inner: RecordWriter, plan: Pick<SourcePlan, 'parse' | 'key'>, failures: FailureCounts) {
    const { parse, key } = plan
    this.inner = inner
    this.failures = failures
    this.parser = valueParser(parse ?? plainJson)
    this.onFail = parse?.onFail ?? 'keep'
    this.isParseWanted = parse !== undefined
    this.isRewritten = parse !== undefined && parse.format !== 'json'
    this.time = parse?.time === undefined ? undefined : fieldPath(parse.time)
    this.key = key === undefined ? undefined : fieldPath(key)
  }

  get hasDeadLetters(): boolean {
    return this.inner.hasDeadLetters
  }

  get appendNumber(): number {
    return this.inner.appendNumber
  }

  /** Of the key that the source gave: a `key` step may take the record elsewhere. */
  partitionOf(key: Uint8Array | null, topic?: string): number {
    return this.inner.partitionOf(key, topic)
  }

  partitionCount(topic?: string): number {
    return this.inner.partitionCount(topic)
  }

  append(record: RecordParts, to?: Destination): boolean {
    // A deletion has nothing in it to parse.
    if (record.value === null) return this.inner.append(record, to)
    const { value, valueStart, valueEnd } = record
    const text = bufferOf(value).toString('utf8', valueStart, valueEnd)
    const parsed = this.parser.parse(text)
    return parsed instanceof ParseFailure
      ? this.appendUnparsed(record, parsed, to)
      : this.appendParsed(record, parsed, to)
  }

  deadLetter(record: RecordParts, code: string, message: string, to?: Destination): boolean {
    return this.inner.deadLetter(record, code, message, to)
  }

  remember(key: string, point: ResumePoint | undefined): void {
    this.inner.remember(key, point)
  }

  private appendParsed(record: RecordParts, object: JsonObject, to: Destination | undefined): boolean {
    const { changed } = this
    changed.key = (this.key === undefined ? undefined : keyBytes(fieldAt(object, this.key))) ?? record.key
    changed.timestampMs = this.timeOf(object) ?? record.timestampMs
    changed.headers = record.headers
    if (this.isRewritten) {
      const bytes = Buffer.from(stringifyJson(object))
      changed.value = bytes
      changed.valueStart = 0
      changed.valueEnd = bytes.length
    } else {
      changed.value = record.value
      changed.valueStart = record.valueStart
      changed.valueEnd = record.valueEnd
    }
    return this.inner.append(changed, to)
  }

  /** Counted when it was taken: what is refused comes again. */
  private appendUnparsed(record: RecordParts, failure: ParseFailure, to: Destination | undefined): boolean {
    if (!this.isParseWanted) return this.inner.append(record, to)
    const { code, what } = this.parser
    let isTaken = true
    if (this.onFail === 'keep') isTaken = this.inner.append(record, to)
    if (this.onFail === 'dead-letter') {
      isTaken = this.inner.deadLetter(record, code, `the value is not ${what}: ${failure.describe()}`, to)
    }
    if (isTaken) this.failures[this.onFail]++
    return isTaken
  }

  /** Times before 1970 are no times of records: Kafka's clients take a negative one for none at all. */
  private timeOf(object: JsonObject): number | undefined {
    if (this.time === undefined) return undefined
    const timestampMs = parseTimestamp(fieldAt(object, this.time))
    return timestampMs !== undefined && timestampMs >= 0 ? timestampMs : undefined
  }
}

/** A text as its bytes, anything else as its JSON; undefined for null and for nothing. */
function keyBytes(value: JsonValue | undefined): Buffer | undefined {
  if (value === undefined || value === null) return undefined
  return Buffer.from(typeof value === 'string' ? value : stringifyJson(value))
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
