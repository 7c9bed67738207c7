import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Session } from '../../../../connectors/postgres/wire/connect.js'
import { ReplicationStream } from '../../../../connectors/postgres/wire/replication-stream.js'
import { FrameFollower, TakenSocket } from '../../../../connectors/postgres/wire/socket-takeover.js'
import { ManualClock, settled } from '../../../support/manual-clock.js'
import { FakeSocket, frame } from './frames.js'

const never = new AbortController().signal

describe('frames of a replication stream', () => {
  let socket: FakeSocket
  let clock: ManualClock
  let failing: AbortController

  beforeEach(() => {
    socket = new FakeSocket()
    clock = new ManualClock(946_684_800_000 + 5)
    failing = new AbortController()
    socket.on('error', (error) => failing.abort(error))
  })

  afterEach(() => {
    socket.destroy()
  })

  function session(): Session {
    const frames = new FrameFollower(socket).stop()
    return {
      client: { host: '/run' },
      takeOver: () => new TakenSocket({ stream: socket, frames, failed: failing.signal, ending: () => undefined }),
      close: () => Promise.resolve(socket.destroy()),
    } as unknown as Session
  }

  function open(streaming = false, publication = 'pub'): Promise<ReplicationStream> {
    const options = { slot: 'sl"ot', publication, startLsn: 0x1_0000_00ff, streaming, messages: streaming, clock }
    socket.push(frame('W', '\0\0\0'))
    return ReplicationStream.open(session(), options)
  }

  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) await clock.advance(1000)
  }

  it('are asked for with names that cannot leave their quotes', async () => {
    await open(true, `o'd\\d",x`)
    expect(socket.written[0]?.subarray(5, -1).toString()).toBe(
      `START_REPLICATION SLOT "sl""ot" LOGICAL 1/FF (proto_version '2', publication_names '"o''d\\d"",x"', streaming 'on', messages 'true')`,
    )
  })

  it('are asked for without what older readers do not know', async () => {
    await open()
    expect(socket.written[0]?.toString()).not.toMatch(/streaming|messages/)
  })

  it('carry messages, and keepalives with the wish for an answer', async () => {
    const stream = await open()
    const head = Buffer.from('77 0000000000000011 0000000000000022 0000000000000000'.replaceAll(' ', ''), 'hex')
    socket.push(frame('d', Buffer.concat([head, Buffer.from('hello')])))
    socket.push(frame('d', Buffer.from('6b 0000000000000033 0000000000000000 01'.replaceAll(' ', ''), 'hex')))
    socket.push(frame('d', Buffer.from('6b 0000000000000044 0000000000000000 00'.replaceAll(' ', ''), 'hex')))
    await settled()
    expect(stream.next()).toBe('data')
    expect(stream.bytes.toString('utf8', stream.start, stream.end)).toBe('hello')
    expect([stream.walStart, stream.walEnd]).toEqual([0x11, 0x22])
    expect([stream.next(), stream.walEnd, stream.replyRequested]).toEqual(['keepalive', 0x33, true])
    expect([stream.next(), stream.walEnd, stream.replyRequested]).toEqual(['keepalive', 0x44, false])
    expect(stream.next()).toBe('none')
  })

  it('go back with the confirmed position as written, flushed and applied', async () => {
    const stream = await open()
    stream.confirm(0x16_b374d848)
    expect(socket.written[1]?.toString('hex')).toBe(
      '6400000026' + '72' + '00000016b374d848'.repeat(3) + '0000000000001388' + '00',
    )
    stream.confirm(1)
    expect(socket.written[2]?.toString('hex', 6, 14)).toBe('00000016b374d848')
  })

  it('repeat the confirmed position each second, and nothing is confirmed before it was', async () => {
    const stream = await open()
    await clock.advance(1000)
    expect(socket.written[1]?.toString('hex', 6, 30)).toBe('00'.repeat(24))
    stream.confirm(7)
    await clock.advance(1000)
    expect(socket.written[3]?.readBigInt64BE(6)).toBe(7n)
    expect(socket.written).toHaveLength(4)
  })

  it('ask a server to answer that is silent for ten seconds, and give it up after two minutes', async () => {
    const stream = await open()
    const isAnswerWanted = (): boolean => socket.written.at(-1)?.[38] === 1
    await pass(10)
    expect(isAnswerWanted()).toBe(false)
    await pass(1)
    expect(isAnswerWanted()).toBe(true)
    socket.push(frame('d', Buffer.from(`6b${'00'.repeat(16)}00`, 'hex')))
    await settled()
    await pass(1)
    expect(isAnswerWanted()).toBe(false)
    expect(stream.next()).toBe('keepalive')
    await pass(119)
    expect(stream.next()).toBe('none')
    await pass(1)
    await stream.wait(never)
    expect(() => stream.next()).toThrow(expect.objectContaining({ code: 'postgres_connection_lost', retry: 'timed' }))
  })

  it('that wait for a busy reader are no silence', async () => {
    const stream = await open()
    const head = Buffer.from(`77${'00'.repeat(24)}`, 'hex')
    for (let count = 0; count < 40; count++) socket.push(frame('d', Buffer.concat([head, Buffer.alloc(65_536)])))
    await settled()
    await pass(300)
    let count = 0
    while (count < 40) {
      if (stream.next() === 'data') count++
      else await stream.wait(never)
    }
  })

  it('end with our farewell, and a peer that does not close is not waited for', async () => {
    const stream = await open()
    let isClosed = false
    const closing = stream.close().then(() => {
      isClosed = true
    })
    await clock.advance(1999)
    expect(socket.written.at(-1)?.toString('hex')).toBe('63000000045800000004')
    expect(isClosed).toBe(false)
    await clock.advance(1)
    await closing
    await stream.close()
  })

  it.each([
    ['an end of the copy', frame('c'), 'postgres_connection_lost'],
    ['an error', frame('E', 'C57P01\0Mgoing down\0\0'), 'postgres_not_ready'],
    ['a message that is not due', frame('D', '\0\0'), 'postgres_protocol_violation'],
    ['a copy of an unknown kind', frame('d', 'x'), 'postgres_protocol_violation'],
    ['an empty copy', frame('d'), 'postgres_protocol_violation'],
    ['a message without its head', frame('d', 'w1234'), 'postgres_protocol_violation'],
    ['a keepalive that is cut', frame('d', 'k1234'), 'postgres_protocol_violation'],
  ])('end with %s', async (_, bytes, code) => {
    const stream = await open()
    socket.push(bytes)
    await settled()
    expect(() => stream.next()).toThrow(expect.objectContaining({ code }))
  })
})
