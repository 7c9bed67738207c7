// Which partition a record goes to: by its key, as Kafka's Java client, kafkajs and most others do (murmur2), or to
// one partition for a while when it has none.

const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/** MurmurHash2 with Kafka's seed, as a signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  const wholeWords = length & ~3
  let hash = seed ^ length
  for (let at = 0; at < wholeWords; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }
  const rest = length - wholeWords
  if (rest === 3) hash ^= bytes[wholeWords + 2]! << 16
  if (rest >= 2) hash ^= bytes[wholeWords + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes[wholeWords]!, multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/** The partition, from 0 to `partitions` - 1, where every record with this key goes while their number stays. */
export function partitionForKey(key: Uint8Array, partitions: number): number {
  return partitionForHash(murmur2(key), partitions)
}

/** The partition of the keys with this murmur2. */
export function partitionForHash(hash: number, partitions: number): number {
  return (hash & 0x7fffffff) % partitions
}

/** For records without a key: one partition per batch, since full batches beat evenly spread single records. */
export class StickyPartitioner {
  private choice = 0

  /** The present choice, among `partitions`. */
  pick(partitions: number): number {
    return this.choice % partitions
  }

  /** Chooses anew, when a batch is finished. */
  rotate(random: { fraction(): number }): void {
    this.choice = Math.floor(random.fraction() * 0x7fffffff)
  }
}
