// The keys of requests that were taken, so that a request that comes again is answered and not taken twice.
//
// Under `key/HASH` of the source's state stands `[timeMs, bodyHash, recordCount, deadLetterCount]`, put in the very
// append that holds the records. Both hashes are the first 128 bits of a SHA-256, in base64url; the key itself is not
// kept. The places of the records are known behind the append only: they are remembered as long as the process lives.
//
// A key is never forgotten early: with as many as there may be, and none of them old, requests are refused. One that is
// over leaves the state with a later append; its removal and its next use are appended in the order they are decided in.

import { createHash } from 'node:crypto'
import type { ConnectorState, Json } from '../../core/connector/context.js'
import { invariant } from '../../core/errors/invariant.js'
import { httpErrors } from './errors.js'
import type { TakenRequest } from './protocol.js'

export interface WindowLimits {
  readonly windowMs: number
  readonly maxKeys: number
}

export interface KeyedRequest {
  readonly keyHash: string
  readonly bodyHash: string
  /** When it came; wall clock. */
  readonly timeMs: number
}

/** Puts a request into one append, together with what the window wants to remember with it. */
export type Take = (
  changesWith: (counts: Pick<TakenRequest, 'recordCount' | 'deadLetterCount'>) => ReadonlyMap<string, Json | undefined>,
) => Promise<TakenRequest>

export interface OnceTaken {
  readonly taken: TakenRequest
  readonly isRepeated: boolean
}

interface Remembered extends TakenRequest {
  readonly timeMs: number
  readonly bodyHash: string
}

interface UnderWay {
  readonly bodyHash: string
  /** Resolves when it is decided, however. */
  readonly settled: Promise<void>
}

const prefix = 'key/'

/** An append carries a few of those that are over, so that none of them grows with what came an hour ago. */
const mostLeavingAtOnce = 64

/** Who is refused for want of room may try sooner than the oldest key is over: the file may have changed. */
const mostRetryAfterMs = 60_000

export class IdempotencyWindow {
  readonly #limits: WindowLimits
  /** In the order they were taken, so that the oldest is the first. */
  readonly #remembered = new Map<string, Remembered>()
  readonly #underWay = new Map<string, UnderWay>()
  /** Over, and still in the state. */
  readonly #leaving = new Set<string>()

  constructor(limits: WindowLimits) {
    this.#limits = limits
  }

  get keyCount(): number {
    return this.#remembered.size
  }

  /** Takes over what an earlier run remembered. */
  load(state: ConnectorState): void {
    const found = state.entries(prefix).map(([key, value]) => [key.slice(prefix.length), decode(value)] as const)
    for (const [hash, entry] of found.sort(([, a], [, b]) => a.timeMs - b.timeMs)) this.#remembered.set(hash, entry)
  }

  /**
   * What became of the request when it came before, waiting for that while it is under way; else what `take` gives.
   * Errors: idempotency_key_reused, idempotency_window_full, and those of `take`, after which the key is free again.
   */
  async once(request: KeyedRequest, take: Take): Promise<OnceTaken> {
    const { keyHash, bodyHash, timeMs } = request
    for (;;) {
      const before = this.#remembered.get(keyHash)
      if (before !== undefined && !this.#isOver(before, timeMs)) {
        checkBody(before.bodyHash, bodyHash)
        return { taken: before, isRepeated: true }
      }
      const twin = this.#underWay.get(keyHash)
      if (twin === undefined) return { taken: await this.#takeFirst(request, take), isRepeated: false }
      checkBody(twin.bodyHash, bodyHash)
      await twin.settled
    }
  }

  async #takeFirst({ keyHash, bodyHash, timeMs }: KeyedRequest, take: Take): Promise<TakenRequest> {
    this.#expire(timeMs)
    this.#checkRoom(timeMs)
    let settle: () => void = () => undefined
    const settled = new Promise<void>((resolve) => (settle = resolve))
    this.#underWay.set(keyHash, { bodyHash, settled })
    let left: readonly string[] = []
    try {
      const taken = await take(({ recordCount, deadLetterCount }) => {
        this.#leaving.delete(keyHash)
        left = this.#takeLeaving()
        const changes = new Map<string, Json | undefined>(left.map((hash) => [`${prefix}${hash}`, undefined]))
        return changes.set(`${prefix}${keyHash}`, [timeMs, bodyHash, recordCount, deadLetterCount])
      })
      left = []
      this.#remembered.set(keyHash, { ...taken, timeMs, bodyHash })
      return taken
    } finally {
      // Of an append that was refused: they are still there, unless they were taken again meanwhile.
      for (const hash of left) if (!this.#remembered.has(hash) && !this.#underWay.has(hash)) this.#leaving.add(hash)
      this.#underWay.delete(keyHash)
      settle()
    }
  }

  #takeLeaving(): readonly string[] {
    const left: string[] = []
    for (const hash of this.#leaving) {
      if (left.length === mostLeavingAtOnce) break
      this.#leaving.delete(hash)
      left.push(hash)
    }
    return left
  }

  #expire(nowMs: number): void {
    for (const [hash, entry] of this.#remembered) {
      if (!this.#isOver(entry, nowMs)) return
      this.#remembered.delete(hash)
      this.#leaving.add(hash)
    }
  }

  #isOver({ timeMs }: Remembered, nowMs: number): boolean {
    return nowMs - timeMs > this.#limits.windowMs
  }

  #checkRoom(nowMs: number): void {
    const { maxKeys, windowMs } = this.#limits
    if (this.#remembered.size + this.#underWay.size < maxKeys) return
    const [oldest] = this.#remembered.values()
    const leftMs = oldest === undefined ? 0 : oldest.timeMs + windowMs - nowMs
    throw httpErrors.make('idempotency_window_full', `${maxKeys} keys are remembered, and none is old enough`, {
      details: { maxKeys, retryAfterMs: Math.min(Math.max(leftMs, 0), mostRetryAfterMs) },
    })
  }
}

/** How a key, or a body, is remembered. */
export function shortHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest().subarray(0, 16).toString('base64url')
}

function checkBody(before: string, now: string): void {
  if (before === now) return
  throw httpErrors.make('idempotency_key_reused', 'the idempotency key came before with another body')
}

function decode(value: Json): Remembered {
  const [timeMs, bodyHash, recordCount, deadLetterCount] = Array.isArray(value) ? (value as readonly Json[]) : []
  const isWhole = typeof timeMs === 'number' && typeof bodyHash === 'string' && typeof recordCount === 'number'
  invariant(isWhole && typeof deadLetterCount === 'number', 'what stands under an idempotency key is none of ours')
  return { timeMs, bodyHash, recordCount, deadLetterCount, ranges: [] }
}
