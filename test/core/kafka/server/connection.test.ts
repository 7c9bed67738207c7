import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ByteBudget } from '../../../../core/kafka/server/byte-budget.js'
import {
  idleMs,
  maxConnections,
  maxPipelinedRequests,
  stalledMs,
  sweepMs,
  tightStalledMs,
} from '../../../../core/kafka/server/limits.js'
import { settled } from '../../../support/manual-clock.js'
import { batchOf, fetchRequest, metadataRequest, produceRequest, versionsRequest } from './requests.js'
import { decodeResponse, framed, requestFrame, type ServerRig, startRig } from './server-rig.js'

let rig: ServerRig

beforeEach(async () => {
  rig = await startRig()
})

afterEach(() => rig.close())

const topicOf = async (): Promise<void> => void (await rig.engine.topics.create({ name: 't', partitions: 1 }))

/** Appends take place in the engine at once, but are told only when the test says so, one by one or all. */
function holdAppends(): { readonly begun: (() => void)[]; release(): void } {
  const begun: (() => void)[] = []
  const append = rig.engine.append.bind(rig.engine)
  let isReleased = false
  rig.engine.append = async (...call) => {
    const held = new Promise<void>((resolve) => void begun.push(resolve))
    const appended = await append(...call)
    if (!isReleased) await held
    return appended
  }
  return {
    begun,
    release() {
      isReleased = true
      for (const tell of begun) tell()
    },
  }
}

describe('a connection', () => {
  it('answers requests that came together in their order, one after the other', async () => {
    await topicOf()
    const peer = rig.dial()
    const frames: Buffer[] = []
    for (let index = 0; index < 20; index++) {
      frames.push(await requestFrame('produce', 7, produceRequest('t', batchOf(`${index}`)), index))
    }
    peer.send(Buffer.concat(frames))
    while (peer.frames.length < 20) await settled()
    for (const [index, frame] of peer.frames.entries()) {
      const answer = await decodeResponse('produce', 7, frame, index)
      expect(answer.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, baseOffset: index })
    }
  })

  it('begins a Produce behind Produces that wait for the log, and answers them in their order', async () => {
    await topicOf()
    const log = holdAppends()
    const peer = rig.dial()
    for (let index = 0; index < 3; index++) {
      peer.send(await requestFrame('produce', 7, produceRequest('t', batchOf(`${index}`)), index))
    }
    while (log.begun.length < 3) await settled()
    log.begun[2]?.()
    log.begun[1]?.()
    await settled()
    expect(peer.frames).toEqual([])
    log.begun[0]?.()
    while (peer.frames.length < 3) await settled()
    for (const [index, frame] of peer.frames.entries()) {
      const answer = await decodeResponse('produce', 7, frame, index)
      expect(answer.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, baseOffset: index })
    }
  })

  it('begins nothing else before Produces are answered, and no more of them than the bound', async () => {
    await topicOf()
    const log = holdAppends()
    const [many, mixed] = [rig.dial(), rig.dial()]
    const produced = await requestFrame('produce', 7, produceRequest('t', batchOf('v')), 1)
    for (let count = 0; count < maxPipelinedRequests + 3; count++) many.send(produced)
    while (log.begun.length < maxPipelinedRequests) await settled()
    await settled()
    expect(log.begun).toHaveLength(maxPipelinedRequests)
    expect(many.isPaused).toBe(true)
    mixed.send(Buffer.concat([produced, await requestFrame('metadata', 4, metadataRequest(['made']), 2)]))
    while (log.begun.length === maxPipelinedRequests) await settled()
    await settled()
    expect(rig.engine.topics.find('made')).toBeUndefined()
    log.release()
    while (mixed.frames.length < 2 || many.frames.length < maxPipelinedRequests + 3) await settled()
    await decodeResponse('metadata', 4, mixed.frames[1]!, 2)
    expect(many.isPaused).toBe(false)
  })

  it('answers the Produces before a request that closes it', async () => {
    await topicOf()
    const log = holdAppends()
    const peer = rig.dial()
    const good = await requestFrame('produce', 7, produceRequest('t', batchOf('v')), 1)
    const bad = await requestFrame('produce', 7, produceRequest('none', batchOf('v'), { acks: 0 }), 2)
    peer.send(Buffer.concat([good, bad, good]))
    while (log.begun.length < 1) await settled()
    await settled()
    expect(peer.isClosed).toBe(false)
    log.release()
    while (!peer.isClosed) await settled()
    expect(peer.frames).toHaveLength(1)
  })

  it('reads no further while the peer does not take its answers', async () => {
    const peer = rig.dial()
    peer.reads = false
    await peer.ask('metadata', 4, metadataRequest([]))
    expect(peer.isPaused).toBe(false)
    peer.send(Buffer.from([0]))
    expect(peer.isPaused).toBe(true)
    peer.takesAll()
    expect(peer.isPaused).toBe(false)
  })

  it('takes requests in pieces of any size', async () => {
    const peer = rig.dial()
    const frame = await requestFrame('metadata', 12, metadataRequest(['t']), 7)
    for (const byte of frame) peer.send(Buffer.from([byte]))
    while (peer.frames.length === 0) await settled()
    const answer = await decodeResponse('metadata', 12, peer.frames[0]!, 7)
    expect(answer.topics).toMatchObject([{ name: 't', errorCode: 0, partitions: [{ leaderId: 1 }] }])
  })

  it('is not read on while a request is held and more has come', async () => {
    await topicOf()
    const peer = rig.dial()
    const held = fetchRequest([{ topic: 't' }], { maxWaitMs: 5000 })
    peer.send(await requestFrame('fetch', 11, held, 1))
    await settled()
    expect(peer.isPaused).toBe(false)
    peer.send(await requestFrame('metadata', 4, metadataRequest([]), 2))
    expect(peer.isPaused).toBe(true)
    await rig.engine.append([{ topic: 't', partition: 0, batch: batchOf('woken') }])
    while (peer.frames.length < 2) await settled()
    expect(peer.isPaused).toBe(false)
    await decodeResponse('fetch', 11, peer.frames[0]!, 1)
    await decodeResponse('metadata', 4, peer.frames[1]!, 2)
  })

  it('begins no request while the peer does not take the answer before', async () => {
    const peer = rig.dial()
    peer.reads = false
    await peer.ask('metadata', 4, metadataRequest([]))
    peer.send(await requestFrame('metadata', 4, metadataRequest(['made']), 9))
    await settled()
    expect(rig.engine.topics.find('made')).toBeUndefined()
    peer.takesAll()
    while (peer.frames.length < 2) await settled()
    expect(rig.engine.topics.find('made')).toBeDefined()
  })

  it('ends the wait of a peer that closes', async () => {
    await topicOf()
    const peer = rig.dial()
    peer.send(await requestFrame('fetch', 11, fetchRequest([{ topic: 't' }], { maxWaitMs: 60_000 }), 1))
    await settled()
    peer.endsSending()
    while (!peer.isClosed) await settled()
    expect(peer.frames).toEqual([])
  })

  it('answers a peer that has ended its side, then closes', async () => {
    const peer = rig.dial()
    peer.send(await requestFrame('metadata', 4, metadataRequest([]), 1))
    peer.endsSending()
    while (!peer.isClosed) await settled()
    expect(peer.frames).toHaveLength(1)
  })

  it('ends its wait and closes when the server does', async () => {
    await topicOf()
    const [held, idle] = [rig.dial(), rig.dial()]
    held.send(await requestFrame('fetch', 11, fetchRequest([{ topic: 't' }], { maxWaitMs: 60_000 }), 1))
    await settled()
    await rig.server.close()
    expect([held.isClosed, idle.isClosed]).toEqual([true, true])
    expect(rig.dial().isClosed).toBe(true)
  })
})

describe('a peer that does not speak Kafka', () => {
  const four = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return bytes
  }

  it.each([
    ['a length of 0', four(0)],
    ['a negative length', four(-1)],
    ['a length of 2^31 - 1', four(2 ** 31 - 1)],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a header that is cut off', framed(Buffer.from([0, 3]))],
    ['an API that is not there', framed(Buffer.from('03e70000000000010000', 'hex'))],
    ['an API between brokers', framed(Buffer.from('00040000000000010000', 'hex'))],
    ['a version that is not there', framed(Buffer.from('00030063000000010000', 'hex'))],
    ['a version of Produce that is advertised and not served', framed(Buffer.from('00000002000000010000', 'hex'))],
    ['a body that is cut off', framed(Buffer.from('0003000400000001000000000001', 'hex'))],
    ['an array longer than its request', framed(Buffer.from('000300040000000100007fffffff', 'hex'))],
  ])('is closed on %s, with a line that says why', async (_, bytes) => {
    const peer = rig.dial()
    peer.send(bytes)
    while (!peer.isClosed) await settled()
    expect(peer.frames).toEqual([])
    expect(rig.said).toMatchObject([{ event: 'a connection is closed', fields: { reason: expect.any(String) } }])
  })

  it('costs the other connections nothing', async () => {
    const [good, bad] = [rig.dial(), rig.dial()]
    bad.send(four(-1))
    expect(bad.isClosed).toBe(true)
    expect(await good.ask('apiVersions', 3, versionsRequest)).toMatchObject({ errorCode: 0 })
  })
})

describe('more connections than may be', () => {
  it('are closed at once, and said in one line for all of them', async () => {
    for (let count = 0; count < maxConnections; count++) expect(rig.dial().isClosed).toBe(false)
    for (let count = 0; count < 300; count++) expect(rig.dial().isClosed).toBe(true)
    expect(rig.said).toEqual([])
    await rig.clock.advance(sweepMs)
    expect(rig.said).toMatchObject([{ fields: { connections: maxConnections, refused: 300 } }])
    await rig.clock.advance(sweepMs)
    expect(rig.said).toHaveLength(1)
  })
})

describe('time', () => {
  it('closes a connection that says nothing', async () => {
    const peer = rig.dial()
    await peer.ask('apiVersions', 0, versionsRequest)
    await rig.clock.advance(idleMs - sweepMs)
    expect(peer.isClosed).toBe(false)
    await rig.clock.advance(2 * sweepMs)
    expect(peer.isClosed).toBe(true)
    expect(rig.said).toMatchObject([{ fields: { reason: 'idle' } }])
  })

  it('closes a connection that began a request and does not go on', async () => {
    const peer = rig.dial()
    peer.send(Buffer.from([0, 0, 1]))
    await rig.clock.advance(stalledMs + 2 * sweepMs)
    expect(peer.isClosed).toBe(true)
    expect(rig.said).toMatchObject([{ fields: { reason: 'stalled' } }])
  })

  it('closes a connection that does not take its answer', async () => {
    const peer = rig.dial()
    peer.reads = false
    await peer.ask('metadata', 4, metadataRequest([]))
    await rig.clock.advance(stalledMs + 2 * sweepMs)
    expect(peer.isClosed).toBe(true)
  })

  it('closes who does not go on sooner while memory is tight', async () => {
    const large = Buffer.alloc(4)
    large.writeInt32BE(100 * 1024 * 1024)
    const [quiet, ...holders] = Array.from({ length: 6 }, () => rig.dial())
    for (const peer of holders) peer.send(large)
    await rig.clock.advance(tightStalledMs + 2 * sweepMs)
    expect(holders.map(({ isClosed }) => isClosed)).toEqual([true, true, true, true, true])
    expect(quiet!.isClosed).toBe(false)
  })

  it('leaves alone a connection whose fetch is held', async () => {
    await topicOf()
    const peer = rig.dial()
    peer.send(await requestFrame('fetch', 11, fetchRequest([{ topic: 't' }], { maxWaitMs: 280_000 }), 1))
    await rig.clock.advance(4 * stalledMs)
    expect(peer.isClosed).toBe(false)
    await rig.clock.advance(stalledMs)
    expect(peer.frames).toHaveLength(1)
  })
})

describe('the budget of all connections', () => {
  it('lets who does not fit wait, first come first served, and never for ever', () => {
    const budget = new ByteBudget(100)
    const admitted: string[] = []
    const take = (owner: string, bytes: number): boolean => budget.take({ owner }, bytes, () => admitted.push(owner))
    expect(take('a', 60)).toBe(true)
    expect(take('b', 60)).toBe(false)
    expect(take('c', 10)).toBe(false)
    budget.give(60)
    expect(admitted).toEqual(['b', 'c'])
    expect(budget.heldBytes).toBe(70)
    expect(take('d', 500)).toBe(false)
    budget.give(70)
    expect(admitted).toEqual(['b', 'c', 'd'])
    expect(budget.room).toBe(0)
  })

  it('forgets who waits no more, and lets the next one in', () => {
    const budget = new ByteBudget(100)
    const owners = [{}, {}, {}]
    const admitted: number[] = []
    for (const [index, owner] of owners.entries()) budget.take(owner, [90, 50, 10][index]!, () => admitted.push(index))
    budget.forget(owners[1]!)
    expect(admitted).toEqual([2])
    expect(budget.heldBytes).toBe(100)
  })

  it('keeps a large request waiting until others have ended', async () => {
    const large = Buffer.alloc(4)
    large.writeInt32BE(100 * 1024 * 1024)
    const holders = Array.from({ length: 5 }, () => rig.dial())
    for (const peer of holders) peer.send(large)
    const waiting = rig.dial()
    waiting.send(large)
    expect(waiting.isPaused).toBe(true)
    const small = rig.dial()
    expect(await small.ask('apiVersions', 0, versionsRequest)).toMatchObject({ errorCode: 0 })
    holders[0]!.destroy()
    expect(waiting.isPaused).toBe(false)
  })
})
