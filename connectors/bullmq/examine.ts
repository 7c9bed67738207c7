// What `doctor` and `validate --connect` say of a BullMQ sink: whether its queue answers, and what waits in it.

import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { messageOf } from '../../core/errors/tailrace-error.js'
import { openQueue, queueProblem } from './queue-link.js'
import type { BullmqSinkSettings } from './settings.js'

export async function examineBullmq(
  settings: BullmqSinkSettings,
  context: ConnectorContext,
): Promise<readonly Finding[]> {
  try {
    const queue = await openQueue(settings, {
      migrate: false,
      failed: (error) => context.logger.warn('bullmq_connection_failed', { message: messageOf(error) }),
    })
    try {
      const { waiting = 0, failed = 0 } = await queue.getJobCounts()
      const message = `the queue ${settings.queue} answers: ${waiting} jobs wait, ${failed} failed`
      return [{ level: 'good', message }]
    } finally {
      await queue.close()
    }
  } catch (error) {
    const { message, hint } = queueProblem(error, `looking at the queue ${settings.queue}`)
    return [{ level: 'problem', message, hint }]
  }
}
