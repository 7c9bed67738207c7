// What `doctor` and `validate --connect` say of a BullMQ edge: whether its queue answers, and what waits or was gone.

import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { messageOf } from '../../core/errors/tailrace-error.js'
import type { QueuePlace } from '../clients/bullmq/queue-fields.js'
import { openQueue, queueProblem } from '../clients/bullmq/queue-link.js'
import { pointKey, readPoint } from './queue-point.js'

export async function examineQueue(place: QueuePlace, context: ConnectorContext): Promise<readonly Finding[]> {
  try {
    const queue = await openQueue(place, {
      migrate: false,
      failed: (error) => context.logger.warn('bullmq_connection_failed', { message: messageOf(error) }),
    })
    try {
      const { waiting = 0, failed = 0 } = await queue.getJobCounts()
      const message = `the queue ${place.queue} answers: ${waiting} jobs wait, ${failed} failed`
      return [{ level: 'good', message }]
    } finally {
      await queue.close()
    }
  } catch (error) {
    const { message, hint } = queueProblem(error, `looking at the queue ${place.queue}`)
    return [{ level: 'problem', message, hint }]
  }
}

export async function examineEvents(place: QueuePlace, context: ConnectorContext): Promise<readonly Finding[]> {
  const findings = await examineQueue(place, context)
  const { gaps = 0, gone = 0 } = readPoint(context.state.get(pointKey)) ?? {}
  if (gaps === 0) return findings
  const hint = 'Raise `streams.events.maxLen` of the queue, or see why the source was behind.'
  const message = `${gaps} times events were gone before they were read, ${gone} that were counted`
  return [...findings, { level: 'warning', message, hint }]
}
