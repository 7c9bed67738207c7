// Steps in process: a filter and two sets on JSON log records against JSON.parse, plain JavaScript and JSON.stringify;
// then a filter that needs only raw bytes against the filter and sets. Both sides take the records from one batch and
// leave the values that pass as bytes.

import { makeRecordSteps } from '../core/pipeline/steps/make-record-steps.js'
import { RecordSteps } from '../core/pipeline/steps/record-step.js'
import { StepRecord } from '../core/pipeline/steps/step-record.js'
import { encodeBatch } from '../core/record/encode-batch.js'
import { RecordCursor } from '../core/record/record-cursor.js'
import { nodeFiles } from '../core/runtime/node/node-files.js'
import { benchOptions, compare, printMachine, type Run } from './measure/pairs.js'

const recordsPerBatch = 1_000
const rounds = 200
const levels = ['debug', 'info', 'warn', 'error']

/** A quarter of the records passes the filter. */
function logLine(index: number): string {
  return JSON.stringify({
    ts: new Date(1_763_877_600_000 + index * 17).toISOString(),
    level: levels[index % levels.length],
    service: `service-${index % 13}`,
    status: index % 3 === 0 ? 200 : 503,
    took: (index * 7919) % 2000,
    http: { method: 'GET', path: `/api/orders/${index}`, agent: 'Mozilla/5.0 (X11; Linux x86_64)' },
    message: `${levels[index % levels.length]!.toUpperCase()} request ${index} was answered by the upstream`,
  })
}

const batch = encodeBatch(
  Array.from({ length: recordsPerBatch }, (_, index) => {
    return { key: null, value: Buffer.from(logLine(index)), timestampMs: 1_763_877_600_000 + index }
  }),
)

interface LogRecord {
  readonly level: string
  readonly status: number
  took: number
  slow?: boolean
  env?: string
}

/** Seconds of `rounds` walks over the batch; `walk` says how many bytes came out. */
function measured(walk: () => number): Run {
  let bytes = 0
  const startMs = performance.now()
  for (let round = 0; round < rounds; round++) bytes += walk()
  const seconds = (performance.now() - startMs) / 1000
  if (bytes === 0) throw new Error('nothing passed the steps')
  return { seconds, amount: rounds * recordsPerBatch }
}

function plain(): Promise<Run> {
  const cursor = new RecordCursor()
  return Promise.resolve(
    measured(() => {
      let bytes = 0
      cursor.reset(batch)
      while (cursor.next()) {
        const record = JSON.parse(cursor.value()!.toString()) as LogRecord
        if (!(record.level === 'error' || record.level === 'warn') || record.status < 500) continue
        record.slow = record.took > 1000
        record.env = 'prod'
        bytes += Buffer.from(JSON.stringify(record)).length
      }
      return bytes
    }),
  )
}

async function throughSteps(plans: readonly { readonly kind: string; readonly settings: unknown }[]): Promise<Run> {
  const steps = await makeRecordSteps(plans, { baseDirectory: '/', files: nodeFiles })
  const record = new StepRecord()
  const cursor = new RecordCursor()
  let bytes = 0
  const chain = new RecordSteps(steps, record, () => {
    const { valueStart, valueEnd } = record.encode()
    bytes += valueEnd - valueStart
  })
  return measured(() => {
    bytes = 0
    cursor.reset(batch)
    while (cursor.next()) {
      record.readCursor(cursor, 'app.logs')
      chain.run()
    }
    return bytes
  })
}

const onFields = (): Promise<Run> =>
  throughSteps([
    { kind: 'filter', settings: "level in ['error', 'warn'] && status >= 500" },
    { kind: 'set', settings: { slow: 'took > 1000' } },
    { kind: 'set', settings: { env: "'prod'" } },
  ])
const onBytes = (): Promise<Run> => throughSteps([{ kind: 'filter', settings: `raw.contains("ERROR")` }])

const { pairs, only } = benchOptions()
printMachine()
for (const comparison of [
  {
    name: 'a filter and two sets, against JSON.parse, plain JavaScript and JSON.stringify',
    subject: onFields,
    denominator: plain,
    target: 0.6,
  },
  { name: 'a filter on raw bytes, against a filter and two sets', subject: onBytes, denominator: onFields, target: 5 },
]) {
  if (comparison.name.includes(only)) await compare({ ...comparison, unit: 'million records/s', scale: 1e6 }, pairs)
}
