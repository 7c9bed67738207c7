import { describe, expect, it } from 'vitest'
import { postgresErrors } from '../../../../connectors/postgres/errors.js'
import { FrameFollower, TakenSocket } from '../../../../connectors/postgres/wire/socket-takeover.js'
import { settled } from '../../../support/manual-clock.js'
import { cut, FakeSocket, frame } from './frames.js'

const never = new AbortController().signal

function taken(stream: FakeSocket, failed: AbortSignal = never): TakenSocket {
  const frames = new FrameFollower(stream).stop()
  return new TakenSocket({ stream, frames, failed, ending: () => undefined })
}

function payloadsOf(socket: TakenSocket): string[] {
  const payloads: string[] = []
  while (socket.next()) {
    const { bytes, start, end } = socket.frames
    payloads.push(bytes.toString('latin1', start, end))
  }
  return payloads
}

describe('a socket that is taken over', () => {
  it('goes on right behind what the login has read, wherever the chunks end', async () => {
    const all = Buffer.concat([frame('R', 'login'), frame('Z', 'I'), frame('d', 'one'), frame('d', 'two')])
    const ends = [10, 16, 24, 32]
    for (let takeover = 0; takeover <= all.length; takeover++) {
      const stream = new FakeSocket()
      const follower = new FrameFollower(stream)
      for (const chunk of cut(all.subarray(0, takeover), [7, 12])) stream.push(chunk)
      await settled()
      const failed = new AbortController().signal
      const socket = new TakenSocket({ stream, frames: follower.stop(), failed, ending: () => undefined })
      if (takeover < all.length) stream.push(all.subarray(takeover))
      await settled()
      const payloads = ['login', 'I', 'one', 'two'].filter((_, at) => ends[at]! > takeover)
      expect(payloadsOf(socket)).toEqual(payloads)
    }
  })

  it('passes over notices, parameters and notifications', async () => {
    const stream = new FakeSocket()
    const socket = taken(stream)
    stream.push(Buffer.concat([frame('N', 'Mhello\0\0'), frame('S', 'a\0b\0'), frame('A', 'x'), frame('d', 'row')]))
    await settled()
    expect(payloadsOf(socket)).toEqual(['row'])
  })

  it('stops reading above a mebibyte, and goes on when it is taken', async () => {
    const stream = new FakeSocket()
    const socket = taken(stream)
    const sent = 100
    for (let count = 0; count < sent; count++) stream.push(frame('d', Buffer.alloc(65_536)))
    await settled()
    expect(socket.isPaused).toBe(true)
    expect(socket.frames.bufferedBytes).toBeLessThan((1 << 20) + 2 * 65_541)
    let received = 0
    while (received < sent) {
      if (socket.next()) received++
      else await socket.wait(never)
      expect(socket.frames.bufferedBytes).toBeLessThan((1 << 20) + 2 * 65_541)
    }
    expect(socket.isPaused).toBe(false)
  })

  it('takes a frame that is larger than what may wait', async () => {
    const stream = new FakeSocket()
    const socket = taken(stream)
    const large = frame('d', Buffer.alloc(5 << 20, 'x'))
    for (let at = 0; at < large.length; at += 65_536) stream.push(large.subarray(at, at + 65_536))
    while (!socket.next()) await socket.wait(never)
    expect(socket.frames.end - socket.frames.start).toBe(5 << 20)
  })

  it('gives out what came before it throws what broke the connection', async () => {
    const stream = new FakeSocket()
    const failing = new AbortController()
    const socket = taken(stream, failing.signal)
    stream.push(frame('d', 'last'))
    await settled()
    failing.abort(postgresErrors.make('postgres_connection_lost', 'cut'))
    expect(socket.next()).toBe(true)
    expect(() => socket.next()).toThrow('cut')
    await socket.wait(never)
  })

  it('ends a wait when bytes come, when the connection ends and when it is aborted', async () => {
    const stream = new FakeSocket()
    const socket = taken(stream)
    const arrival = socket.wait(never)
    stream.push(frame('d'))
    await arrival
    payloadsOf(socket)
    const abandoned = new AbortController()
    const wait = socket.wait(abandoned.signal)
    abandoned.abort(new Error('enough'))
    await expect(wait).rejects.toThrow('enough')
    await expect(socket.wait(abandoned.signal)).rejects.toThrow('enough')
    const end = socket.wait(never)
    stream.destroy()
    await end
    expect(() => socket.next()).toThrow('closed')
  })

  it('destroys a connection that brings what is no frame, before it is taken over', async () => {
    const stream = new FakeSocket()
    let failure: Error | undefined
    stream.on('error', (error) => (failure = error))
    new FrameFollower(stream)
    stream.push(Buffer.from('HTTP/1.1 400 Bad Request'))
    await settled()
    expect(failure).toMatchObject({ code: 'postgres_protocol_violation' })
  })
})
