// Real time.

import type { Clock, Timer } from '../clock.js'

/** Node fires a longer timer at once, with a warning; waits beyond it (24.8 days) are made of several. */
const maxTimerMs = 2 ** 31 - 1

export const nodeClock: Clock = {
  now: () => Date.now(),

  monotonicMs: () => performance.now(),

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const timer = new NodeTimer(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      const onAbort = () => {
        timer.cancel()
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  },

  after(ms: number, callback: () => void): Timer {
    return new NodeTimer(ms, callback).unref()
  },

  soon(callback: () => void): void {
    setImmediate(callback)
  },
}

class NodeTimer implements Timer {
  readonly #callback: () => void
  #leftMs: number
  #keepsAlive = true
  #timeout: NodeJS.Timeout | undefined

  constructor(ms: number, callback: () => void) {
    this.#callback = callback
    this.#leftMs = ms
    this.#arm()
  }

  unref(): this {
    this.#keepsAlive = false
    this.#timeout?.unref()
    return this
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }

  #arm(): void {
    const stepMs = Math.min(this.#leftMs, maxTimerMs)
    this.#leftMs -= stepMs
    this.#timeout = setTimeout(() => (this.#leftMs > 0 ? this.#arm() : this.#callback()), stepMs)
    if (!this.#keepsAlive) this.#timeout.unref()
  }
}
