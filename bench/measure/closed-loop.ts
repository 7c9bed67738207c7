// A load that keeps a fixed number of calls in flight until enough are answered.

import { percentile, type Run } from './pairs.js'

export interface ClosedLoop {
  readonly count: number
  readonly inFlight: number
  call(index: number): Promise<unknown>
}

/** Amounts are calls; times are those of single calls, in milliseconds. */
export async function closedLoop({ count, inFlight, call }: ClosedLoop): Promise<Run> {
  const times: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++
      const startedMs = performance.now()
      await call(index)
      times.push(performance.now() - startedMs)
    }
  }
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: inFlight }, worker))
  const seconds = (performance.now() - startedMs) / 1000
  return {
    seconds,
    amount: count,
    extra: {
      'p50 ms': percentile(times, 0.5),
      'p99 ms': percentile(times, 0.99),
      'longest ms': Math.max(...times.slice(-100_000)),
    },
  }
}
