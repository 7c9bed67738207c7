// What the attacked process and its watcher tell each other.

import type { ServerView } from './plausible-message.js'

/** What must not happen: something that is neither an answer nor a refusal that the server knows. */
export interface Failure {
  readonly what: string
  /** The frame at which it happened, as hexadecimal digits; empty when it came through a socket. */
  readonly frame: string
}

/** What the attacked process knows of itself. */
export interface ServerReport {
  readonly directFrames: number
  /** Of these, the ones whose request header could be read. */
  readonly headersRead: number
  /** By API and version: how many were read by their own codec. */
  readonly met: Readonly<Record<string, number>>
  /** What came through sockets and was answered or refused. */
  readonly socketFrames: number
  readonly socketAnswers: number
  readonly answered: number
  /** By the code of the error. */
  readonly refused: Readonly<Record<string, number>>
  readonly failures: readonly Failure[]
  /** The longest that the event loop did nothing else. */
  readonly longestStallMs: number
  readonly mostResidentBytes: number
  /** The direct request that took longest until it was answered or waited. */
  readonly slowest: { readonly ms: number; readonly frame: string }
  /** Servers and engines that were opened and closed again on the way. */
  readonly generations: number
}

export type FromServer =
  | { readonly kind: 'serving'; readonly port: number; readonly view: ServerView }
  | { readonly kind: 'progress'; readonly socketFrames: number; readonly isDirectDone: boolean }
  | { readonly kind: 'report'; readonly report: ServerReport }

/** `left`: nobody of the watcher's well-behaved clients uses the server before the last one any more. */
export type ToServer = 'left' | 'finish'
