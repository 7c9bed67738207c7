// What a receiver of webhooks must have seen: each event at least once, those of a key for the first time in their order,
// each event under one id and each id for one event.

import { Findings, type Judged } from './findings.js'

export interface TakenEvent {
  readonly event: number
  readonly key: string
  readonly id: string
}

export type WebhookFault = 'lost' | 'overtaken' | 'renamed' | 'shared'

export interface WebhookVerdict extends Judged<WebhookFault> {
  /** How often an event came again. */
  readonly repeated: number
}

/** `taken`: in the order in which they were taken; the events are those from 0 to below `eventCount`. */
export function judgeWebhooks(taken: readonly TakenEvent[], eventCount: number): WebhookVerdict {
  const findings = new Findings<WebhookFault>(['lost', 'overtaken', 'renamed', 'shared'])
  const ids = new Map<number, string>()
  const events = new Map<string, number>()
  const lastOfKey = new Map<string, number>()
  for (const { event, key, id } of taken) {
    const known = ids.get(event)
    if (known !== undefined) {
      if (known !== id) findings.find('renamed', `event ${event} came as ${known} and as ${id}`)
      continue
    }
    const other = events.get(id)
    if (other !== undefined) findings.find('shared', `the events ${other} and ${event} came as ${id}`)
    const before = lastOfKey.get(key) ?? -1
    if (event < before) findings.find('overtaken', `event ${event} of ${key} came for the first time behind ${before}`)
    ids.set(event, id)
    events.set(id, event)
    lastOfKey.set(key, Math.max(before, event))
  }
  for (let event = 0; event < eventCount; event++) {
    if (!ids.has(event)) findings.find('lost', `event ${event} never came`)
  }
  return { faults: findings.faults, findings: findings.findings, repeated: taken.length - ids.size }
}
