import { describe, expect, it } from 'vitest'
import { judgeWebhooks } from '../../crash/webhook-judgement.js'
import { SeededRandom } from '../../simulation/world/seeded-random.js'
import { type Answer, type Event, failed, type Request, took, VirtualSite } from './virtual-site.js'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const timeoutMs = 15 * second
const eventCount = 240
const killCount = 12
/** Within this a change of the state is durable. */
const durableMs = 100
/** The default schedule ends 91 hours behind the first attempt, with all its jitter. */
const endMs = 30 * hour + 92 * hour

/** What the receiver of each host does. */
const receivers: Readonly<Record<string, (random: SeededRandom, nowMs: number, request: Request) => Answer>> = {
  well: (random) => took(5 + random.below(300)),
  down: (random, nowMs) => (nowMs < 24 * hour ? failed(1) : took(5 + random.below(300))),
  hanging: (random, nowMs) => {
    if (nowMs >= 6 * hour) return took(5 + random.below(300))
    // It may have taken what it never answered.
    return { ...failed(timeoutMs), isTaken: random.chance(0.2) }
  },
  random: (random) => {
    const afterMs = 5 + random.below(300)
    if (random.chance(0.75)) return took(afterMs)
    return random.chance(0.3) ? { ...failed(afterMs), isTaken: true } : failed(afterMs, { status: 500 })
  },
  busy: (random, nowMs) => {
    const isBusy = nowMs % (5 * hour) < 10 * minute
    return isBusy ? failed(20, { status: 429, retryAfterMs: hour }) : took(5 + random.below(300))
  },
  gone: () => ({ outcome: { kind: 'gone' }, afterMs: 10, isTaken: false }),
}
const hosts = Object.keys(receivers)

function eventsOf(random: SeededRandom): readonly Event[] {
  const timesMs = Array.from({ length: eventCount }, () => {
    // A third of them in the first minute, when all begins to fail.
    return random.chance(0.3) ? random.below(minute) : random.below(30 * hour)
  }).toSorted((a, b) => a - b)
  return timesMs.map((atMs, number) => ({ number, atMs, host: random.pick(hosts), key: `key ${random.below(5)}` }))
}

/** Early ones, while much is on its way, and some in all of the time. */
function killTimesOf(random: SeededRandom): readonly number[] {
  return Array.from({ length: killCount }, (_, kill) => {
    return kill % 2 === 0 ? random.below(2 * minute) : random.below(60 * hour)
  }).toSorted((a, b) => a - b)
}

interface Days {
  readonly site: VirtualSite
  readonly events: readonly Event[]
  readonly killTimesMs: readonly number[]
}

/** Runs the days of a seed, and kills the sink now and then. */
async function days(seed: number): Promise<Days> {
  const random = new SeededRandom(seed)
  const answering = random.fork()
  const puts = random.fork()
  const jitter = random.fork()
  const events = eventsOf(random)
  const site = new VirtualSite({
    events,
    settings: {},
    jitter: { fraction: () => jitter.fraction(), bytes: (count) => jitter.bytes(count), uuid: () => '' },
    answer: (request, nowMs) => receivers[request.host]!(answering, nowMs, request),
    putMs: () => puts.below(20),
  })
  const goneCount = events.filter(({ host }) => host === 'gone').length
  const takenCount = (): number => new Set(site.taken.map(({ event }) => event)).size
  const killTimesMs = killTimesOf(random)
  site.start()
  for (const killMs of killTimesMs) {
    await site.runTo(killMs)
    site.kill()
    site.start()
  }
  const isDone = (): boolean => takenCount() === eventCount - goneCount && site.letters.length >= goneCount
  await site.run(() => site.elapsedMs >= endMs || isDone())
  // What was taken leaves the state behind that.
  await site.runTo(site.elapsedMs + minute)
  site.kill()
  return { site, events, killTimesMs }
}

describe('a webhook sink whose receivers fail for a day, hang, ask for rest or want no more, and that is killed', () => {
  for (let seed = 1; seed <= 40; seed++) {
    it(`brings each event, in order per key and under one id, and makes letters of the rest, seed ${seed}`, async () => {
      const { site, events } = await days(seed)
      const gone = events.filter(({ host }) => host === 'gone').map(({ number }) => number)
      expect(site.letters.toSorted((a, b) => a - b)).toEqual(gone)
      // An endpoint that answered 410 has taken nothing: its events are left out of what has to come.
      const placed = new Map(events.filter(({ host }) => host !== 'gone').map(({ number }, place) => [number, place]))
      const taken = site.taken.map(({ event, ...rest }) => ({ event: placed.get(event) ?? -1, ...rest }))
      expect(judgeWebhooks(taken, placed.size).findings).toEqual([])
      expect(site.committed).toBe(eventCount)
      expect([...site.state.keys()].filter((key) => key.startsWith('parked/'))).toEqual([])
    })
  }

  it('asks a receiver that answered 410 no more, and again behind a kill at most', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { site, killTimesMs } = await days(seed)
      const asked = site.asked.filter(({ host }) => host === 'gone')
      for (const { startMs, answer } of asked) {
        const knownMs = startMs + answer.afterMs + durableMs
        const nextKillMs = killTimesMs.find((killMs) => killMs > startMs) ?? Infinity
        expect(asked.filter((other) => other.startMs > knownMs && other.startMs < nextKillMs)).toEqual([])
      }
    }
  })

  it('goes to a receiver that asked for rest no more until that is over, not even behind a kill', async () => {
    let restCount = 0
    for (let seed = 1; seed <= 10; seed++) {
      const { site, killTimesMs } = await days(seed)
      const busy = site.asked.filter(({ host }) => host === 'busy')
      for (const { startMs, answer } of busy) {
        const knownMs = startMs + answer.afterMs
        // What a kill has taken away, the sink cannot know.
        const isKnown = !killTimesMs.some((killMs) => killMs >= startMs && killMs <= knownMs + durableMs)
        if (answer.outcome.kind === 'taken' || !isKnown) continue
        restCount++
        expect(busy.filter((other) => other.startMs > knownMs && other.startMs < knownMs + hour)).toEqual([])
      }
    }
    expect(restCount).toBeGreaterThan(10)
  })
})
