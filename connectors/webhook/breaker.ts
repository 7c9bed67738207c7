// Whether an endpoint is asked at all. Closed: everything passes. Open: nothing does until a time. Half-open: one request
// at a time shows whether the endpoint is back; the first success closes it, the first failure opens it again.

export interface BreakerSettings {
  readonly failurePercent: number
  /** Fewer say nothing. */
  readonly minRequests: number
  readonly openMs: number
}

export type BreakerState = 'closed' | 'open' | 'half-open'

export class Breaker {
  private readonly settings: BreakerSettings
  /** The last outcomes, true for a failure; a ring of `minRequests`. */
  private readonly outcomes: boolean[] = []
  private next = 0
  private failures = 0
  private openUntilMs = 0
  private isTripped = false

  constructor(settings: BreakerSettings) {
    this.settings = settings
  }

  state(nowMs: number): BreakerState {
    if (!this.isTripped) return 'closed'
    return nowMs < this.openUntilMs ? 'open' : 'half-open'
  }

  /** Until when nothing passes; in the past when it is not open. Wall clock. */
  get untilMs(): number {
    return this.openUntilMs
  }

  /** Takes in an outcome; true when it opened the breaker. */
  note(isFailure: boolean, nowMs: number): boolean {
    if (this.isTripped) {
      // What was on its way when it opened says nothing new.
      if (nowMs < this.openUntilMs) return false
      if (isFailure) return this.open(nowMs)
      this.close()
      return false
    }
    this.push(isFailure)
    const { failurePercent, minRequests } = this.settings
    const isFull = this.outcomes.length === minRequests
    return isFull && this.failures * 100 >= failurePercent * minRequests ? this.open(nowMs) : false
  }

  private push(isFailure: boolean): void {
    if (this.outcomes[this.next] === true) this.failures--
    this.outcomes[this.next] = isFailure
    if (isFailure) this.failures++
    this.next = (this.next + 1) % this.settings.minRequests
  }

  private open(nowMs: number): boolean {
    this.isTripped = true
    this.openUntilMs = nowMs + this.settings.openMs
    return true
  }

  private close(): void {
    this.isTripped = false
    this.outcomes.length = 0
    this.next = 0
    this.failures = 0
  }
}
