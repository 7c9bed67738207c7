// One request and what came of it: a handler of undici's, settled once.
//
// Of an answer at most 64 KiB are read and thrown away, never unpacked; a connection that brings more is closed: what
// counts is the status. A request that is abandoned before its connection stands is never written to it.

import type { Dispatcher } from 'undici'
import { messageOf } from '../../core/errors/tailrace-error.js'
import { retryAfterOf } from '../../core/format/retry-after.js'
import type { Clock } from '../../core/runtime/clock.js'

const mostAnswerBytes = 64 * 1024

export type Outcome =
  | { readonly kind: 'taken' }
  /** 410: no more to this endpoint. */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'failed'
      /** In words, for the dead letter. */
      readonly why: string
      /** 0 when no answer came. */
      readonly status: number
      readonly retryAfterMs: number | undefined
    }

const taken: Outcome = { kind: 'taken' }
const gone: Outcome = { kind: 'gone' }

export class Exchange implements Dispatcher.DispatchHandler {
  /** Monotonic clock. */
  readonly overdueMs: number
  private readonly clock: Clock
  private readonly settle: (outcome: Outcome) => void
  private isSettled = false
  private controller: Dispatcher.DispatchController | undefined
  private status = 0
  private retryAfter: string | undefined
  private answerBytes = 0

  constructor(clock: Clock, overdueMs: number, settle: (outcome: Outcome) => void) {
    this.clock = clock
    this.overdueMs = overdueMs
    this.settle = settle
  }

  /** Ends the request, as failed, and its connection with it. */
  abandon(why: string): void {
    this.end({ kind: 'failed', why, status: 0, retryAfterMs: undefined })
    this.controller?.abort(new Error(why))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.isSettled) controller.abort(new Error('abandoned before it was sent'))
    else this.controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    const asked = headers['retry-after']
    this.status = status
    this.retryAfter = typeof asked === 'string' ? asked : undefined
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.answerBytes += chunk.length
    if (this.answerBytes <= mostAnswerBytes) return
    this.end(this.outcome())
    controller.abort(new Error(`an answer of more than ${mostAnswerBytes} bytes`))
  }

  onResponseEnd(): void {
    this.end(this.outcome())
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.end({ kind: 'failed', why: messageOf(error), status: 0, retryAfterMs: undefined })
  }

  private outcome(): Outcome {
    const { status } = this
    if (status >= 200 && status < 300) return taken
    if (status === 410) return gone
    const retryAfterMs = retryAfterOf(this.retryAfter, this.clock.now())
    return { kind: 'failed', why: `the receiver answered ${status}`, status, retryAfterMs }
  }

  private end(outcome: Outcome): void {
    if (this.isSettled) return
    this.isSettled = true
    this.settle(outcome)
  }
}
