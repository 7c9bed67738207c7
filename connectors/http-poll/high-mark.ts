// The greatest value of the cursor over the records that were taken, and which records lie so near to it that the server
// gives them again.
//
// Through a round everything is asked for from the same value, `since`, in whatever order the pages come; the mark moves on
// at the end of the round. A record below `since` (less the overlap) was taken before. One at or above it was taken before
// if it is `known`: the records that lay there when the round began, each counted once. `near` are those that lie there
// now, for the rounds that follow.

import { present } from '../../core/errors/invariant.js'
import type { Scalar } from './body-path.js'
import { httpPollErrors } from './errors.js'
import { IdentityCounts, splitIdentities } from './identity.js'
import { earlier, type Rank, rankOf } from './rank.js'
import type { CursorSettings } from './settings.js'

/** They are written with every append. */
const mostNear = 20_000

/** A value as its record has it. */
type StoredValue = readonly [text: string, isNumber: boolean]

/** As it lies in a resume point. */
export interface StoredMark {
  /** `type:path` of the cursor that it belongs to. */
  readonly of: string
  /** From where the round asks; null before a record was seen. */
  readonly since: StoredValue | null
  /** The greatest value seen; null before a record was seen. */
  readonly greatest: StoredValue | null
  /** Values near the greatest, and the identities of their records. */
  readonly near: readonly (readonly [...StoredValue, identities: string])[]
  /** Left out when it is all of `near`: between rounds. */
  readonly known?: string
}

interface Near {
  readonly value: Scalar
  identities: string
}

export class HighMark {
  readonly #settings: CursorSettings
  #since: Scalar | undefined
  /** The rank below which records were taken before. */
  #floor: Rank | undefined
  #greatest: { readonly value: Scalar; readonly rank: Rank } | undefined
  readonly #near = new Map<Rank, Near>()
  #nearCount = 0
  #known = new IdentityCounts([])
  /** Between rounds everything near the mark is known. */
  #isRoundOpen = false

  /** Errors: http_poll_cursor_changed. */
  constructor(settings: CursorSettings, stored: StoredMark | undefined) {
    this.#settings = settings
    if (stored === undefined) return
    if (stored.of !== markOf(settings)) {
      throw httpPollErrors.make('http_poll_cursor_changed', `the cursor was ${stored.of}, and is ${markOf(settings)}`)
    }
    this.#greatest = this.#ranked(stored.greatest)
    for (const [text, isNumber, identities] of stored.near) {
      const { rank, value } = present(this.#ranked([text, isNumber]), 'a value near the mark')
      this.#near.set(rank, { value, identities })
      this.#nearCount += splitIdentities(identities).length
    }
    this.#begin(this.#ranked(stored.since))
    this.#isRoundOpen = stored.known !== undefined
    this.#known = new IdentityCounts(splitIdentities(stored.known ?? this.#nearIdentities()))
  }

  /** What the server is asked from; undefined when nothing was seen and there is no `initial`. */
  get since(): Scalar | undefined {
    const { initial, overlap } = this.#settings
    if (this.#since !== undefined) return earlier(this.#since, overlap)
    return initial === undefined ? undefined : { text: initial, isNumber: false }
  }

  /** Whether all records with such a value were taken before. */
  isBelow(rank: Rank): boolean {
    return this.#floor !== undefined && rank < this.#floor
  }

  /** Whether there is any record that a server may give again. */
  get knowsAny(): boolean {
    return !this.#known.isEmpty
  }

  /** Whether a record that is not below was taken before. Each of those that are known is counted off. */
  isKnown(identity: string): boolean {
    this.#isRoundOpen = true
    return this.#known.take(identity)
  }

  /** A record goes along with the next append. Errors: http_poll_cursor_crowded. */
  take(value: Scalar, rank: Rank, identity: string): void {
    this.#isRoundOpen = true
    if (this.#greatest === undefined || rank > this.#greatest.rank) this.#raise({ value, rank })
    if (rank < this.#lowest(present(this.#greatest, 'the greatest value').rank)) return
    const near = this.#near.get(rank)
    if (near === undefined) this.#near.set(rank, { value, identities: identity })
    else near.identities += identity
    if (++this.#nearCount <= mostNear) return
    const { path, overlap } = this.#settings
    const message = `more than ${mostNear} records lie within ${overlap} ms of ${value.text} in ${path}`
    throw httpPollErrors.make('http_poll_cursor_crowded', message)
  }

  /** The round is over: the next one asks from the greatest value. */
  endRound(): void {
    this.#isRoundOpen = false
    this.#begin(this.#greatest)
    this.#known = new IdentityCounts(splitIdentities(this.#nearIdentities()))
  }

  stored(): StoredMark {
    const near = Array.from(
      this.#near.values(),
      ({ value, identities }) => [value.text, value.isNumber, identities] as const,
    )
    return {
      of: markOf(this.#settings),
      since: storedValue(this.#since),
      greatest: storedValue(this.#greatest?.value),
      near,
      ...(this.#isRoundOpen ? { known: this.#known.joined() } : {}),
    }
  }

  #begin(at: { readonly value: Scalar; readonly rank: Rank } | undefined): void {
    this.#since = at?.value
    this.#floor = at === undefined ? undefined : this.#lowest(at.rank)
  }

  #raise(greatest: { readonly value: Scalar; readonly rank: Rank }): void {
    this.#greatest = greatest
    const lowest = this.#lowest(greatest.rank)
    for (const [rank, { identities }] of this.#near) {
      if (rank >= lowest) continue
      this.#near.delete(rank)
      this.#nearCount -= splitIdentities(identities).length
    }
  }

  #lowest(rank: Rank): Rank {
    return typeof rank === 'number' ? rank - this.#settings.overlap : rank
  }

  #nearIdentities(): string {
    return Array.from(this.#near.values(), ({ identities }) => identities).join('')
  }

  #ranked(stored: StoredValue | null): { readonly value: Scalar; readonly rank: Rank } | undefined {
    if (stored === null) return undefined
    const [text, isNumber] = stored
    const rank = present(rankOf({ text, isNumber }, this.#settings.type), `the rank of ${text}`)
    return { value: { text, isNumber }, rank }
  }
}

function markOf({ type, path }: CursorSettings): string {
  return `${type}:${path}`
}

function storedValue(value: Scalar | undefined): StoredValue | null {
  return value === undefined ? null : [value.text, value.isNumber]
}
