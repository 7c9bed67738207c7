// Which segments retention lets go: a pure decision. Whole closed segments only, oldest first, never one that holds a
// record that somebody still needs, never the active one.

export interface RetainedSegment {
  readonly baseOffset: number
  readonly bytes: number
  /** -1 for an empty one. */
  readonly maxTimestampMs: number
}

export interface RetentionRule {
  /** -1 keeps for ever. */
  readonly retentionMs: number
  /** -1 keeps all. */
  readonly retentionBytes: number
  /** From a clock that does not jump: a wall clock set forward must not expire young records. */
  readonly nowMs: number
  /** The first offset that a declared consumer has not made durable; Infinity when there is none. */
  readonly neededOffset: number
}

/** The log start offset that the rule leads to; the base of the first segment when nothing goes. Segments ascend, the last is active. */
export function retainedStart(segments: readonly RetainedSegment[], rule: RetentionRule): number {
  let bytes = 0
  for (const segment of segments) bytes += segment.bytes
  let start = segments[0]?.baseOffset ?? 0
  for (let index = 0; index + 1 < segments.length; index++) {
    const segment = segments[index]
    const next = segments[index + 1]
    if (segment === undefined || next === undefined || next.baseOffset > rule.neededOffset) break
    const isOld = rule.retentionMs >= 0 && segment.maxTimestampMs < rule.nowMs - rule.retentionMs
    const isTooMuch = rule.retentionBytes >= 0 && bytes - segment.bytes >= rule.retentionBytes
    if (!isOld && !isTooMuch) break
    bytes -= segment.bytes
    start = next.baseOffset
  }
  return start
}
