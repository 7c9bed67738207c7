// What `doctor` and `validate --connect` say of a NATS edge: server, stream, and what was gone before it was read.

import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { NatsLink, natsProblem } from './nats-link.js'
import { pointKey, readPoint } from './stream-point.js'
import type { NatsConnectionSettings } from './settings.js'

export async function examineNats(
  settings: NatsConnectionSettings & { readonly stream: string },
  context: ConnectorContext,
): Promise<readonly Finding[]> {
  const link = new NatsLink(settings, `tailrace ${context.pipeline}.${context.connector} doctor`)
  const findings: Finding[] = []
  try {
    const { info } = await link.connected()
    findings.push({ level: 'good', message: `NATS ${info?.version ?? 'of unknown version'} answers` })
    const { state } = await (await link.manager()).streams.info(settings.stream)
    const range = `${state.messages} messages, ${state.first_seq} to ${state.last_seq}`
    findings.push({ level: 'good', message: `the stream ${settings.stream} has ${range}` })
  } catch (error) {
    const { message, hint } = natsProblem(error, `looking at the stream ${settings.stream}`)
    findings.push({ level: 'problem', message, hint })
  } finally {
    await link.close()
  }
  const gone = readPoint(context.state.get(pointKey))?.gone ?? 0
  if (gone > 0) {
    const hint = 'Raise the limits of the stream, or see why the source was behind.'
    findings.push({ level: 'warning', message: `${gone} messages were gone before they were read`, hint })
  }
  return findings
}
