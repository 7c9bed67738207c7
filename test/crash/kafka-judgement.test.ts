import { expect, it } from 'vitest'
import { requireFaultless } from './findings.js'
import { judgeKafka, type KafkaFault } from './kafka-judgement.js'
import { recordText, type SentBatch } from './kafka-ledger.js'
import type { ReadRecord } from './kcat-reader.js'

const first = {
  producer: 'a.0',
  topic: 'lines',
  partition: 1,
  firstNumber: 0,
  recordCount: 2,
  baseOffset: 0,
  lastSentAtMs: 10,
}
const unanswered = { producer: 'b.0', topic: 'lines', partition: 1, firstNumber: 0, recordCount: 2, lastSentAtMs: 10 }
const last = { ...first, firstNumber: 2, recordCount: 1, baseOffset: 4 }
const ledger: readonly SentBatch[] = [first, unanswered, last]

const texts = ['a.0', 0, 'a.0', 1, 'b.0', 0, 'b.0', 1, 'a.0', 2] as const
const whole: readonly ReadRecord[] = [0, 1, 2, 3, 4].map((offset) => ({
  offset,
  timestampMs: 10,
  text: recordText(String(texts[2 * offset]), Number(texts[2 * offset + 1])),
}))

const judge = (records: readonly ReadRecord[], sent = ledger, partition = 1) =>
  judgeKafka(sent, [{ topic: 'lines', partition, records }])

/** The same texts at consecutive offsets. */
const renumbered = (records: readonly ReadRecord[]): ReadRecord[] =>
  records.map((record, offset) => ({ ...record, offset }))

it('finds no fault where each acknowledged record stands at its offset', () => {
  const verdict = judge(whole)
  requireFaultless('the log', verdict)
  expect(verdict).toMatchObject({ acknowledged: 3, repetitions: 0, unknown: 2, unknownThere: 2, findings: [] })
})

it('finds no fault where a batch that was never acknowledged is not there', () => {
  const verdict = judge(renumbered(whole.filter(({ offset }) => offset !== 2 && offset !== 3)), [
    first,
    unanswered,
    { ...last, baseOffset: 2 },
  ])
  requireFaultless('the log', verdict)
  expect(verdict.unknownThere).toBe(0)
})

it('counts a batch that was sent again after what stands there as a repetition', () => {
  expect(judge(whole, [{ ...first, lastSentAtMs: 11 }, unanswered, last]).repetitions).toBe(1)
})

const faults: Readonly<Record<KafkaFault, () => ReturnType<typeof judge>>> = {
  lost: () => judge(whole.slice(0, 4)),
  displaced: () => judge(whole, [first, unanswered, { ...last, baseOffset: 3 }]),
  twice: () => judge([...whole, { ...whole[2]!, offset: 5 }]),
  disordered: () => judge(renumbered([whole[1]!, whole[0]!, ...whole.slice(2)])),
  torn: () => judge(renumbered(whole.filter(({ offset }) => offset !== 3))),
  foreign: () => judge(whole.map((record) => ({ ...record, text: `${record.text}!` }))),
  gap: () => judge(whole.filter(({ offset }) => offset !== 1)),
}

for (const [fault, plant] of Object.entries(faults)) {
  it(`finds what is ${fault}`, () => {
    const verdict = plant()
    expect(verdict.faults[fault as KafkaFault]).toBeGreaterThan(0)
    expect(() => requireFaultless('the log', verdict)).toThrow(fault)
  })
}

it('finds a record in another partition than it was sent to', () => {
  expect(judge(whole, ledger, 0).faults.foreign).toBe(5)
})
