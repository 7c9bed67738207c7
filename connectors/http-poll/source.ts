// The source of type `http-poll`: asks a server again and again, and makes records of what is new.
//
// One request is under way at a time, beside the reading: `read` never waits for the network. A page is looked at whole
// before its first record is taken. Its records and where to go on are one atomic append; of a page that does not fit into
// one append, each carries what was taken of the page so far. So after a crash a page is in the log, or it is asked for again
// and what was taken of it is passed over.

import type { AddressGuard } from '../../core/connector/outgoing.js'
import type { Json, SourceContext } from '../../core/connector/context.js'
import type { RecordWriter, Source } from '../../core/connector/source.js'
import { present } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { answerFailure } from './answer-failure.js'
import { httpPollErrors } from './errors.js'
import { HighMark } from './high-mark.js'
import { following } from './pagination.js'
import { type PageAt, pageRequest, type PageRequest } from './page-request.js'
import { noRecords, PageReader } from './page-records.js'
import { type Answer, bringsRecords, PollClient, type Validator } from './poll-client.js'
import { pauseKey, pointKey, readPause, readPoint } from './poll-point.js'
import { PollPosition } from './poll-position.js'
import { PollSchedule } from './poll-schedule.js'
import { policyOf, type HttpPollSettings } from './settings.js'
import { TakenPage } from './taken-page.js'
import { validatorOf } from './validator.js'

/** Pages of one round whose places are remembered, to find out that they go round in a circle. */
const mostVisited = 100_000

export function create(settings: HttpPollSettings): Source {
  return new HttpPollSource(settings)
}

interface Opened {
  readonly context: SourceContext
  readonly guard: AddressGuard
  readonly client: PollClient
  readonly schedule: PollSchedule
  readonly mark: HighMark | undefined
  readonly position: PollPosition
}

/** A request under way. */
interface Asked {
  readonly request: PageRequest
  readonly validator: Validator | undefined
  /** Never rejects: the outcome is looked at when it is its turn. */
  readonly settled: Promise<void>
  outcome: Answer | Error | undefined
}

class HttpPollSource implements Source {
  readonly #settings: HttpPollSettings
  readonly #reader: PageReader
  readonly #ending = new AbortController()
  #opened: Opened | undefined
  #isMidRound = false
  #pageCount = 0
  readonly #visited = new Set<string>()
  #asked: Asked | undefined
  #page: TakenPage | undefined
  #isPauseRemembered = false
  #isFailing = false

  constructor(settings: HttpPollSettings) {
    this.#settings = settings
    this.#reader = new PageReader(settings)
  }

  async open(context: SourceContext): Promise<void> {
    const { clock, random, state } = context
    const settings = this.#settings
    const guard = context.outgoing.guard(policyOf(settings))
    const client = new PollClient(settings, guard, clock)
    const point = readPoint(state.get(pointKey))
    const mark = settings.cursor === undefined ? undefined : new HighMark(settings.cursor, point?.mark)
    const schedule = new PollSchedule(settings, clock, random)
    const position = new PollPosition(settings, point)
    this.#isMidRound = position.isUnderWay && settings.pagination?.keep !== true
    if (!settings.startAtOnce && !this.#isMidRound) schedule.endRound()
    const pause = readPause(state.get(pauseKey))
    if (pause !== undefined) schedule.pause(pause.untilMs - clock.now())
    this.#isPauseRemembered = pause !== undefined
    this.#opened = { context, guard, client, schedule, mark, position }
  }

  async read(into: RecordWriter): Promise<'more' | 'idle'> {
    const page = this.#page ?? this.#arrived(into)
    if (page === undefined) {
      this.#askWhenDue(into)
      return 'idle'
    }
    this.#page = page
    if (!this.#deliver(page, into)) return 'more'
    this.#page = undefined
    this.#conclude(page, into)
    return 'more'
  }

  async wake(signal: AbortSignal): Promise<void> {
    const { context, schedule } = this.#parts()
    if (this.#asked === undefined) return context.clock.sleep(schedule.waitMs, signal)
    const { settled } = this.#asked
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      void settled.then(resolve)
    })
  }

  async acknowledge(): Promise<void> {}

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#opened?.client.close()
    await this.#asked?.settled
  }

  #askWhenDue(into: RecordWriter): void {
    const { guard, client, schedule, mark, position } = this.#parts()
    if (this.#asked !== undefined || schedule.waitMs > 0) return
    if (!this.#isMidRound) schedule.beginRound()
    let request: PageRequest
    try {
      request = pageRequest(this.#settings, position.at, mark?.since, guard)
    } catch (error) {
      this.#fail(error, undefined, into)
      return
    }
    const answer = position.answer?.of === request.digest ? position.answer : undefined
    const validator = this.#settings.conditional ? answer : undefined
    const keep = (outcome: Answer | Error): void => {
      asked.outcome = outcome
    }
    const settled = client.send(request, validator, this.#ending.signal).then(keep, keep)
    const asked: Asked = { request, validator, settled, outcome: undefined }
    this.#asked = asked
  }

  /** The page that an answer brought; undefined when none is there, or the answer brought none. */
  #arrived(into: RecordWriter): TakenPage | undefined {
    const asked = this.#asked
    if (asked?.outcome === undefined) return undefined
    this.#asked = undefined
    try {
      if (asked.outcome instanceof Error) throw asked.outcome
      return this.#accept(asked, asked.outcome, into)
    } catch (error) {
      this.#fail(error, undefined, into)
      return undefined
    }
  }

  /** Errors: those of the body, of its records and of its links. */
  #accept({ request, validator }: Asked, answer: Answer, into: RecordWriter): TakenPage | undefined {
    const { context, schedule, mark, position } = this.#parts()
    const { at } = position
    const { status, headers, body } = answer
    const receivedMs = context.clock.now()
    if (status === 304 && validator !== undefined) {
      this.#recover(into)
      this.#count('unchanged')
      schedule.endRound()
      return undefined
    }
    if (!bringsRecords(status) && status !== 204) {
      const isNamedPage = at !== undefined && !('number' in at)
      const { error, retryAfterMs } = answerFailure(answer, receivedMs, isNamedPage)
      if (!this.#restartsBehind(error)) this.#fail(error, retryAfterMs, into)
      return undefined
    }
    const records = status === 204 ? noRecords : this.#reader.read(body)
    const next = following(this.#settings, { at, url: request.url, headers, records }, this.#reader)
    if (!next.isRoundOver) this.#visit(at, next.at)
    this.#recover(into)
    this.#count('records')
    // What is remembered of a page that is not over must not say that all of it is there.
    position.answer = undefined
    const known = next.isRoundOver ? validatorOf(headers) : undefined
    return new TakenPage({
      records,
      following: next,
      answer: known === undefined ? undefined : { of: request.digest, ...known },
      mark,
      taken: position.taken,
      previous: position.previous,
      receivedMs,
    })
  }

  /** Errors: http_poll_pages_circle. */
  #visit(at: PageAt, next: PageAt): void {
    const visited = this.#visited
    if (visited.size < mostVisited) visited.add(placeOf(at))
    if (!visited.has(placeOf(next))) return
    const message = `page ${this.#pageCount + 1} of a round leads to one that was read before`
    throw httpPollErrors.make('http_poll_pages_circle', message)
  }

  /** False when the writer is full. */
  #deliver(page: TakenPage, into: RecordWriter): boolean {
    for (let record = page.due(); record !== undefined; record = page.due()) {
      const { fault } = page
      const isTaken =
        fault === undefined ? into.append(record) : into.deadLetter(record, 'http_poll_record_invalid', fault)
      if (!isTaken) {
        this.#remember(into, page.takenSoFar())
        return false
      }
      page.take()
    }
    return true
  }

  /** The page is over: where to go on. */
  #conclude(page: TakenPage, into: RecordWriter): void {
    const { schedule, mark, position } = this.#parts()
    const { at, isRoundOver, staysHere } = page.following
    position.at = at
    position.answer = page.answer
    position.taken = staysHere ? page.allIdentities() : ''
    position.previous = isRoundOver || this.#settings.id === undefined ? '' : page.allIdentities()
    this.#pageCount++
    if (isRoundOver) {
      mark?.endRound()
      this.#visited.clear()
    }
    this.#isMidRound = !isRoundOver
    const isRoundFull = this.#pageCount >= (this.#settings.pagination?.maxPages ?? 1)
    if (isRoundOver || isRoundFull) {
      this.#pageCount = 0
      this.#isMidRound = false
      schedule.endRound()
    } else schedule.goOn()
    this.#remember(into)
  }

  /** `taken` in place of what is known of the page that is due. */
  #remember(into: RecordWriter, taken?: string): void {
    const { mark, position } = this.#parts()
    const point = position.changed(mark, taken)
    if (point !== undefined) into.remember(pointKey, point as unknown as Json)
  }

  /** An expired page, where the settings say so: the next round begins at its first page. */
  #restartsBehind(error: TailraceError): boolean {
    const isExpired = httpPollErrors.is(error, 'http_poll_page_expired')
    if (!isExpired || this.#settings.pagination?.expired !== 'restart') return false
    const { context, schedule, position } = this.#parts()
    this.#count('failed')
    context.logger.warn('a round begins again, as the server no longer knows its next page', { error })
    position.restart()
    this.#isMidRound = false
    this.#visited.clear()
    schedule.endRound()
    return true
  }

  /** Waits, and says so; anything but an error of the product goes on to the caller. */
  #fail(error: unknown, retryAfterMs: number | undefined, into: RecordWriter): void {
    if (!(error instanceof TailraceError)) throw error
    const { context, schedule } = this.#parts()
    this.#count('failed')
    const waitMs = schedule.fail(retryAfterMs)
    if (retryAfterMs !== undefined) {
      const pause = { untilMs: context.clock.now() + waitMs, why: error.message }
      into.remember(pauseKey, pause)
      this.#isPauseRemembered = true
    }
    context.waits(error)
    if (!this.#isFailing) context.logger.warn('a server is not polled until a wait is over', { error, waitMs })
    this.#isFailing = true
  }

  #recover(into: RecordWriter): void {
    const { context, schedule } = this.#parts()
    schedule.succeed()
    if (this.#isPauseRemembered) into.remember(pauseKey, undefined)
    this.#isPauseRemembered = false
    if (!this.#isFailing) return
    this.#isFailing = false
    context.waits(undefined)
    context.logger.info('a server answers again as it should')
  }

  #count(outcome: 'records' | 'unchanged' | 'failed'): void {
    const { pipeline, connector: source, metrics } = this.#parts().context
    metrics.count('tailrace_http_poll_requests_total', { pipeline, source, outcome })
  }

  #parts(): Opened {
    return present(this.#opened, 'an http-poll source that was opened')
  }
}

function placeOf(at: PageAt): string {
  return JSON.stringify(at ?? null)
}
