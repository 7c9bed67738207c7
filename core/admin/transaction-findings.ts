// Which clients' transactions hold readers up: sinks and read-committed consumers wait before an open one.

import type { LogEngine, Offset, PartitionId, TimestampMs } from '../engine/log-engine.js'
import type { TransactionDescription } from '../engine/transaction-service.js'
import type { DoctorFinding } from './admin-service.js'

/** A transaction that does what it is for is over by then. */
const longMs = 10_000

/** A partition in which the transaction has written, and how many records wait behind its first one. */
interface HeldPartition extends PartitionId {
  readonly firstOffset: Offset
  readonly records: number
}

export async function transactionFindings(engine: LogEngine, nowMs: TimestampMs): Promise<readonly DoctorFinding[]> {
  const open = engine.transactions.list().filter(({ state }) => state === 'ongoing' || state === 'ending')
  const long = open.filter(({ startedAtMs }) => nowMs - startedAtMs >= longMs)
  const findings: DoctorFinding[] = []
  for (const transaction of long) {
    const held = await heldPartitions(engine, transaction)
    if (held.length > 0) findings.push(finding(transaction, held, nowMs))
  }
  if (findings.length > 0) return findings
  return [
    {
      subject: 'transactions',
      level: 'good',
      message: `${open.length} open; no reader waits for long`,
      hint: undefined,
    },
  ]
}

async function heldPartitions(engine: LogEngine, transaction: TransactionDescription): Promise<HeldPartition[]> {
  const held: HeldPartition[] = []
  for (const of of transaction.partitions) {
    const topic = engine.topics.find(of.topic)
    if (topic === undefined || of.partition >= topic.partitions) continue
    const producer = engine.producers.describe(of).find(({ producerId }) => producerId === transaction.producerId)
    if (producer === undefined || producer.transactionStart < 0) continue
    const { highWatermark } = await engine.bounds(of)
    held.push({ ...of, firstOffset: producer.transactionStart, records: highWatermark - producer.transactionStart })
  }
  return held
}

function finding(
  { transactionalId, producerId, startedAtMs, timeoutMs }: TransactionDescription,
  held: readonly HeldPartition[],
  nowMs: TimestampMs,
): DoctorFinding {
  const [first] = held
  const records = held.reduce((sum, partition) => sum + partition.records, 0)
  const more = held.length > 1 ? ` and ${held.length - 1} more` : ''
  const openSeconds = Math.round((nowMs - startedAtMs) / 1000)
  return {
    subject: `transaction ${transactionalId}`,
    level: 'warning',
    message:
      `producer ${producerId} has had it open for ${openSeconds} s: sinks and read-committed consumers of ` +
      `${first?.topic}/${first?.partition} wait before offset ${first?.firstOffset}${more}, ${records} records behind`,
    hint: `It is aborted when it was open for ${Math.round(timeoutMs / 1000)} s. Look at its client, or start that anew: it then aborts what it left open.`,
  }
}
