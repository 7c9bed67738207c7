import { describe, expect, it } from 'vitest'
import type { Destination, RecordWriter } from '../../../../core/connector/source.js'
import { EdgeMeter } from '../../../../core/pipeline/edge-meter.js'
import type { ParsePlan } from '../../../../core/pipeline/pipeline-plan.js'
import { SourceSteps } from '../../../../core/pipeline/steps/source-steps.js'
import type { RecordParts } from '../../../../core/record/batch-builder.js'
import type { Recorder } from '../../../../core/telemetry/recorder.js'
import { silentRecorder } from '../../../../core/telemetry/recorder.js'
import { ManualClock } from '../../../support/manual-clock.js'
import { parts } from '../sources.js'

interface Taken {
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

class ListWriter implements RecordWriter {
  readonly hasDeadLetters = true
  readonly appendNumber = 7
  readonly destinations: (Destination | undefined)[] = []
  readonly taken: Taken[] = []
  readonly letters: (Taken & { code: string; message: string })[] = []
  isFull = false

  append(record: RecordParts, to?: Destination): boolean {
    this.destinations.push(to)
    if (!this.isFull) this.taken.push(textsOf(record))
    return !this.isFull
  }

  partitionOf(key: Uint8Array | null, topic = ''): number {
    return key === null ? -1 : topic.length
  }

  partitionCount(topic = ''): number {
    return topic.length + 1
  }

  deadLetter(record: RecordParts, code: string, message: string, to?: Destination): boolean {
    this.destinations.push(to)
    if (!this.isFull) this.letters.push({ ...textsOf(record), code, message })
    return !this.isFull
  }

  remember(): void {}
}

function textsOf({ key, value, valueStart, valueEnd, timestampMs }: RecordParts): Taken {
  const text = value === null ? null : Buffer.from(value).toString('utf8', valueStart, valueEnd)
  return { key: key === null ? null : Buffer.from(key).toString(), value: text, timestampMs }
}

function parsePlan(change: Partial<ParsePlan> = {}): ParsePlan {
  return { format: 'json', pattern: undefined, columns: [], separator: ',', onFail: 'keep', time: undefined, ...change }
}

function step(plan: { parse?: ParsePlan; key?: string }) {
  const steps = new SourceSteps({ parse: plan.parse, key: plan.key, topic: 'lines' }, [])
  const list = new ListWriter()
  return { steps, list, writer: steps.before(list) }
}

const line = (text: string): RecordParts => parts(Buffer.from(text), Buffer.from('/var/log/a'), 500)

function countsOf(steps: SourceSteps): Record<string, number> {
  const counts: Record<string, number> = {}
  const recorder: Recorder = {
    ...silentRecorder,
    count: (_name, { action = '' }, by = 1) => void (counts[action] = by),
  }
  const identity = { pipeline: 'shop', id: 'logs', role: 'source', type: 'file', topics: [] } as const
  steps.report(new EdgeMeter(identity, new ManualClock(), recorder))
  return counts
}

describe('a source without steps', () => {
  it('writes straight into its batches', () => {
    const { writer, list } = step({})
    expect(writer).toBe(list)
  })
})

describe('parse', () => {
  it('passes a JSON object as the bytes it came in', () => {
    const { writer, list } = step({ parse: parsePlan() })
    const text = ' {"id": 9007199254740993,  "b":1.10} '
    writer.append(line(text))
    expect(list.taken).toEqual([{ key: '/var/log/a', value: text, timestampMs: 500 }])
  })

  it('makes an object of logfmt', () => {
    const { writer, list } = step({ parse: parsePlan({ format: 'logfmt' }) })
    writer.append(line('level=info msg="it works" n=1'))
    expect(JSON.parse(list.taken[0]!.value!)).toEqual({ level: 'info', msg: 'it works', n: '1' })
  })

  it('makes an object of the named groups of a pattern', () => {
    const { writer, list } = step({ parse: parsePlan({ format: 'regex', pattern: '^(?<level>\\w+): (?<text>.*)$' }) })
    writer.append(line('WARN: low on disk'))
    expect(JSON.parse(list.taken[0]!.value!)).toEqual({ level: 'WARN', text: 'low on disk' })
  })

  it('refuses a pattern that is none when the source starts', () => {
    expect(() => step({ parse: parsePlan({ format: 'regex', pattern: '(?<a>' }) })).toThrow()
  })

  it.each([
    ['"2026-11-22T10:00:00Z"', Date.UTC(2026, 10, 22, 10)],
    ['1795341600', 1_795_341_600_000],
    ['1795341600123', 1_795_341_600_123],
    ['"soon"', 500],
    ['null', 500],
    ['-5', 500],
  ])('takes the time from a field: %s', (time, expected) => {
    const { writer, list } = step({ parse: parsePlan({ time: 'meta.ts' }) })
    writer.append(line(`{"meta":{"ts":${time}}}`))
    expect(list.taken[0]?.timestampMs).toBe(expected)
  })

  it('keeps, diverts or drops what does not parse, as the file says, and counts it', () => {
    for (const onFail of ['keep', 'dead-letter', 'drop'] as const) {
      const { writer, list, steps } = step({ parse: parsePlan({ onFail }) })
      expect(writer.append(line('plain text'))).toBe(true)
      expect(writer.append(line('[1]'))).toBe(true)
      expect(list.taken).toHaveLength(onFail === 'keep' ? 2 : 0)
      expect(list.letters).toHaveLength(onFail === 'dead-letter' ? 2 : 0)
      expect(countsOf(steps)).toEqual({ [onFail]: 2 })
      expect(countsOf(steps)).toEqual({})
    }
  })

  it('says in the dead letter what was wrong', () => {
    const { writer, list } = step({ parse: parsePlan({ onFail: 'dead-letter' }) })
    writer.append(line('{"a":1,}'))
    expect(list.letters).toMatchObject([{ code: 'parse_not_json', value: '{"a":1,}', timestampMs: 500 }])
    expect(list.letters[0]?.message).toContain('at character 7')
  })

  it('counts a failure that a full writer refused when it comes again', () => {
    const { writer, list, steps } = step({ parse: parsePlan() })
    list.isFull = true
    expect(writer.append(line('plain'))).toBe(false)
    list.isFull = false
    expect(writer.append(line('plain'))).toBe(true)
    expect(countsOf(steps)).toEqual({ keep: 1 })
  })

  it('leaves deletions alone', () => {
    const { writer, list } = step({ parse: parsePlan({ onFail: 'drop' }) })
    writer.append(parts(null, Buffer.from('k')))
    expect(list.taken).toMatchObject([{ key: 'k', value: null }])
  })
})

describe('key', () => {
  it.each([
    ['{"pod":{"name":"web-1"}}', 'web-1'],
    ['{"pod.name":"dotted","pod":{"name":"nested"}}', 'dotted'],
    ['{"pod":{"name":9007199254740993}}', '9007199254740993'],
    ['{"pod":{"name":true}}', 'true'],
    ['{"pod":{"name":{"a":1}}}', '{"a":1}'],
    ['{"pod":{"name":null}}', '/var/log/a'],
    ['{"pod":"x"}', '/var/log/a'],
    ['no object', '/var/log/a'],
  ])('is what stands at its path: %s', (text, key) => {
    const { writer, list } = step({ key: 'pod.name' })
    writer.append(line(text))
    expect(list.taken).toEqual([{ key, value: text, timestampMs: 500 }])
  })

  it('looks into what was parsed', () => {
    const { writer, list } = step({ parse: parsePlan({ format: 'logfmt' }), key: 'user' })
    writer.append(line('user=ann n=1'))
    expect(list.taken[0]?.key).toBe('ann')
  })
})

describe('a topic that the source names', () => {
  it('is where a record goes, parsed or not', () => {
    const { writer, list } = step({ parse: parsePlan({ format: 'logfmt', onFail: 'dead-letter' }) })
    const to = { topic: 'shop.orders' }
    writer.append(line('a=1'), to)
    writer.append(line('{'.repeat(3)), to)
    writer.append(parts(null), to)
    writer.deadLetter(line('long'), 'line_too_long', 'too long', to)
    expect(list.destinations.length).toBe(4)
    for (const destination of list.destinations) expect(destination).toBe(to)
  })

  it('is what questions about partitions are about', () => {
    const { writer } = step({ parse: parsePlan() })
    expect(writer.appendNumber).toBe(7)
    expect(writer.partitionOf(Buffer.from('k'), 'four')).toBe(4)
    expect(writer.partitionOf(null, 'four')).toBe(-1)
    expect(writer.partitionCount('four')).toBe(5)
  })
})
