// The events of a queue in Redis: the stream PREFIX:QUEUE:events, to which BullMQ adds and which it trims.
//
// A place is {id, number}: the last entry that was read, and how many the stream ever had up to it. Each look takes the
// stream's own count (Redis 7: entries-added) and its entries in one transaction. When the entry of the place is still
// there nothing behind it was trimmed; when it is not, the counts tell how many were.

import { Redis } from 'ioredis'
import type { Json } from '../../core/connector/context.js'
import { invariant, present } from '../../core/errors/invariant.js'
import { queueProblem, redisOptions } from '../clients/bullmq/queue-link.js'
import {
  type EventPage,
  type EventStream,
  type JobEvent,
  jobBytes,
  type Loss,
  mostEvents,
  mostJobsAtOnce,
  pageBytes,
  type StoredJob,
} from './event-stream.js'
import type { BullmqSourceSettings } from './settings.js'

interface Place {
  readonly id: string
  readonly number: number
}

/** What one look found. */
interface Look {
  /** Ever added; undefined before Redis 7, which does not count. */
  readonly addedCount: number | undefined
  readonly length: number
  readonly lastId: string
  /** From the entry of the place on, which is among them if it is still there. */
  readonly entries: readonly Entry[]
}

type Entry = readonly [id: string, fields: readonly string[]]
type Answers = readonly (readonly [error: Error | null, answer: unknown])[]

const origin: Place = { id: '0-0', number: 0 }
const jobFields = [
  'name',
  'data',
  'returnvalue',
  'failedReason',
  'stacktrace',
  'timestamp',
  'processedOn',
  'finishedOn',
  'delay',
  'priority',
  'atm',
] as const

export class RedisEvents implements EventStream {
  readonly name: string
  private readonly settings: BullmqSourceSettings
  private readonly redis: Redis
  private readonly key: string

  /** `failed` hears what happens to the connection between calls; it is not made again, the next call fails. */
  constructor(settings: BullmqSourceSettings, failed: (error: Error) => void) {
    this.settings = settings
    this.key = `${settings.prefix}:${settings.queue}`
    this.name = `redis ${this.key}`
    const { url, ...options } = redisOptions(settings, () => null)
    this.redis = new Redis(url, { ...options, lazyConnect: true })
    this.redis.on('error', failed)
  }

  async first(start: 'earliest' | 'latest'): Promise<Json> {
    const { addedCount, length, lastId } = await this.asked(() => this.look(origin.id))
    const place = start === 'latest' ? { id: lastId, number: addedCount ?? length } : removedPlace(addedCount, length)
    return toJson(place)
  }

  async page(from: Json): Promise<EventPage> {
    const place = from as unknown as Place
    invariant(typeof place.id === 'string' && Number.isSafeInteger(place.number), 'a place in a stream is one of ours')
    return this.asked(async () => {
      const found = await this.look(place.id)
      const { at, unread, loss } = settle(place, found)
      const events = await this.eventsOf(at, unread)
      const whole: Place = { id: unread.at(-1)?.[0] ?? at.id, number: at.number + unread.length }
      const isSame = whole.id === place.id && whole.number === place.number
      const { taken, isCut } = events
      return {
        events: taken,
        behind: isCut ? present(taken.at(-1), 'the job that filled a page').behind : isSame ? from : toJson(whole),
        isLast: !isCut && found.entries.length < mostEvents,
        loss,
      }
    })
  }

  async close(): Promise<void> {
    this.redis.disconnect()
  }

  private async asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (this.redis.status === 'wait') await this.redis.connect()
      return await work()
    } catch (error) {
      throw queueProblem(error, `reading events of the queue ${this.settings.queue}`)
    }
  }

  private async look(fromId: string): Promise<Look> {
    const stream = `${this.key}:events`
    const answers = (await this.redis
      .multi()
      .xinfo('STREAM', stream)
      .xrange(stream, fromId, '+', 'COUNT', mostEvents)
      .exec()) as Answers | null
    const [[problem, told] = [null, null], [rangeProblem, range] = [null, []]] = answers ?? []
    if (rangeProblem !== null) throw rangeProblem
    if (problem !== null) {
      if (!problem.message.includes('no such key')) throw problem
      return { addedCount: 0, length: 0, lastId: origin.id, entries: [] }
    }
    const facts = new Map<string, unknown>()
    const list = told as readonly unknown[]
    for (let at = 0; at + 1 < list.length; at += 2) facts.set(String(list[at]), list[at + 1])
    const added = facts.get('entries-added')
    return {
      addedCount: added === undefined ? undefined : Number(added),
      length: Number(facts.get('length')),
      lastId: String(facts.get('last-generated-id')),
      entries: range as readonly Entry[],
    }
  }

  /** The jobs of the entries that are taken, until they fill a page. */
  private async eventsOf(at: Place, unread: readonly Entry[]): Promise<{ taken: readonly JobEvent[]; isCut: boolean }> {
    const wanted = unread
      .map(([id, list], index) => ({ id, number: at.number + index + 1, fields: fieldsOf(list) }))
      .filter(({ fields }) => (this.settings.take as readonly string[]).includes(fields.get('event') ?? ''))
    const taken: JobEvent[] = []
    let bytes = 0
    for (let first = 0; first < wanted.length; first += mostJobsAtOnce) {
      const some = wanted.slice(first, first + mostJobsAtOnce)
      const jobs = await this.jobsOf(some.map(({ fields }) => fields.get('jobId') ?? ''))
      for (const [index, { id, number, fields }] of some.entries()) {
        const job = jobs[index]
        taken.push({
          event: fields.get('event') ?? '',
          jobId: fields.get('jobId') ?? '',
          timestampMs: Number(id.split('-')[0]),
          outcome: fields.get('returnvalue') ?? fields.get('failedReason'),
          job,
          behind: toJson({ id, number }),
        })
        bytes += job === undefined ? 0 : jobBytes(job)
      }
      if (bytes >= pageBytes) return { taken, isCut: taken.length < wanted.length }
    }
    return { taken, isCut: false }
  }

  private async jobsOf(ids: readonly string[]): Promise<readonly (StoredJob | undefined)[]> {
    const pipeline = this.redis.pipeline()
    for (const id of ids) pipeline.hmget(`${this.key}:${id}`, ...jobFields)
    const answers = ((await pipeline.exec()) ?? []) as Answers
    return answers.map(([error, answer]) => {
      if (error !== null) throw error
      return storedJob(answer as readonly (string | null)[])
    })
  }
}

function toJson({ id, number }: Place): Json {
  return { id, number }
}

/** The place before the oldest entry that is there. */
function removedPlace(addedCount: number | undefined, length: number): Place {
  return { id: origin.id, number: addedCount === undefined ? 0 : addedCount - length }
}

/** Where to go on, held against the stream as it is now. */
export function settle(place: Place, found: Look): { at: Place; unread: readonly Entry[]; loss: Loss | undefined } {
  const { addedCount, length, lastId, entries } = found
  const [head] = entries
  if (place.id === origin.id) {
    const removed = addedCount === undefined ? place.number : addedCount - length
    // Nothing was read yet: only what was trimmed since the first look is missing.
    const goneCount = removed - place.number
    const at = { id: origin.id, number: removed }
    return { at, unread: entries, loss: goneCount > 0 ? gone(place, head, goneCount) : undefined }
  }
  if (head?.[0] === place.id) return { at: place, unread: entries.slice(1), loss: undefined }
  if (isBefore(lastId, place.id)) {
    const at = { id: lastId, number: addedCount ?? length }
    return { at, unread: [], loss: { ...gone(place, undefined, undefined), kind: 'put-back' } }
  }
  if (addedCount === undefined) return { at: place, unread: entries, loss: gone(place, head, undefined) }
  const goneCount = addedCount - length - place.number
  // The entry itself was the last that was trimmed.
  if (goneCount === 0) return { at: place, unread: entries, loss: undefined }
  if (goneCount > 0) {
    return { at: { id: place.id, number: addedCount - length }, unread: entries, loss: gone(place, head, goneCount) }
  }
  // By its number it should be there: these are other entries, such as those of a queue that was made anew.
  const at = { id: place.id, number: addedCount - entries.length }
  return { at, unread: entries, loss: { ...gone(place, head, undefined), kind: 'put-back' } }
}

function gone(place: Place, next: Entry | undefined, eventCount: number | undefined): Loss {
  return { kind: 'gone', behindEvent: place.id, nextEvent: next?.[0], eventCount }
}

function isBefore(one: string, other: string): boolean {
  const [oneMs = 0, oneNumber = 0] = one.split('-').map(Number)
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number)
  return oneMs < otherMs || (oneMs === otherMs && oneNumber < otherNumber)
}

function fieldsOf(list: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (let at = 0; at + 1 < list.length; at += 2) fields.set(list[at]!, list[at + 1]!)
  return fields
}

/** BullMQ writes a name with each job: what has none is not there. */
function storedJob(answer: readonly (string | null)[]): StoredJob | undefined {
  const [name = null, data = null, returnvalue = null, failedReason = null, stacktrace = null, ...rest] = answer
  const [timestamp = null, processedOn = null, finishedOn = null, delay = null, priority = null, atm = null] = rest
  if (name === null) return undefined
  const times = { timestamp, processedOn, finishedOn }
  return { name, data, returnvalue, failedReason, stacktrace, ...times, delay, priority, attemptsMade: atm }
}
