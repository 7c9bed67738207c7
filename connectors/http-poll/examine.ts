// What `doctor` and `validate --connect` say of an http-poll source: one request, the next that is due, and what it
// answered. Nothing of it is taken.

import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { messageOf, TailraceError } from '../../core/errors/tailrace-error.js'
import { answerFailure } from './answer-failure.js'
import { HighMark } from './high-mark.js'
import { following } from './pagination.js'
import { pageRequest } from './page-request.js'
import { PageReader } from './page-records.js'
import { bringsRecords, PollClient } from './poll-client.js'
import { meaningOf, pauseKey, pointKey, readPause, readPoint } from './poll-point.js'
import { policyOf, type HttpPollSettings } from './settings.js'

export async function examineHttpPoll(
  settings: HttpPollSettings,
  context: ConnectorContext,
): Promise<readonly Finding[]> {
  const pause = readPause(context.state.get(pauseKey))
  const pauseMs = pause === undefined ? 0 : pause.untilMs - context.clock.now()
  if (pause !== undefined && pauseMs > 0) {
    const message = `${pause.why}: it is not asked for another ${Math.ceil(pauseMs / 1000)} s`
    return [{ level: 'warning', message, hint: 'Poll less often, or ask the server for a higher limit.' }]
  }
  try {
    return [await askOnce(settings, context)]
  } catch (error) {
    if (!(error instanceof TailraceError)) return [{ level: 'problem', message: messageOf(error) }]
    return [{ level: 'problem', message: error.message, hint: error.hint }]
  }
}

async function askOnce(settings: HttpPollSettings, context: ConnectorContext): Promise<Finding> {
  const point = readPoint(context.state.get(pointKey))
  const at = point?.of === meaningOf(settings) ? point.at : undefined
  const mark = settings.cursor === undefined ? undefined : new HighMark(settings.cursor, point?.mark)
  const guard = context.outgoing.guard(policyOf(settings))
  const client = new PollClient(settings, guard, context.clock)
  try {
    const request = pageRequest(settings, at, mark?.since, guard)
    const answer = await client.send(request, undefined, context.signal)
    const { status, headers, body } = answer
    const place = request.url.origin
    if (status === 204) return { level: 'good', message: `${place} answered 204: there are no records` }
    if (!bringsRecords(status)) throw answerFailure(answer, context.clock.now(), at !== undefined).error
    const reader = new PageReader(settings)
    const records = reader.read(body)
    const next = following(settings, { at, url: request.url, headers, records }, reader)
    const more = next.isRoundOver ? 'and no further page' : 'and there is another page'
    return { level: 'good', message: `${place} answered ${status} with ${records.starts.length} records, ${more}` }
  } finally {
    await client.close()
  }
}
