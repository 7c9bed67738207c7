// A member of the group of movers (kafkajs): reads transfers and writes both sides of each to the outputs, in a
// transaction with the offset behind them. Arguments: HOST:PORT, a name and a seed. Told so, it kills or stops itself at
// a stage of its next transaction.
//
// Exactly once rests on three rules. Each partition has a transactional id, so that who takes a partition over fences
// who had it: sendOffsets of kafkajs names no member, and the group cannot refuse a member of the past. The offset to
// begin at is asked for after that, as what a consumer learnt when it joined may be older than the last transaction of
// the predecessor. And what begins elsewhere than behind the last transaction is not moved but sought again.

import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Consumer, type EachBatchPayload, type KafkaMessage, type Producer } from 'kafkajs'
import { outliveConnectionLosses } from '../connection-losses.js'
import { SeededRandom } from '../../simulation/world/seeded-random.js'
import { kafkaPartitions } from '../kafka-site.js'
import type { MoverOrder, MoverReport, MoverStage } from './movers.js'
import { moverGroup, parseTransfer, postingOf, postingText, type PostingTopic, transferTopic } from './transfers.js'

/** The sole right to move what is in a partition, until somebody else takes it. */
interface Claim {
  readonly producer: Producer
  nextOffset: number
}

const [address = '', name = '', seed] = process.argv.slice(2)
const random = new SeededRandom(Number(seed))
const abortChance = 0.15
const mostTransfers = 6
const mostCommitMs = 6
const failurePauseMs = 20
const forEver = Number.MAX_SAFE_INTEGER
/** What a mover hears when another has taken its partition. */
const fencedTypes: readonly unknown[] = ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']

const patience = { retries: forEver, initialRetryTime: 20, maxRetryTime: 100 }
// Within a transaction a request is tried a few times only, and then all of it anew.
const haste = { retries: 3, initialRetryTime: 20, maxRetryTime: 100 }
const kafka = new kafkajs.Kafka({
  clientId: name,
  brokers: [address],
  logLevel: kafkajs.logLevel.NOTHING,
  retry: haste,
})
const admin = kafka.admin()
const claims = new Map<number, Claim>()
let transactionCount = 0
let order: MoverOrder | undefined

outliveConnectionLosses()
process.on('message', (next: MoverOrder) => (order = next))
process.once('disconnect', () => process.exit())

const consumer = kafka.consumer({
  groupId: moverGroup,
  sessionTimeout: 1500,
  rebalanceTimeout: 5000,
  heartbeatInterval: 200,
  maxWaitTimeInMs: 100,
  retry: { ...patience, restartOnFailure: () => Promise.resolve(true) },
})
await connectPatiently(consumer)
await consumer.subscribe({ topic: transferTopic, fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  partitionsConsumedConcurrently: kafkaPartitions,
  eachBatch: moveBatch,
})

async function connectPatiently(member: Consumer): Promise<void> {
  for (;;) {
    try {
      await admin.connect()
      await member.connect()
      return
    } catch (error) {
      noteFailure(error)
      await sleep(failurePauseMs)
    }
  }
}

async function moveBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
  const { partition, messages } = batch
  for (let from = 0; from < messages.length && isRunning() && !isStale(); ) {
    const part = messages.slice(from, from + 1 + random.below(mostTransfers))
    try {
      const claim = claims.get(partition) ?? (await claimPartition(partition))
      if (Number(part[0]!.offset) !== claim.nextOffset) {
        consumer.seek({ topic: transferTopic, partition, offset: String(claim.nextOffset) })
        return
      }
      if (await move(claim, partition, part)) {
        resolveOffset(part.at(-1)!.offset)
        from += part.length
      }
    } catch (error) {
      noteFailure(error)
      void claims
        .get(partition)
        ?.producer.disconnect()
        .catch(() => undefined) // the other end may be gone
      claims.delete(partition)
      await sleep(failurePauseMs)
      return
    }
    await heartbeat()
  }
}

async function claimPartition(partition: number): Promise<Claim> {
  const producer = kafka.producer({ transactionalId: `mover-${partition}`, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  try {
    // A first transaction asks for the producer id, which ends what a predecessor left open; it writes nothing.
    await (await producer.transaction()).abort()
    const [committed] = await admin.fetchOffsets({ groupId: moverGroup, topics: [transferTopic] })
    const offset = committed?.partitions.find((of) => of.partition === partition)?.offset
    const claim = { producer, nextOffset: Math.max(0, Number(offset ?? -1)) }
    claims.set(partition, claim)
    return claim
  } catch (error) {
    await producer.disconnect()
    throw error
  }
}

/** False when it was aborted on purpose. */
async function move(claim: Claim, partition: number, part: readonly KafkaMessage[]): Promise<boolean> {
  const transactionName = `${name}.${transactionCount++}`
  const transaction = await claim.producer.transaction()
  const send = (topic: PostingTopic) => {
    const postings = part.map(({ value }) => postingOf(parseTransfer(String(value)), topic, transactionName))
    const records = postings.map((posting) => ({ key: posting.account, value: postingText(posting) }))
    return transaction.send({ topic, acks: -1, messages: records })
  }
  await send('debits')
  reach('half-sent')
  await send('credits')
  reach('sent')
  const nextOffset = Number(part.at(-1)!.offset) + 1
  const offsets = [{ topic: transferTopic, partitions: [{ partition, offset: String(nextOffset) }] }]
  await transaction.sendOffsets({ consumerGroupId: moverGroup, topics: offsets })
  reach('offsets-sent')
  const isKept = !random.chance(abortChance)
  // The request is on its way then, or its answer.
  if (order?.stage === 'ending') setTimeout(() => reach('ending'), random.below(mostCommitMs))
  if (isKept) {
    await transaction.commit()
    claim.nextOffset = nextOffset
    tell({ kind: 'committed', transaction: transactionName, partition, nextOffset })
  } else {
    await transaction.abort()
    tell({ kind: 'aborted', transaction: transactionName })
  }
  return isKept
}

function reach(stage: MoverStage): void {
  if (order?.stage !== stage) return
  const { signal } = order
  order = undefined
  if (signal === 'SIGSTOP') tell({ kind: 'stopping' })
  process.kill(process.pid, signal)
}

/** A hub that is gone and a successor are what happens here; any other answer that forbids to go on is a fault. */
function noteFailure(error: unknown): void {
  if (!(error instanceof kafkajs.KafkaJSError)) throw error
  const cause = error.cause ?? error
  if (!(cause instanceof kafkajs.KafkaJSProtocolError)) return
  if (fencedTypes.includes(cause.type)) tell({ kind: 'fenced' })
  else if (!cause.retriable) tell({ kind: 'refused', reason: `${name}: ${cause.message}` })
}

function tell(report: MoverReport): void {
  process.send?.(report)
}
