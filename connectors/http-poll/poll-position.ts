// Where a source is in its round: the page that is due, and what is known of it and of the page before.

import type { HighMark } from './high-mark.js'
import type { PageAt } from './page-request.js'
import { type KnownAnswer, meaningOf, type PollPoint } from './poll-point.js'
import type { HttpPollSettings } from './settings.js'

export class PollPosition {
  /** The page that is due. */
  at: PageAt
  /** Identities of its records that are in the log. */
  taken = ''
  /** Identities of the records of the page before, when they have ids. */
  previous = ''
  /** What the answer to it was known by. */
  answer: KnownAnswer | undefined
  readonly #meaning: string
  #lastText = ''

  /** Under other settings than those of `stored` a round begins. */
  constructor(settings: HttpPollSettings, stored: PollPoint | undefined) {
    this.#meaning = meaningOf(settings)
    if (stored?.of !== this.#meaning) return
    this.at = stored.at
    this.taken = stored.taken ?? ''
    this.previous = stored.previous ?? ''
    this.answer = stored.answer
  }

  /** Whether it is another place than the beginning of a round. */
  get isUnderWay(): boolean {
    return this.at !== undefined || this.taken !== ''
  }

  /** The first page of a round is due. */
  restart(): void {
    this.at = undefined
    this.taken = ''
    this.previous = ''
  }

  /** What is to be remembered; undefined when that is the same as last time. */
  changed(mark: HighMark | undefined, taken: string = this.taken): PollPoint | undefined {
    const { at, previous, answer } = this
    const point: PollPoint = {
      of: this.#meaning,
      ...(at === undefined ? {} : { at }),
      ...(taken === '' ? {} : { taken }),
      ...(previous === '' ? {} : { previous }),
      ...(mark === undefined ? {} : { mark: mark.stored() }),
      ...(answer === undefined ? {} : { answer }),
    }
    const text = JSON.stringify(point)
    if (text === this.#lastText) return undefined
    this.#lastText = text
    return point
  }
}
