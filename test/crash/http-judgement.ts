// Judges what is in the log against what callers were told: every event that was answered with 2xx is there, one that
// carries a key is there once, and each is where its answer said.

import { Findings, type Judged } from './findings.js'

export interface SentEvent {
  readonly event: number
  readonly hasKey: boolean
  readonly isAcknowledged: boolean
  /** As the answer said; undefined when it named no place, as an answer does that is given again behind a new start. */
  readonly place: { readonly partition: number; readonly offset: number } | undefined
}

export interface FoundEvent {
  readonly partition: number
  readonly offset: number
  readonly event: number
}

export type HttpFault = 'lost' | 'twice' | 'displaced' | 'unknown'

export interface HttpVerdict extends Judged<HttpFault> {
  readonly acknowledged: number
  /** Events without a key that are there more than once. */
  readonly repeated: number
}

export function judgeHttp(sent: readonly SentEvent[], found: readonly FoundEvent[]): HttpVerdict {
  const findings = new Findings<HttpFault>(['lost', 'twice', 'displaced', 'unknown'])
  const counts = new Map<number, number>()
  const places = new Map<string, number>()
  for (const { partition, offset, event } of found) {
    counts.set(event, (counts.get(event) ?? 0) + 1)
    places.set(`${partition}:${offset}`, event)
  }
  let acknowledged = 0
  let repeated = 0
  for (const { event, hasKey, isAcknowledged, place } of sent) {
    const count = counts.get(event) ?? 0
    counts.delete(event)
    if (isAcknowledged) acknowledged++
    if (isAcknowledged && count === 0) findings.find('lost', `event ${event} was answered and is not there`)
    if (hasKey && count > 1) findings.find('twice', `event ${event} has a key and is there ${count} times`)
    if (!hasKey && count > 1) repeated++
    if (place === undefined) continue
    const there = places.get(`${place.partition}:${place.offset}`)
    if (there !== event) {
      findings.find('displaced', `event ${event} should be at ${place.partition}:${place.offset}, where ${there} is`)
    }
  }
  for (const event of counts.keys()) findings.find('unknown', `event ${event} was never sent`)
  return { faults: findings.faults, findings: findings.findings, acknowledged, repeated }
}
