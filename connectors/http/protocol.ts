// What a source speaks: turns a request into records, and what became of them into an answer. `raw` takes bodies as they
// are; the protocols of other products stand in protocols/. Made once from the settings, used for all requests.
//
// In this order: `probe` (no body is read) → auth, rate and size are judged → the body is read and `verify` asked →
// `take` puts records into the intake → all of them are one atomic append → the function that `take` gave answers. When
// `take` throws, nothing of the request is kept and `refuse` answers. A request that is repeated under its key goes
// through `take` too, into an intake that keeps nothing, and is answered with the places of the first time; so that what
// `take` does follows from request, body and settings alone.

import type { IngressAnswer, IngressRequest } from '../../core/connector/ingress.js'
import type { CommittedRange } from '../../core/connector/push-source.js'
import type { EncodedHeaders } from '../../core/record/record-headers.js'

export interface ProtocolRequest extends IngressRequest {
  /** The path behind that of the source: empty, or beginning with `/`. */
  readonly pathBelow: string
  /** Headers that the settings ask to go along with each record; null when there are none. */
  readonly recordHeaders: EncodedHeaders | null
  /** Key for all records of the request, from a header or the query as the settings say; null when there is none. */
  readonly recordKey: Uint8Array | null
  /** When the request came; wall clock. */
  readonly receivedMs: number
}

/** One record for the intake. The caller keeps one and sets its fields anew; its bytes are encoded at once. */
export interface IncomingRecord {
  key: Uint8Array | null
  value: Uint8Array
  valueStart: number
  valueEnd: number
  timestampMs: number
  headers: EncodedHeaders | null
}

/** Where the records of one request go. */
export interface RecordIntake {
  /** Errors: request_too_large when one append cannot hold the request (8 MiB), record_too_large. */
  add(record: IncomingRecord): void
  /** To the dead-letter topic in the same append. Errors: as `add`, no_dead_letter_topic. */
  deadLetter(record: IncomingRecord, code: string, message: string): void
  /** Records that were added, without dead letters. */
  readonly recordCount: number
  readonly deadLetterCount: number
}

/** What became of a request: its records are durable. */
export interface TakenRequest {
  /** One for each partition, dead letters included; empty when nothing was added. */
  readonly ranges: readonly CommittedRange[]
  readonly recordCount: number
  readonly deadLetterCount: number
}

export interface Protocol {
  /** Of the path and, when it takes them, of paths below. */
  readonly methods: readonly string[]
  readonly takesBelow: boolean
  /** An answer that needs no body and no credential; undefined goes on. */
  probe?(request: ProtocolRequest): IngressAnswer | undefined
  /** An answer that needs no body, behind `auth`; undefined goes on. */
  answerEarly?(request: ProtocolRequest): IngressAnswer | undefined
  /** `body` is unpacked; left alone by the protocol, its own until the request is answered. */
  take(request: ProtocolRequest, body: Buffer, intake: RecordIntake): (taken: TakenRequest) => IngressAnswer
  /** An error in the words of the protocol; as JSON of ours when left out. `Retry-After` is added by the source. */
  refuse?(error: unknown, request: ProtocolRequest): IngressAnswer
}
