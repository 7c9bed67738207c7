// The sequences of idempotent producers: the last five batches of a producer in one partition, by which a repetition is
// told from a batch that follows, comes too early or too late. Pure decisions.
//
// The rules are Apache Kafka's (ProducerStateEntry, ProducerAppendInfo): a batch with epoch and both sequences of one of
// the last five is a repetition; else it must follow the last sequence, or begin a newer epoch at 0. A producer that
// the partition does not know may begin anywhere: it may have been forgotten here, and its client goes on (KIP-360).
// One rule is ours: where the first batch of such a producer is refused for want of room, what it had under way behind
// it does not begin in its place, or the first one could never be sent again.

import { baseSequenceOf, lastOffsetDeltaOf, maxTimestampOf, producerEpochOf, producerIdOf } from './batch-layout.js'

/** As many as a client may have under way at once. */
const rememberedBatches = 5
const sequenceCount = 2 ** 31

export interface ProducedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  /** -1 from the judgement until the batch is given its place. */
  baseOffset: number
}

/** Left alone once it is in a table: what was there before an append is put back by its reference. */
export interface ProducerEntry {
  readonly epoch: number
  /** Up to five, the oldest first, each following the one before; none while the first one was refused and is awaited. */
  readonly batches: readonly ProducedBatch[]
  readonly nextSequence: number
  /** The largest in its last batch; a topic that keeps the time of the append sets it with the batch's place. */
  lastTimestampMs: number
  /** When it wrote last, by the clock that does not jump. */
  readonly activeAtMs: number
}

/** What the header of a batch says of its producer. */
export interface SequencedBatch {
  readonly producerId: number
  readonly epoch: number
  readonly firstSequence: number
  readonly lastSequence: number
  readonly timestampMs: number
}

export type Judgement =
  | { readonly kind: 'follows' }
  | { readonly kind: 'repeats'; readonly batch: ProducedBatch }
  | { readonly kind: 'old-epoch'; readonly epoch: number }
  | { readonly kind: 'out-of-order'; readonly expected: number }

/** What a batch is to a producer of which the entry is known, or nothing. */
export function judge(entry: ProducerEntry | undefined, batch: SequencedBatch): Judgement {
  if (entry === undefined) return follows
  const { epoch, firstSequence, lastSequence } = batch
  if (epoch < entry.epoch) return { kind: 'old-epoch', epoch: entry.epoch }
  if (epoch > entry.epoch) return firstSequence === 0 ? follows : { kind: 'out-of-order', expected: 0 }
  for (const known of entry.batches) {
    if (known.firstSequence === firstSequence && known.lastSequence === lastSequence)
      return { kind: 'repeats', batch: known }
  }
  const expected = entry.nextSequence
  return firstSequence === expected ? follows : { kind: 'out-of-order', expected }
}

const follows: Judgement = { kind: 'follows' }

/** The entry once the batch is appended; also where no judgement was made, because it once had been: in a replay. */
export function entryWith(
  entry: ProducerEntry | undefined,
  batch: SequencedBatch,
  place: { readonly baseOffset: number; readonly nowMs: number },
): ProducerEntry {
  const { epoch, firstSequence, lastSequence, timestampMs } = batch
  const produced = { firstSequence, lastSequence, baseOffset: place.baseOffset }
  const goesOn = entry !== undefined && entry.epoch === epoch && entry.nextSequence === firstSequence
  const batches = goesOn ? [...entry.batches.slice(1 - rememberedBatches), produced] : [produced]
  const nextSequence = sequenceBehind(lastSequence)
  return { epoch, batches, nextSequence, lastTimestampMs: timestampMs, activeAtMs: place.nowMs }
}

/** The entry of a producer that was not known, once its first batch is refused. */
export function entryAwaiting({ epoch, firstSequence }: SequencedBatch, nowMs: number): ProducerEntry {
  return { epoch, batches: [], nextSequence: firstSequence, lastTimestampMs: -1, activeAtMs: nowMs }
}

/** The offset of the batch's last record: each record has a sequence and an offset. */
export function lastOffsetOfProduced({ firstSequence, lastSequence, baseOffset }: ProducedBatch): number {
  return baseOffset + ((lastSequence - firstSequence + sequenceCount) % sequenceCount)
}

/** Behind 2^31 - 1 comes 0. */
export function sequenceBehind(sequence: number): number {
  return (sequence + 1) % sequenceCount
}

/** Reads the header of the batch at `at`, which has a producer id. */
export function sequencedBatchAt(bytes: Uint8Array, at: number): SequencedBatch {
  const firstSequence = baseSequenceOf(bytes, at)
  return {
    producerId: producerIdOf(bytes, at),
    epoch: producerEpochOf(bytes, at),
    firstSequence,
    lastSequence: (firstSequence + lastOffsetDeltaOf(bytes, at)) % sequenceCount,
    timestampMs: maxTimestampOf(bytes, at),
  }
}
