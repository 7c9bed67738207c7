// Time-outs by the thousand on one timer: a heap of deadlines, and the clock asked for the earliest alone.
//
// Moving a deadline costs the logarithm of their number and no timer, as heartbeats move one each. Bounded by who sets
// them: one deadline per member and one per group.

import type { Clock, Timer } from '../runtime/clock.js'

/** Something that happens at a time unless it is moved or removed before. Belongs to one queue at most. */
export class Deadline {
  /** On the monotonic clock; kept by the queue. */
  dueMs = Infinity
  /** Place in the heap; -1 outside. */
  place = -1
  readonly expire: () => void

  /** `expire` is called by the queue's timer, after the deadline was taken out of the queue. */
  constructor(expire: () => void) {
    this.expire = expire
  }
}

export class DeadlineQueue {
  private readonly clock: Clock
  private readonly heap: Deadline[] = []
  private timer: Timer | undefined
  private timerDueMs = Infinity

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Puts the deadline in, or moves it. Infinity takes it out. */
  set(deadline: Deadline, dueMs: number): void {
    if (dueMs === Infinity) return this.remove(deadline)
    deadline.dueMs = dueMs
    if (deadline.place < 0) {
      deadline.place = this.heap.length
      this.heap.push(deadline)
    }
    this.rise(deadline.place)
    this.sink(deadline.place)
    this.arm()
  }

  /** Taking out what is not in is fine. */
  remove(deadline: Deadline): void {
    const { place } = deadline
    if (place < 0) return
    deadline.place = -1
    const last = this.heap.pop()!
    if (last === deadline) return
    this.put(last, place)
    this.rise(last.place)
    this.sink(last.place)
  }

  /** Forgets everything; nothing expires any more. */
  close(): void {
    for (const deadline of this.heap) deadline.place = -1
    this.heap.length = 0
    this.timer?.cancel()
    this.timer = undefined
    this.timerDueMs = Infinity
  }

  /** A timer that is early is let run: it finds nothing due and arms the next one. */
  private arm(): void {
    const earliest = this.heap[0]
    if (earliest === undefined || this.timerDueMs <= earliest.dueMs) return
    this.timer?.cancel()
    this.timerDueMs = earliest.dueMs
    this.timer = this.clock.after(Math.max(0, earliest.dueMs - this.clock.monotonicMs()), () => this.expireDue())
  }

  private expireDue(): void {
    this.timer = undefined
    this.timerDueMs = Infinity
    const nowMs = this.clock.monotonicMs()
    // What an expiry sets anew lies in the future, or is taken up by the next timer: no endless turn.
    const due: Deadline[] = []
    for (let first = this.heap[0]; first !== undefined && first.dueMs <= nowMs; first = this.heap[0]) {
      this.remove(first)
      due.push(first)
    }
    for (const deadline of due) if (deadline.place < 0) deadline.expire()
    this.arm()
  }

  private rise(from: number): void {
    const rising = this.heap[from]!
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (this.heap[parent]!.dueMs <= rising.dueMs) break
      this.put(this.heap[parent]!, place)
      place = parent
    }
    this.put(rising, place)
  }

  private sink(from: number): void {
    const sinking = this.heap[from]!
    let place = from
    for (;;) {
      let child = 2 * place + 1
      if (child >= this.heap.length) break
      if (child + 1 < this.heap.length && this.heap[child + 1]!.dueMs < this.heap[child]!.dueMs) child++
      if (this.heap[child]!.dueMs >= sinking.dueMs) break
      this.put(this.heap[child]!, place)
      place = child
    }
    this.put(sinking, place)
  }

  private put(deadline: Deadline, place: number): void {
    this.heap[place] = deadline
    deadline.place = place
  }
}
