// Finds what repeats, for lz4, and repeats it, for all of the family. Greedy, by a table of the last place where four
// bytes with a hash stood; ever longer steps where nothing repeats, so that what cannot be compressed costs little.

const hashBits = 14
const hashMultiplier = 0x9e3779b1
const leastMatchBytes = 4
/** After 64 misses the steps become two bytes long, after 128 three, and so on. */
const missesPerStep = 6

/** Both formats write a distance in sixteen bits. */
const mostDistance = 65_535

export interface MatchLimits {
  /** No match begins behind this place. */
  readonly lastStart: number
  /** No match reaches beyond this place. */
  readonly end: number
}

export class MatchFinder {
  matchStart = 0
  matchBytes = 0
  /** How far back the same bytes stand, 1 to 65,535. */
  distance = 0

  readonly #bytes: Uint8Array
  readonly #limits: MatchLimits
  /** Place + 1 by hash; 0 is none. */
  readonly #places = new Int32Array(1 << hashBits)

  constructor(bytes: Uint8Array, limits: MatchLimits) {
    this.#bytes = bytes
    this.#limits = limits
  }

  /** Looks for the first match at `from` or behind; false when there is none. `from` only grows. */
  find(from: number): boolean {
    const bytes = this.#bytes
    const places = this.#places
    const { lastStart } = this.#limits
    let misses = 1 << missesPerStep
    for (let at = from; at <= lastStart; at += misses++ >> missesPerStep) {
      const word = wordAt(bytes, at)
      const slot = Math.imul(word, hashMultiplier) >>> (32 - hashBits)
      const candidate = places[slot]! - 1
      places[slot] = at + 1
      if (candidate < 0 || at - candidate > mostDistance || wordAt(bytes, candidate) !== word) continue
      this.matchStart = at
      this.distance = at - candidate
      this.matchBytes = this.#extent(at, candidate)
      return true
    }
    return false
  }

  #extent(at: number, candidate: number): number {
    const bytes = this.#bytes
    const { end } = this.#limits
    let count = leastMatchBytes
    while (at + count < end && bytes[at + count] === bytes[candidate + count]) count++
    return count
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/**
 * Repeats the `count` bytes that stand `distance` before `at`, as decoders of the whole family do: the ranges overlap
 * where the distance is the shorter, and then the pattern goes on. The caller has made room and checked the distance.
 */
// oxlint-disable-next-line max-params -- called for each match: an object per call would cost more than the copy
export function repeatBytes(target: Uint8Array, at: number, distance: number, count: number): void {
  const from = at - distance
  if (distance >= count && count >= 32) {
    target.copyWithin(at, from, from + count)
    return
  }
  if (distance === 1) {
    target.fill(target[from]!, at, at + count)
    return
  }
  for (let place = 0; place < count; place++) target[at + place] = target[from + place]!
}
