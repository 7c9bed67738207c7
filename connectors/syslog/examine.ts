// What `doctor` and `validate --connect` say of a syslog source. The address itself is not tried: a hub that runs holds it.

import { resolve } from 'node:path'
import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { messageOf } from '../../core/errors/tailrace-error.js'
import { isLoopback, parseListenAddress } from '../../core/security/listen-address.js'
import type { SyslogSettings } from './settings.js'

const firstFreePort = 1024

export async function examineSyslog(settings: SyslogSettings, context: ConnectorContext): Promise<readonly Finding[]> {
  const { transport, listen, senders, tls } = settings
  const { host, port } = parseListenAddress(listen)
  const findings: Finding[] = []
  for (const path of tls === undefined ? [] : [tls.certificate, tls.key]) {
    try {
      await context.files.readAll(resolve(context.baseDirectory, path))
    } catch (error) {
      findings.push({ level: 'problem', message: messageOf(error), hint: 'Check `tls` and the rights of the file.' })
    }
  }
  if (port > 0 && port < firstFreePort) {
    const hint = 'Give the process the capability CAP_NET_BIND_SERVICE, or choose a port from 1024 on.'
    findings.push({ level: 'warning', message: `only privileged processes may listen on port ${port}`, hint })
  }
  if (!isLoopback(host) && senders.some((range) => range.endsWith('/0'))) {
    const hint = 'Name the addresses that may send in `senders`.'
    findings.push({ level: 'warning', message: `everybody who reaches ${listen} may send`, hint })
  }
  return findings.length > 0 ? findings : [{ level: 'good', message: `listens on ${listen} by ${transport}` }]
}
