// What a producer with transactions does, call by call, and what it may be answered: it takes its name, names
// partitions and a group, sends, asks for the end, and asks again where it heard nothing. Each call tells the model
// before it is made and when it is answered.

import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { TransactionOutcome } from '../../core/engine/transaction-service.js'
import { batchField } from '../../core/record/batch-layout.js'
import type { LogClient } from './log-client.js'
import { type PartitionModel, Violation } from './log-model.js'
import { sendOne } from './producer-operations.js'
import { writeProducer } from './producer-stream.js'
import { SimulatedCrash } from './world/simulated-crash.js'
import {
  type ModelName,
  type ModelTransaction,
  ProducerRun,
  type TransactionModel,
  type TransactionSend,
} from './transaction-model.js'
import { inputTopic } from './transaction-plan.js'
import { idOf } from './transaction-views.js'

/** One who uses an engine, and the model that is told. */
export interface Actor {
  readonly client: LogClient
  readonly model: TransactionModel
}

/** What a call came to: the code of its refusal, or one of these. */
type Heard = 'answered' | 'unheard' | (string & {})

const transactionalBit = 0x10
export const inputPartition = { topic: inputTopic, partition: 0 }

function nowOf({ client }: Actor): number {
  return client.machine.clock.monotonicMs()
}

/** What a client of a dead process would do next, it does not do. */
export function mustLive(client: LogClient): void {
  if (client.isOver) throw new SimulatedCrash('the process of the client is dead')
}

/** Asks for the name. Everybody who held it may be fenced from now on, and is once it is answered. */
export async function takeName(actor: Actor, name: ModelName): Promise<ProducerRun | undefined> {
  const { client } = actor
  const { transactionalId, timeoutMs, run: before, calls } = name
  const known = before !== undefined && client.random.chance(0.2) ? before.identity : undefined
  const mayBeStale = calls.size > 0 || (before !== undefined && mayBeFenced(actor, before))
  for (const run of name.runs) run.mayBeFenced = true
  const call = { client }
  calls.add(call)
  try {
    const start = { transactionalId, timeoutMs, ...(known && { known }) }
    const producer = await client.engine.transactions.initialize(start)
    mustLive(client)
    client.machine.trace.line(() => `${transactionalId} is given epoch ${producer.epoch} of ${producer.producerId}`)
    for (const one of calls) if (one === call || one.client !== client) calls.delete(one)
    // Two who ask as the same producer are the same one.
    const same = name.runs.find(({ identity }) => identity.epoch === producer.epoch)
    if (known !== undefined && same !== undefined) return same
    return name.hold(new ProducerRun(name, producer, calls.size > 0))
  } catch (error) {
    mustLive(client)
    if (!(error instanceof TailraceError)) throw error
    if (error.code !== 'engine_stopped') calls.delete(call)
    if (error.code === 'producer_fenced' && known !== undefined && mayBeStale) return undefined
    client.excuse(error)
    return undefined
  }
}

/** Somebody may hold the name by now, or the time of a transaction of it may be over. */
function mayBeFenced(actor: Actor, run: ProducerRun): boolean {
  const nowMs = nowOf(actor)
  return (
    run.mayBeFenced ||
    run.isFenced ||
    run.name.transactions.some((one) => one.run === run && !one.answered && one.mayBeOutOfTime(nowMs))
  )
}

/** Makes a call of the run's; one that is fenced must be refused. */
async function ask(
  actor: Actor,
  run: ProducerRun,
  { what, call }: { readonly what: string; call(): Promise<unknown> },
  isExpected: (code: string) => boolean = () => false,
): Promise<Heard> {
  const { isFenced, identity } = run
  const note = (heard: string): void => {
    actor.client.machine.trace.line(() => `${identity.transactionalId} epoch ${identity.epoch} ${what}: ${heard}`)
  }
  mustLive(actor.client)
  note('asked')
  try {
    await call()
    mustLive(actor.client)
  } catch (error) {
    mustLive(actor.client)
    if (!(error instanceof TailraceError)) throw error
    const { code } = error
    note(code)
    if (code === 'producer_fenced' && mayBeFenced(actor, run)) {
      run.isFenced = true
      return code
    }
    if (!isExpected(code)) actor.client.excuse(error)
    // What a stopped engine knows is not all that its log holds.
    return code === 'engine_stopped' || actor.client.hasFailed ? 'unheard' : code
  }
  note('answered')
  if (isFenced) throw new Violation(`${identity.transactionalId}: epoch ${identity.epoch} is fenced, and was answered`)
  return 'answered'
}

export async function namePartitions(
  actor: Actor,
  transaction: ModelTransaction,
  partitions: readonly PartitionModel[],
): Promise<boolean> {
  const { run } = transaction
  for (const partition of partitions) transaction.asked.add(partition)
  const ids = partitions.map(idOf)
  transaction.unknownNamings++
  const heard = await ask(actor, run, {
    what: `transaction ${transaction.number} names ${partitions.map(({ name }) => name).join()}`,
    call: () => actor.client.engine.transactions.addPartitions(run.identity, ids),
  })
  if (heard !== 'unheard') transaction.unknownNamings--
  if (heard !== 'answered') return false
  for (const partition of partitions) transaction.named.add(partition)
  return true
}

/** Has the transaction commit an offset of its group that tells its number. */
export async function commitOffset(actor: Actor, transaction: ModelTransaction): Promise<void> {
  const { client } = actor
  const { run, number } = transaction
  const { group } = run.name
  const { transactions } = client.engine
  if (client.model.topics.get(inputTopic)?.fate !== 'there') return
  transaction.mayHaveGroup = true
  const naming = {
    what: `transaction ${number} names its group`,
    call: () => transactions.addGroup(run.identity, group),
  }
  transaction.unknownNamings++
  const heard = await ask(actor, run, naming)
  if (heard !== 'unheard') transaction.unknownNamings--
  if (heard !== 'answered') return
  transaction.hasGroup = true
  transaction.hasAskedOffset = true
  const offsets = [{ ...inputPartition, offset: number, metadata: String(number) }]
  const commit = { group, memberId: '', generation: -1, offsets }
  const committing = {
    what: `transaction ${number} commits an offset`,
    call: () => transactions.commitOffsets(run.identity, commit),
  }
  if ((await ask(actor, run, committing)) !== 'answered') return
  transaction.hasOffset = true
  if (!transactions.hasPendingOffset(group, inputPartition) && !mayBeFenced(actor, run))
    throw new Violation(`transaction ${number} was answered its offset, and ${group} has none pending`)
}

/** A batch of the transaction that nobody has sent yet. */
export function drawSend({ client, model }: Actor, transaction: ModelTransaction, to: PartitionModel): TransactionSend {
  const { run } = transaction
  const batch = client.drawBatch(model.log.newAppend(), to, (bytes) => {
    stamp(bytes, run, run.sequences.get(to) ?? 0)
  })
  run.sequences.set(to, (run.sequences.get(to) ?? 0) + batch.records.length)
  const send = { batch, wasAnswered: false }
  model.adopt(batch, transaction)
  transaction.sends.push(send)
  run.sends.push(send)
  return send
}

export function stamp(bytes: Buffer, { identity }: ProducerRun, sequence: number): void {
  bytes.writeInt16BE(transactionalBit, batchField.attributes)
  const { producerId, epoch } = identity
  writeProducer(bytes, { producerId, epoch, sequence })
}

/** Sends what has to be sent, in its order, without waiting for answers. */
export async function sendAll(
  actor: Actor,
  transaction: ModelTransaction,
  sends: readonly (() => TransactionSend)[],
): Promise<void> {
  const { client } = actor
  const attempt = { hasRefused: false }
  const calls: Promise<unknown>[] = []
  for (const draw of sends) {
    if (client.isOver) break
    const call = sendInTransaction(actor, transaction, { send: draw(), attempt })
    calls.push(call.catch((failure: unknown) => failure))
    if (client.random.chance(0.3)) await client.machine.clock.sleep(client.random.fraction())
  }
  const failure = (await Promise.all(calls)).find((one) => one !== undefined)
  if (failure !== undefined) throw failure
  mustLive(client)
}

async function sendInTransaction(
  actor: Actor,
  transaction: ModelTransaction,
  { send, attempt }: { readonly send: TransactionSend; readonly attempt: { hasRefused: boolean } },
): Promise<void> {
  const { run } = transaction
  const { isFenced } = run
  const { partition } = send.batch
  const wasAnswered = send.wasAnswered
  await sendOne(actor.client, send, attempt, ({ code }) => {
    if (code === 'producer_fenced' || code === 'invalid_producer_epoch') {
      const isExpected = mayBeFenced(actor, run)
      if (isExpected) run.isFenced = true
      return isExpected
    }
    if (code === 'out_of_order_sequence') return hasGap(run, send)
    if (code !== 'invalid_transaction_state') return false
    // While it is fenced its transaction is ending.
    const isNamed = transaction.named.has(partition) && partition.topic.fate === 'there'
    return transaction.wanted !== undefined || !isNamed || mayBeFenced(actor, run)
  })
  mustLive(actor.client)
  actor.client.machine.trace.line(() => {
    const { append, baseOffset } = send.batch
    return `transaction ${transaction.number}: append ${append.number} in ${partition.name} is ${append.fate}, at ${baseOffset}`
  })
  if (send.wasAnswered && !wasAnswered && isFenced)
    throw new Violation(`a batch of epoch ${run.identity.epoch} was taken, which is fenced`)
}

/** What the run sent to the partition before may not all be there. */
function hasGap({ sends }: ProducerRun, { batch }: TransactionSend): boolean {
  for (const { batch: before, wasAnswered } of sends) {
    if (before === batch) return false
    if (before.partition !== batch.partition) continue
    if (!wasAnswered || before.append.fate === 'lost') return true
  }
  return false
}

/** Sends again what was not answered; true when all of it is. */
export async function sendAgain(actor: Actor, transaction: ModelTransaction): Promise<boolean> {
  const { client } = actor
  for (let round = 0; round < 3; round++) {
    const unanswered = transaction.sends.filter(
      ({ batch, wasAnswered }) => !wasAnswered && batch.partition.topic.fate === 'there',
    )
    if (unanswered.length === 0) return true
    mustLive(client)
    if (transaction.run.isFenced || client.hasFailed) return false
    await sendAll(
      actor,
      transaction,
      unanswered.map((send) => () => send),
    )
    await client.machine.clock.sleep(client.random.pick([1, 20]))
  }
  return false
}

/** Asks for the end, and holds the answer against what is to be seen then. */
export async function askForEnd(
  actor: Actor,
  transaction: ModelTransaction,
  outcome: TransactionOutcome,
): Promise<void> {
  const { engine } = actor.client
  const { run, number } = transaction
  transaction.wanted = outcome
  transaction.noteAsked(outcome, 1)
  const heard = await ask(
    actor,
    run,
    { what: `transaction ${number} ends: ${outcome}`, call: () => engine.transactions.end(run.identity, outcome) },
    (code) => code === 'invalid_transaction_state' && !transaction.hasBegun,
  )
  const { hasBegun, unknownNamings } = transaction
  if (heard === 'unheard' || (!hasBegun && unknownNamings > 0 && actor.client.hasFailed)) return
  // The end of the one before was answered again.
  const isRepeated = heard === 'answered' && !hasBegun && unknownNamings === 0
  if (heard !== 'answered' || isRepeated) {
    transaction.noteAsked(outcome, -1)
    // It never began.
    if (heard === 'invalid_transaction_state' || isRepeated) run.transaction = undefined
    else if (heard === 'producer_fenced') run.isBroken = true
    else transaction.wanted = undefined
    return
  }
  transaction.answered = outcome
  run.transaction = undefined
  run.lastEnded = transaction
  // The end is synced, and what stands before it in the journal with it.
  for (const { batch } of transaction.sends)
    if (outcome === 'commit' && batch.append.fate === 'written') batch.append.fate = 'acked'
  const isShown = engine.groups.committed(run.name.group, inputPartition)?.metadata === String(number)
  if (isShown !== (outcome === 'commit') && (isShown || transaction.hasOffset))
    throw new Violation(`transaction ${number} was answered its ${outcome}; its offset counts: ${isShown}`)
}
