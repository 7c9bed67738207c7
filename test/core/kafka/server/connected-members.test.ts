// Members whose connection closes, on a server that drops them then.

import { afterEach, describe, expect, it } from 'vitest'
import { settled } from '../../../support/manual-clock.js'
import { joinRequest } from './requests.js'
import { type PeerConnection, type ServerRig, startRig } from './server-rig.js'

let rig: ServerRig

afterEach(() => rig.close())

const members = (): string[] =>
  rig.engine.groups.list().flatMap(({ group }) => rig.engine.groups.describe(group).members.map((one) => one.memberId))

/** As clients of today: an id first, and then the join with it. */
async function joins(peer: PeerConnection): Promise<string> {
  const { memberId } = await peer.ask('joinGroup', 9, joinRequest())
  expect(await peer.ask('joinGroup', 9, joinRequest({ memberId }))).toMatchObject({ errorCode: 0, memberId })
  return memberId
}

/** Lets turns pass until the members are so many, or it is clear that they will not be. */
async function untilMembers(count: number): Promise<void> {
  for (let turn = 0; turn < 3000 && members().length !== count; turn++) await settled()
}

describe('a server that drops members with their connection', () => {
  it('drops a member whose client is gone, and says so', async () => {
    rig = await startRig({ evictsOnClose: true })
    const [stays, goes] = [rig.dial(), rig.dial()]
    const here = await joins(stays)
    const gone = goes.ask('joinGroup', 3, joinRequest())
    await untilMembers(2)
    const [, { memberId }] = await Promise.all([stays.ask('joinGroup', 9, joinRequest({ memberId: here })), gone])
    expect(members()).toEqual([here, memberId])
    goes.destroy()
    await untilMembers(1)
    expect(members()).toEqual([here])
    const texts = rig.engine.groups.describe('group').events.map(({ text }) => text)
    expect(texts.slice(-2)).toEqual([
      `member ${memberId} is dropped: its connection has closed`,
      `rebalance begins because member ${memberId} is dropped`,
    ])
  })

  it('drops a member that ends sending, and one whose join is held', async () => {
    rig = await startRig({ evictsOnClose: true })
    const [first, second] = [rig.dial(), rig.dial()]
    await joins(first)
    const { memberId } = await second.ask('joinGroup', 9, joinRequest())
    const held = second.ask('joinGroup', 9, joinRequest({ memberId })).catch((error: unknown) => error)
    await untilMembers(2)
    expect(members()).toContain(memberId)
    second.destroy()
    expect(await held).toMatchObject({ message: 'the connection is closed' })
    await untilMembers(1)
    expect(members()).not.toContain(memberId)
    first.endsSending()
    await untilMembers(0)
    expect(members()).toEqual([])
  })

  it('leaves a member alone that has joined by another connection since', async () => {
    rig = await startRig({ evictsOnClose: true })
    const [before, after] = [rig.dial(), rig.dial()]
    const memberId = await joins(before)
    await after.ask('joinGroup', 9, joinRequest({ memberId }))
    before.destroy()
    await settled()
    expect(members()).toEqual([memberId])
    after.destroy()
    await untilMembers(0)
    expect(members()).toEqual([])
  })

  it('leaves static members to their session', async () => {
    rig = await startRig({ evictsOnClose: true })
    const peer = rig.dial()
    const { memberId } = await peer.ask('joinGroup', 9, joinRequest({ groupInstanceId: 'one' }))
    peer.destroy()
    await settled()
    expect(members()).toEqual([memberId])
    await rig.clock.advance(10_000)
    expect(members()).toEqual([])
  })

  it('takes no member along when it closes itself', async () => {
    rig = await startRig({ evictsOnClose: true })
    const memberId = await joins(rig.dial())
    await rig.server.close()
    await settled()
    expect(members()).toEqual([memberId])
  })

  it('leaves every member to its session unless it is told to', async () => {
    rig = await startRig()
    const peer = rig.dial()
    const memberId = await joins(peer)
    peer.destroy()
    await settled()
    expect(members()).toEqual([memberId])
  })

  it('forgets the oldest of more members than one client can have', async () => {
    rig = await startRig({ evictsOnClose: true })
    const peer = rig.dial()
    for (let index = 0; index < 1001; index++)
      await peer.ask('joinGroup', 3, joinRequest({ groupId: `group-${index}` }))
    expect(members()).toHaveLength(1001)
    peer.destroy()
    await untilMembers(1)
    expect(rig.engine.groups.list().map(({ group }) => group)).toEqual(['group-0'])
  })
})
