import { expect, it } from 'vitest'
import { requireFaultless } from '../findings.js'
import type { ReadPartition } from '../kcat-reader.js'
import { judgeTransfers, type TransactionEnd, type TransferFault, type TransferVerdict } from './transfer-judgement.js'
import { postingOf, postingText, type PostingTopic, postingTopics, type Transfer } from './transfers.js'

const transfers: readonly Transfer[] = [
  { partition: 0, number: 0, from: 'a0', to: 'a1', amount: 5 },
  { partition: 0, number: 1, from: 'a0', to: 'a2', amount: 7 },
  { partition: 1, number: 0, from: 'a1', to: 'a0', amount: 3 },
]
/** What transactions wrote one after the other: the second was aborted, and the third did its work. */
const written = [
  { transaction: 'm0.0', moved: [0] },
  { transaction: 'm0.1', moved: [1, 2] },
  { transaction: 'm1.0', moved: [1, 2] },
] as const
const ends = new Map<string, TransactionEnd>([
  ['m0.0', 'committed'],
  ['m0.1', 'aborted'],
])

const uncommitted: readonly ReadPartition[] = postingTopics.map((topic) => {
  const texts = written.flatMap(({ transaction, moved }) => moved.map((index) => textOf(index, topic, transaction)))
  return { topic, partition: 0, records: texts.map((text, offset) => ({ offset, timestampMs: 1, text })) }
})
const committed = uncommitted.map((of) => ({
  ...of,
  records: of.records.filter(({ text }) => !text.endsWith('m0.1')),
}))

function textOf(index: number, topic: PostingTopic, transaction: string): string {
  return postingText(postingOf(transfers[index]!, topic, transaction))
}

/** With the debits that a reader of committed records sees changed. */
function judgeDebits(
  change: (records: ReadPartition['records']) => ReadPartition['records'],
  told: ReadonlyMap<string, TransactionEnd> = ends,
): TransferVerdict {
  const [debits, credits] = [committed[0]!, committed[1]!]
  const changed = [{ ...debits, records: change(debits.records) }, credits]
  return judgeTransfers({ transfers, ends: told }, { committed: changed, uncommitted })
}

it('finds no fault where each transfer is in both outputs once', () => {
  const verdict = judgeDebits((records) => records)
  requireFaultless('the outputs', verdict)
  expect(verdict).toMatchObject({ committedTransactions: 2, abortedTransactions: 1, abortedRecords: 4 })
})

const faults: Readonly<Record<TransferFault, () => TransferVerdict>> = {
  lost: () => judgeDebits((records) => records.slice(0, 2)),
  twice: () => judgeDebits((records) => [...records, records[0]!]),
  disordered: () => judgeDebits((records) => [records[1]!, records[0]!, records[2]!]),
  foreign: () => judgeDebits((records) => records.map((record) => ({ ...record, text: `${record.text}0` }))),
  undone: () => judgeDebits((records) => records, new Map([...ends, ['m2.0', 'committed']])),
  aborted: () => judgeDebits(() => uncommitted[0]!.records),
  torn: () => judgeDebits((records) => records.slice(0, 2)),
  unbalanced: () => judgeDebits((records) => [...records, records[0]!]),
}

for (const [fault, plant] of Object.entries(faults)) {
  it(`finds what is ${fault}`, () => {
    const verdict = plant()
    expect(verdict.faults[fault as TransferFault]).toBeGreaterThan(0)
    expect(() => requireFaultless('the outputs', verdict)).toThrow(fault)
  })
}

it('finds an amount that is not the one of the transfer', () => {
  const change = (text: string) => text.replace(' -5 ', ' -6 ')
  const altered = (of: ReadPartition) => ({
    ...of,
    records: of.records.map((record) => ({ ...record, text: change(record.text) })),
  })
  const reading = { committed: committed.map(altered), uncommitted: uncommitted.map(altered) }
  expect(judgeTransfers({ transfers, ends }, reading).faults.foreign).toBeGreaterThan(0)
})

it('finds an account in two partitions of an output', () => {
  const moved = (all: readonly ReadPartition[]) => {
    const [debits, credits] = [all[0]!, all[1]!]
    const [first, ...rest] = debits.records
    return [{ ...debits, records: rest }, { ...debits, partition: 1, records: [first!] }, credits]
  }
  const reading = { committed: moved(committed), uncommitted: moved(uncommitted) }
  expect(judgeTransfers({ transfers, ends }, reading).faults.disordered).toBe(1)
})
