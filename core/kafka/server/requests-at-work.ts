// The requests of one connection that are at work, in their order, which is that of their answers too.
//
// As a rule one is at work at a time. A Produce may begin behind Produces that have begun all their appends: the log keeps
// the order of appends, so their waits for the device fall together, and nothing else shows that they overlap.

import { readInt16 } from '../../bytes/big-endian.js'
import { apis } from '../protocol/apis.js'
import { maxPipelinedBytes, maxPipelinedRequests } from './limits.js'

export interface RequestAtWork {
  /** The length of its frame. */
  readonly frameBytes: number
  /** What of it is counted in the budget of all connections. */
  readonly countedBytes: number
  /** It has begun all its appends: what is begun from now on comes behind them. */
  hasAppended: boolean
  /** Undefined until it has ended. */
  outcome: Outcome | undefined
}

/** Chunks of an answer, which are undefined when the request is one without; or what ends the connection. */
export type Outcome = { readonly chunks: readonly Buffer[] | undefined } | { readonly failure: unknown }

export function isProduce(frame: Buffer): boolean {
  return frame.length >= 2 && readInt16(frame, 0) === apis.produce.key
}

export class RequestsAtWork {
  readonly #requests: RequestAtWork[] = []
  #frameBytes = 0

  get isEmpty(): boolean {
    return this.#requests.length === 0
  }

  /** May a Produce begin beside those that are at work? */
  get takesMore(): boolean {
    const last = this.#requests.at(-1)
    if (last === undefined) return true
    if (!last.hasAppended || (last.outcome !== undefined && 'failure' in last.outcome)) return false
    return this.#requests.length < maxPipelinedRequests && this.#frameBytes < maxPipelinedBytes
  }

  /** May this one begin now? */
  takes(frame: Buffer): boolean {
    if (this.isEmpty) return true
    return this.takesMore && isProduce(frame)
  }

  add(frameBytes: number, countedBytes: number): RequestAtWork {
    const request = { frameBytes, countedBytes, hasAppended: false, outcome: undefined }
    this.#requests.push(request)
    this.#frameBytes += frameBytes
    return request
  }

  /** Takes out the first one if it has ended. */
  takeEnded(): RequestAtWork | undefined {
    if (this.#requests[0]?.outcome === undefined) return undefined
    const ended = this.#requests.shift()
    this.#frameBytes -= ended?.frameBytes ?? 0
    return ended
  }

  /** Takes out all, ended or not. */
  takeAll(): readonly RequestAtWork[] {
    this.#frameBytes = 0
    return this.#requests.splice(0)
  }
}
