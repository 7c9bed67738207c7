// The settings of the syslog source.

import type { SettingProblem } from '../../core/connector/declaration.js'
import {
  choice,
  duration,
  integer,
  list,
  optional,
  section,
  size,
  text,
  type SettingsOf,
} from '../../core/connector/fields.js'
import type { ListenUse } from '../../core/connector/listen-use.js'
import { isLoopback, parseListenAddress } from '../../core/security/listen-address.js'
import { rangeProblem } from '../../core/security/outgoing/address-ranges.js'

export const syslogFields = {
  transport: choice(['udp', 'tcp', 'tls'], {
    summary: 'How messages come. Of udp what comes too fast is lost; tcp and tls make senders wait.',
    default: 'tcp',
  }),
  listen: text({
    summary: 'HOST:PORT to listen on; below 1024 only privileged processes may.',
    default: '127.0.0.1:5514',
    example: '0.0.0.0:5514',
  }),
  senders: list(text({ summary: 'A range of addresses, such as 10.0.0.0/8.' }), {
    summary: 'Only these may send; needed when other machines reach the address. Everybody: 0.0.0.0/0 and ::/0.',
    default: [],
    example: ['10.0.0.0/8', '192.168.1.7/32'],
  }),
  tls: optional(
    section(
      {
        certificate: text({ summary: 'The certificate with its chain, PEM, relative to the pipeline file.' }),
        key: text({ summary: 'Its private key, PEM.' }),
      },
      {
        summary: 'For the transport tls; both files are read again when they change.',
        example: { certificate: './syslog.crt', key: './syslog.key' },
      },
    ),
  ),
  format: choice(['json', 'raw'], {
    summary:
      'json: an object with facility, severity, time, host, app, pid, messageId, structured, message. raw: the message as it came.',
    default: 'json',
  }),
  key: choice(['host', 'address', 'none'], {
    summary: 'The key of records: the host that a message names (else the address), or the address of its sender.',
    default: 'host',
  }),
  zone: text({
    summary: 'The zone of times that name none (RFC 3164): Z, or an offset such as +01:00.',
    default: 'Z',
    example: '+01:00',
  }),
  maxMessage: size({
    summary: 'Of one message; what is longer is cut there and says so in the header syslog.truncated.',
    default: 64 * 1024,
  }),
  buffer: size({
    summary: 'What may wait in memory for the log. Beyond it tcp and tls are not read, and udp is dropped and counted.',
    default: 16 * 1024 * 1024,
  }),
  maxConnections: integer({ summary: 'Connections at once.', default: 1000, min: 1, max: 100_000 }),
  maxConnectionsOfSender: integer({ summary: 'Of one address.', default: 100, min: 1, max: 100_000 }),
  idle: duration({ summary: 'A connection on which nothing comes for so long is closed.', default: 3_600_000 }),
}

export type SyslogSettings = SettingsOf<typeof syslogFields>

const mebibyte = 1024 * 1024

export function checkSyslogSettings(settings: SyslogSettings): readonly SettingProblem[] {
  const { transport, listen, senders, tls, zone, maxMessage, buffer, idle } = settings
  const problems: SettingProblem[] = []
  const complain = (setting: keyof SyslogSettings, message: string): void => {
    problems.push({ path: [setting], message })
  }
  if (!isListenAddress(listen)) {
    complain('listen', 'is not HOST:PORT, with an IPv6 host in brackets')
  } else if (senders.length === 0 && !isLoopback(parseListenAddress(listen).host)) {
    complain('listen', 'can be reached from other machines: name in "senders" which may send')
  }
  for (const [index, range] of senders.entries()) {
    const problem = rangeProblem(range)
    if (problem !== undefined) problems.push({ path: ['senders', String(index)], message: problem })
  }
  if (transport === 'tls' && tls === undefined) complain('tls', 'is needed: it names the certificate and its key')
  if (transport !== 'tls' && tls !== undefined)
    complain('tls', `is for the transport "tls"; this one is "${transport}"`)
  if (zoneMinutes(zone) === undefined) complain('zone', 'is neither Z nor an offset such as +01:00')
  // A record has to fit into a batch of its topic, beside what is said of it.
  if (maxMessage < 480 || maxMessage > mebibyte / 2) complain('maxMessage', 'must be from 480B to 512KiB')
  if (buffer < 4 * maxMessage || buffer > 1024 * mebibyte) {
    complain('buffer', 'must be at least four times maxMessage, and at most 1GiB')
  }
  if (idle < 1000) complain('idle', 'must be at least 1s')
  return problems
}

/** East of UTC; undefined for what is no zone. */
export function zoneMinutes(zone: string): number | undefined {
  if (zone === 'Z') return 0
  const match = /^([+-])([01]\d|2[0-3]):([0-5]\d)$/.exec(zone)
  if (match === null) return undefined
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}

/** Undefined for an address that `checkSyslogSettings` refuses. */
export function syslogListenUse({ listen, transport }: SyslogSettings): ListenUse | undefined {
  if (!isListenAddress(listen)) return undefined
  return { ...parseListenAddress(listen), protocol: transport === 'udp' ? 'udp' : 'tcp', setting: ['listen'] }
}

function isListenAddress(text: string): boolean {
  const port = Number(text.slice(text.lastIndexOf(':') + 1))
  return /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):\d{1,5}$/.test(text) && port <= 65_535
}
