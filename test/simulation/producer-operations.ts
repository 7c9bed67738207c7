// What an idempotent producer does: it sends numbered batches, several at once, sends again what was not answered (in
// this life or an earlier one), and at times what was. Each batch must stand once, at the offset of each answer.

import { TailraceError } from '../../core/errors/tailrace-error.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import { entryOf, type LogClient } from './log-client.js'
import { type PartitionModel, Violation } from './log-model.js'
import { type NumberedSend, ProducerStream, windowBatches, writeProducer } from './producer-stream.js'

const producersPerPartition = 2

export async function sendNumbered(client: LogClient): Promise<void> {
  const { random } = client
  const partition = client.pickPartition()
  if (partition === undefined) return
  const stream = await pickStream(client, partition)
  if (stream === undefined || stream.busyIn === client) return
  stream.busyIn = client
  try {
    // On a topic that is acknowledged when written a loss of power took what was answered.
    const hasLost = stream.sends.some(({ batch, wasAnswered }) => wasAnswered && batch.append.fate === 'lost')
    const unanswered = stream.unanswered()
    if (hasLost || (unanswered.length === 0 && random.chance(0.05))) stream.beginEpoch()
    else if (unanswered.length > 0) return await sendAll(client, partition, unanswered.map(always))
    else if (random.chance(0.15)) await sendWrongly(client, partition, stream)
    const again = stream.sends.filter(() => random.chance(0.2)).map(always)
    // Drawn when its turn comes, since appends are numbered in the order of the calls.
    const fresh = Array.from({ length: 1 + random.below(windowBatches - 1) }, () => () => {
      const append = client.model.newAppend()
      return stream.note(client.drawBatch(append, partition, (bytes) => stream.number(bytes)))
    })
    // What is repeated must be among the last of the partition when its turn comes: so it goes first.
    await sendAll(client, partition, [...again, ...fresh])
  } finally {
    stream.busyIn = undefined
  }
}

async function pickStream(client: LogClient, partition: PartitionModel): Promise<ProducerStream | undefined> {
  const { engine, model, random } = client
  const { streams } = partition
  if (streams.length >= producersPerPartition || (streams.length > 0 && random.chance(0.7))) return random.pick(streams)
  try {
    const { producerId, epoch } = await engine.producers.allocate()
    if (epoch !== 0 || model.producerIds.has(producerId))
      throw new Violation(`producer id ${producerId} was given away before`)
    model.producerIds.add(producerId)
    const stream = new ProducerStream(producerId, random.pick([0, 0, 5, 2 ** 31 - 3]))
    streams.push(stream)
    return stream
  } catch (error) {
    if (error instanceof Violation) throw error
    client.excuse(error)
    return undefined
  }
}

function always(send: NumberedSend): () => NumberedSend {
  return () => send
}

/** Sends them in their order without waiting for answers; some of them twice. */
async function sendAll(
  client: LogClient,
  { topic }: PartitionModel,
  sends: readonly (() => NumberedSend)[],
): Promise<void> {
  const { random } = client
  const repeats = random.chance(0.7)
  const attempt = { hasRefused: false }
  const calls: Promise<void>[] = []
  for (const draw of sends) {
    if (topic.fate !== 'there') break
    const send = draw()
    calls.push(sendOne(client, send, attempt))
    if (!repeats || random.chance(0.5)) continue
    if (random.chance(0.5)) await client.machine.clock.sleep(random.fraction() * random.pick([0.1, 1]))
    if (topic.fate === 'there') calls.push(sendOne(client, send, attempt))
  }
  await Promise.all(calls)
}

/** Sends it once, whatever became of it before; `attempt` are the calls that it may have to follow. */
export async function sendOne(
  client: LogClient,
  send: NumberedSend,
  attempt: { hasRefused: boolean },
  isExpected: (error: TailraceError) => boolean = () => false,
): Promise<void> {
  const { append: before } = send.batch
  if (before.fate === 'refused' || before.fate === 'lost') {
    // Nothing came of it: it is as if it was never sent.
    send.batch = client.addBatch(client.model.newAppend(), send.batch)
  } else if (before.fate !== 'open' || before.underWay > 0) noteRepetition(send)
  const { batch } = send
  const { append, partition } = batch
  let mayNotFollow = false
  await client.attempt(
    append,
    partition.topic.isWritten,
    async () => {
      try {
        const [placed] = await client.engine.append([entryOf(batch)])
        const { baseOffset, lastOffset } = placed!
        if (lastOffset - baseOffset + 1 !== batch.records.length)
          throw new Violation(`append ${append.number} got offsets ${baseOffset} to ${lastOffset}`)
        partition.place(batch, baseOffset)
        send.wasAnswered = true
        if (partition.topic.isWritten) return
        partition.show(lastOffset + 1)
        await mustBeDurable(client, partition, lastOffset)
      } catch (error) {
        mayNotFollow = attempt.hasRefused
        attempt.hasRefused = true
        throw error
      }
    },
    // What follows a batch that was refused does not follow.
    (error) => (error.code === 'out_of_order_sequence' && mayNotFollow) || isExpected(error),
  )
}

/** What was answered is below the high watermark, whoever brought it. */
async function mustBeDurable(client: LogClient, { topic, number }: PartitionModel, offset: number): Promise<void> {
  if (topic.fate !== 'there') return
  try {
    const { highWatermark } = await client.engine.bounds({ topic: topic.name, partition: number })
    if (highWatermark <= offset) throw new Violation(`${offset} was answered, durable is ${highWatermark}`)
  } catch (error) {
    if (error instanceof Violation) throw error
    client.excuse(error)
  }
}

function noteRepetition({ batch }: NumberedSend): void {
  const { append } = batch
  if (append.fate === 'unknown') {
    append.mayBeThere = true
    append.fate = 'open'
  }
  if (batch.isRepeated || batch.baseOffset >= 0) return
  batch.isRepeated = true
  batch.partition.lostBytes += batch.bytes.length
}

/** A gap, or an epoch that a newer one has ended: refused, whatever else goes on. */
async function sendWrongly(client: LogClient, partition: PartitionModel, stream: ProducerStream): Promise<void> {
  const last = stream.sends.at(-1)
  if (last?.batch.append.fate !== 'acked' || partition.topic.fate !== 'there') return
  const isOld = stream.epoch > 0 && client.random.chance(0.5)
  const { producerId, epoch, nextSequence } = stream
  const bytes = encodeBatch([{ key: Buffer.from('wrong'), value: Buffer.from('wrong'), timestampMs: 1 }])
  const sequence = (nextSequence + 1) % 2 ** 31
  writeProducer(bytes, { producerId, epoch: isOld ? epoch - 1 : epoch, sequence })
  const expected = isOld ? 'invalid_producer_epoch' : 'out_of_order_sequence'
  const entry = { topic: partition.topic.name, partition: partition.number, batch: bytes }
  try {
    await client.engine.append([entry])
  } catch (error) {
    if (!(error instanceof TailraceError) || error.code !== expected) client.excuse(error)
    return
  }
  throw new Violation(`sequence ${sequence} of producer ${producerId} was accepted: ${expected} was due`)
}
