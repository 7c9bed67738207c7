// Kills a process at a step of its work with a store, and has the store fail it in small ways besides. A step is a request:
// the sender dies before it takes effect, when it has taken effect and nobody was told, or around its answer.

import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import type { Action } from '../support/s3/s3-answer.js'
import type { Asked, Interception, S3Server } from '../support/s3/s3-server.js'

type StrikeFate = 'before' | 'unanswered' | 'answered'

interface S3Strike {
  readonly action: Action
  readonly fate: StrikeFate
  /** Which request of that action, from one. */
  readonly turn: number
}

/** Before the plan (HEAD comes first), between spool and upload, amid the parts, and around the end of an object. */
const steps: Readonly<Record<'whole' | 'parts', readonly Action[]>> = {
  whole: ['HeadObject', 'PutObject', 'PutObject', 'ListMultipartUploads'],
  parts: ['HeadObject', 'CreateMultipartUpload', 'UploadPart', 'UploadPart', 'CompleteMultipartUpload'],
}

const passingFailures: readonly Interception[] = [
  { what: 'refuse', status: 503, code: 'SlowDown' },
  { what: 'refuse', status: 500, code: 'InternalError' },
  { what: 'cut', when: 'amid-body' },
  { what: 'cut', when: 'after' },
  { what: 'delay', ms: 20 },
]
const failureChance = 0.03
/** Of a sender that dies around an answer: what it does with it takes about so long. */
const mostAroundMs = 6

export class S3Strikes {
  readonly #server: S3Server
  readonly #random: SeededRandom
  readonly struck = new Map<string, number>()
  #strike: S3Strike | undefined
  #turns = 0
  #kill: () => Promise<unknown> = () => Promise.resolve()

  constructor(server: S3Server, random: SeededRandom) {
    this.#server = server
    this.#random = random
    server.intercept = (asked) => this.#intercept(asked)
  }

  /** Strikes once, by `kill`, at a step that it chooses of those on the way to an object that is put whole or in parts. */
  arm(way: 'whole' | 'parts', kill: () => Promise<unknown>): void {
    const fates: readonly StrikeFate[] = ['before', 'unanswered', 'answered']
    const action = this.#random.pick(steps[way])
    const turn = action === 'UploadPart' ? 1 + this.#random.below(2) : 1
    this.#strike = { action, fate: this.#random.pick(fates), turn }
    this.#turns = 0
    this.#kill = kill
  }

  disarm(): void {
    this.#strike = undefined
  }

  async #intercept({ action, key }: Asked): Promise<Interception | undefined> {
    const strike = this.#strike
    const isStep = action === strike?.action && !key.includes('.tailrace/')
    if (strike === undefined || !isStep || ++this.#turns < strike.turn) return this.#passingFailure(action)
    this.#strike = undefined
    const name = `${strike.action} ${strike.fate}`
    this.struck.set(name, (this.struck.get(name) ?? 0) + 1)
    const kill = this.#kill
    if (strike.fate === 'before') {
      await kill()
      return { what: 'cut', when: 'before' }
    }
    // The request is whole here when its sender dies, and takes effect.
    if (strike.fate === 'unanswered') return { what: 'hold', until: async () => void (await kill()) }
    void sleep(this.#random.below(mostAroundMs)).then(kill)
    return undefined
  }

  #passingFailure(action: Action): Interception | undefined {
    if (!this.#random.chance(failureChance)) return undefined
    const isCompletion = action === 'CompleteMultipartUpload'
    if (isCompletion && this.#random.chance(0.5)) return { what: 'error-in-200', code: 'InternalError' }
    return this.#random.pick(passingFailures)
  }

  /** Nothing strikes and fails any more. */
  end(): void {
    this.#server.intercept = undefined
  }
}
