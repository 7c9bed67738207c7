import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../simulation/world/seeded-random.js'
import { type Event, failed, type Request, took, VirtualSite } from './virtual-site.js'

const endpointCount = 100
const deadCount = 10
const eventCount = 6_000
const timeoutMs = 15_000

const isDead = ({ host }: Pick<Event, 'host'>): boolean => Number(host.slice(1)) < deadCount

/** A minute of events, now and then many at once for one endpoint. */
function eventsOf(seed: number): readonly Event[] {
  const random = new SeededRandom(seed)
  const events: Omit<Event, 'number'>[] = []
  while (events.length < eventCount) {
    const host = `h${random.below(endpointCount)}`
    const atMs = random.below(60_000)
    const count = random.chance(0.02) ? 60 : 1
    for (let one = 0; one < count; one++) events.push({ host, key: `key ${random.below(20)}`, atMs })
  }
  return events.toSorted((a, b) => a.atMs - b.atMs).map((event, number) => ({ ...event, number }))
}

/** The same for a request whoever else is there. */
function answerOf(seed: number, request: Request) {
  const random = new SeededRandom(seed + 7_919 * request.number + request.attempt)
  if (!isDead(request)) {
    const afterMs = 5 + random.below(400)
    return random.chance(0.05) ? failed(afterMs, { status: 503 }) : took(afterMs)
  }
  const ways = [
    failed(timeoutMs),
    failed(1),
    failed(20, { status: 503 }),
    failed(5, { status: 429, retryAfterMs: 9_000 }),
  ]
  return ways[Number(request.host.slice(1)) % ways.length]!
}

/** When each attempt for a living endpoint began, by event. */
async function attempts(seed: number, events: readonly Event[]): Promise<ReadonlyMap<number, readonly number[]>> {
  const living = events.filter((event) => !isDead(event)).length
  const site = new VirtualSite({
    events,
    settings: { concurrency: 2, retry: { jitterPercent: 0 } },
    jitter: { fraction: () => 0.5, bytes: () => Buffer.alloc(0), uuid: () => '' },
    answer: (request) => answerOf(seed, request),
    putMs: () => 0,
  })
  site.start()
  await site.run(() => site.taken.length === living)
  site.kill()
  const startsMs = new Map<number, number[]>()
  for (const asked of site.asked) {
    if (isDead(asked)) expect(asked.answer.isTaken).toBe(false)
    else startsMs.set(asked.number, [...(startsMs.get(asked.number) ?? []), asked.startMs])
  }
  return startsMs
}

describe('a hundred endpoints', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`of which ten are dead serve the ninety as if these were alone, seed ${seed}`, async () => {
      const events = eventsOf(seed)
      const with_ = await attempts(seed, events)
      const without = await attempts(
        seed,
        events.filter((event) => !isDead(event)),
      )
      expect(with_.size).toBe(without.size)
      // Some have waited for their own: the comparison says something.
      const waited = events.filter(({ number, atMs }) => (without.get(number)?.[0] ?? atMs) > atMs)
      expect(waited.length).toBeGreaterThan(100)
      for (const [number, startsMs] of without) expect([number, with_.get(number)]).toEqual([number, startsMs])
    })
  }
})
