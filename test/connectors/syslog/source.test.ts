// The source with what sends syslog in the world: Debian's logger and rsyslogd; and with senders that mean harm.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { firstIdentity, type TlsSample } from '../../kafka/tls-samples.js'
import { missing } from '../../support/missing.js'
import { SyslogSite, type TakenRecord } from './syslog-site.js'

const noLogger = missing('logger', ['--version'])
const noRsyslog = missing('rsyslogd', ['-v'])

let site: SyslogSite
const children: ChildProcess[] = []

beforeEach(() => {
  site = new SyslogSite()
})

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  await site.close()
})

const fieldsOf = ({ text }: TakenRecord): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>
const messagesOf = (records: readonly TakenRecord[]): readonly string[] =>
  records.map((one) => String(fieldsOf(one)['message']))

async function logger(...more: readonly string[]): Promise<void> {
  const child = spawn('logger', ['--server', '127.0.0.1', '--port', String(site.port), ...more], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(0)
}

async function connected(): Promise<Socket> {
  const socket = connect(site.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

describe.skipIf(noLogger !== undefined)(`Debian’s logger ${noLogger ?? ''}`.trim(), () => {
  it.each([
    ['udp', ['--udp', '--rfc5424']],
    ['udp', ['--udp', '--rfc3164']],
    ['tcp', ['--tcp', '--rfc5424']],
    ['tcp', ['--tcp', '--rfc5424', '--octet-count']],
    ['tcp', ['--tcp', '--rfc3164']],
    ['tcp', ['--tcp', '--rfc3164', '--octet-count']],
  ])('is understood over %s with %j', async (transport, more) => {
    await site.start({ transport })
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index} of ünïcode`)
    const file = join(site.directory, 'lines')
    writeFileSync(file, `${lines.join('\n')}\n`)
    await logger(...more, '--tag', 'shop', '--priority', 'local3.warning', '--file', file)
    const records = await site.records(20)
    expect(messagesOf(records).toSorted()).toEqual(lines.toSorted())
    if (transport === 'tcp') expect(messagesOf(records)).toEqual(lines)
    expect(fieldsOf(records[0]!)).toMatchObject({ facility: 19, severity: 4, app: 'shop' })
    expect(records[0]!.headers).toEqual({ 'syslog.from': '127.0.0.1', 'syslog.transport': transport })
    expect(records[0]!.key).toBe(fieldsOf(records[0]!)['host'])
  })
})

describe.skipIf(noRsyslog !== undefined)(`rsyslogd ${noRsyslog ?? ''}`.trim(), () => {
  /** Sends every line of a file on. */
  function startRsyslog(action: string): (lines: readonly string[]) => void {
    const work = join(site.directory, 'rsyslog')
    const input = join(site.directory, 'input.log')
    mkdirSync(work)
    writeFileSync(input, '')
    const config = join(site.directory, 'rsyslog.conf')
    writeFileSync(
      config,
      [
        `global(workDirectory="${work}" maxMessageSize="8k")`,
        'module(load="imfile" mode="inotify")',
        `input(type="imfile" file="${input}" tag="shop:" severity="warning" facility="local3")`,
        `action(type="omfwd" target="127.0.0.1" port="${site.port}" ${action}`,
        '  queue.type="LinkedList" queue.filename="out" queue.saveOnShutdown="on" action.resumeRetryCount="-1" action.resumeInterval="1")',
        '',
      ].join('\n'),
    )
    const child = spawn('rsyslogd', ['-n', '-f', config, '-i', join(site.directory, 'rsyslog.pid')], {
      stdio: 'ignore',
    })
    children.push(child)
    return (lines) => appendFileSync(input, `${lines.join('\n')}\n`)
  }

  it.each([
    ['udp', 'protocol="udp"', false],
    ['tcp', 'protocol="tcp"', true],
    ['tcp', 'protocol="tcp" tcp_framing="octet-counted"', true],
    ['tcp', 'protocol="tcp" tcp_framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"', true],
    ['tcp', 'protocol="tcp" template="RSYSLOG_ForwardFormat"', true],
  ])('sends on over %s with %s, each line once', async (transport, action, isOrdered) => {
    await site.start({ transport })
    const write = startRsyslog(action)
    const lines = Array.from({ length: 500 }, (_, index) => `number ${index}`)
    write(lines)
    const records = await site.records(500)
    const messages = messagesOf(records).map((message) => message.trim())
    expect(isOrdered ? messages : messages.toSorted()).toEqual(isOrdered ? lines : lines.toSorted())
    expect(fieldsOf(records[0]!)).toMatchObject({ facility: 19, severity: 4, app: 'shop' })
  })
})

/** Puts them where the source looks for them. */
function tlsFiles({ certificate, key }: TlsSample): { readonly certificate: string; readonly key: string } {
  writeFileSync(join(site.directory, 'tls.crt'), certificate)
  writeFileSync(join(site.directory, 'tls.key'), key)
  return { certificate: './tls.crt', key: './tls.key' }
}

describe('a syslog source', () => {
  it('takes messages over TLS', async () => {
    await site.start({ transport: 'tls', tls: tlsFiles(firstIdentity) })
    const socket = connectTls({ port: site.port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    socket.end('<13>Nov 22 10:30:00 web app: one\n<13>Nov 22 10:30:00 web app: two\n')
    expect(messagesOf(await site.records(2))).toEqual(['one', 'two'])
  })

  it('cuts what is too long, and says so', async () => {
    await site.start({ transport: 'tcp', maxMessage: '480B', format: 'raw' })
    const socket = await connected()
    socket.write(`<13>${'x'.repeat(5000)}\n<13>next\n`)
    const [long, next] = await site.records(2)
    expect(long!.text).toBe(`<13>${'x'.repeat(476)}`)
    expect(long!.headers['syslog.truncated']).toBe('5004')
    expect([next!.text, next!.headers['syslog.truncated']]).toEqual(['<13>next', undefined])
    socket.destroy()
  })

  it('keeps what a connection had sent when it is cut off', async () => {
    await site.start({ transport: 'tcp', format: 'raw' })
    const socket = await connected()
    socket.write('<13>whole\n100 <13>a part')
    await site.records(1)
    socket.resetAndDestroy()
    const [, part] = await site.records(2)
    expect([part!.text, part!.headers['syslog.truncated']]).toEqual(['<13>a part', '100'])
  })

  it('takes from whom it is told to, and from no others', async () => {
    await site.start({ transport: 'tcp', senders: ['10.0.0.0/8'] })
    const socket = await connected()
    await once(socket, 'close')
    await site.stop()
    await site.start({ transport: 'tcp', senders: ['127.0.0.0/8'] })
    const other = await connected()
    other.end('<13>Nov 22 10:30:00 web app: welcome\n')
    expect(messagesOf(await site.records(1))).toEqual(['welcome'])
  })

  it('has so many connections of one address, and closes those on which nothing comes', async () => {
    await site.start({ transport: 'tcp', maxConnectionsOfSender: 200, idle: '1s' })
    const sockets = await Promise.all(Array.from({ length: 200 }, () => connected()))
    for (const socket of sockets) socket.write('<13>half a mess')
    const tooMany = await connected()
    await once(tooMany, 'close')
    await Promise.all(sockets.map((socket) => once(socket, 'close')))
    const records = await site.records(200)
    expect(new Set(messagesOf(records))).toEqual(new Set(['half a mess']))
    const again = await connected()
    again.end('<13>Nov 22 10:30:00 web app: still here\n')
    expect(messagesOf(await site.records(201)).at(-1)).toBe('still here')
  })

  it('does not read on while the log has no room for what came, and loses nothing', async () => {
    await site.start({ transport: 'tcp', maxMessage: '4KiB', buffer: '16KiB', format: 'raw' })
    const socket = await connected()
    const count = 3000
    for (let index = 0; index < count; index++) socket.write(`<13>${index} ${'x'.repeat(1000)}\n`)
    socket.end()
    const records = await site.records(count)
    expect(records.map(({ text }) => Number(text.split(/[> ]/)[1]))).toEqual(
      Array.from({ length: count }, (_, index) => index),
    )
  })

  it('is not troubled by garbage', async () => {
    await site.start({ transport: 'tcp', format: 'raw' })
    for (const bytes of ['99999999999999 x', '0\n', '\0\0\0', '\n'.repeat(1000), '<<<<>>>>', '5 ']) {
      const socket = await connected()
      socket.end(Buffer.from(bytes, 'latin1'))
      await once(socket, 'close')
    }
    const socket = await connected()
    socket.end('<13>fine\n')
    const texts = (await site.records(5)).map(({ text }) => text)
    expect(texts).toEqual(['99999999999999 x', '0', '<<<<>>>>', '5 ', '<13>fine'])
  })
})
