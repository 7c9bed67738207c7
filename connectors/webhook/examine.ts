// What `doctor` and `validate --connect` say of a webhook sink, without sending anything.

import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { messageOf } from '../../core/errors/tailrace-error.js'
import type { QueuePlace } from '../clients/bullmq/queue-fields.js'
import { queueProblem } from '../clients/bullmq/queue-link.js'
import { parkedPrefix } from './delivery.js'
import { placeOf, recordsInQueue } from './retry-queue.js'
import { policyOf, type WebhookSettings } from './settings.js'
import { Template } from './template.js'

export async function examineWebhook(
  settings: WebhookSettings,
  context: ConnectorContext,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const parked = context.state.entries(parkedPrefix).length
  if (parked > 0) {
    const hint = 'They are sent again by the schedule, in their order. Look at the receiver.'
    findings.push({ level: 'warning', message: `${parked} records wait for their next attempt`, hint })
  }
  for (const [key, enable] of context.state.entries('disabled/')) {
    if (enable !== settings.enable) continue
    const hint = 'Give the sink another `url`; or, if the receiver is back, change `enable`.'
    findings.push({ level: 'problem', message: `${key.slice('disabled/'.length)} answered 410`, hint })
  }
  if (settings.retryIn === 'bullmq') findings.push(await examineQueue(placeOf(settings.retryQueue), context))
  if (!new Template(settings.url).isConstant) return findings
  const guard = context.outgoing.guard(policyOf(settings))
  const { hostname, origin } = guard.checkUrl(settings.url)
  const found = await new Promise<Finding>((resolve) => {
    guard.lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }, (error) => {
      if (error === null)
        resolve({ level: 'good', message: `${origin} can be resolved, and its address may be reached` })
      else resolve({ level: 'problem', message: `${origin}: ${messageOf(error)}` })
    })
  })
  return [...findings, found]
}

async function examineQueue(place: QueuePlace, context: ConnectorContext): Promise<Finding> {
  try {
    const count = await recordsInQueue(place, context)
    if (count === 0) return { level: 'good', message: `the queue ${place.queue} answers, and is empty` }
    const hint = 'They are sent again by the schedule. Look at the receivers.'
    return { level: 'warning', message: `${count} records wait in the queue ${place.queue}`, hint }
  } catch (error) {
    const { message, hint } = queueProblem(error, `looking at the queue ${place.queue}`)
    return { level: 'problem', message, hint }
  }
}
