import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeRecord, groupRecord, offsetRecord } from '../../../core/coordination/coordination-record.js'
import type { GroupMetadata, Member } from '../../../core/coordination/group.js'

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const int32 = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const bytes = fc.uint8Array({ maxLength: 20 })
const member: fc.Arbitrary<Member> = fc.record(
  {
    memberId: text,
    instanceId: text,
    clientId: text,
    clientHost: text,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: int32,
    protocols: fc.array(fc.record({ name: text, metadata: bytes }), { maxLength: 3 }),
    assignment: bytes,
  },
  {
    requiredKeys: [
      'memberId',
      'clientId',
      'clientHost',
      'sessionTimeoutMs',
      'rebalanceTimeoutMs',
      'protocols',
      'assignment',
    ],
  },
)
const shape = {
  generation: int32,
  protocolType: text,
  protocol: text,
  leaderId: text,
  state: fc.constantFrom('Empty', 'CompletingRebalance', 'Stable'),
  members: fc.uniqueArray(member, { selector: ({ memberId }) => memberId, maxLength: 4 }).map((all) => {
    return new Map(all.map((each) => [each.memberId, each]))
  }),
}
const metadata: fc.Arbitrary<GroupMetadata> = fc.record(
  { ...shape, emptySinceMs: fc.maxSafeNat() },
  { requiredKeys: ['generation', 'protocolType', 'protocol', 'leaderId', 'state', 'members'] },
)
const committed = fc.record({
  offset: fc.maxSafeNat(),
  leaderEpoch: fc.integer({ min: -1, max: 99 }),
  metadata: text,
  committedAtMs: fc.maxSafeNat(),
})
const unknown = expect.objectContaining({ code: 'coordination_record_unknown' })

describe('records of groups and offsets', () => {
  test('are read as they were written', () => {
    const partition = fc.record({ topic: text, partition: fc.nat(9999) })
    fc.assert(
      fc.property(text, metadata, partition, committed, (group, written, of, offset) => {
        const ofGroup = groupRecord(group, written)
        expect(decodeRecord(ofGroup.key, ofGroup.value)).toEqual({ kind: 'group', group, metadata: written })
        const ofOffset = offsetRecord(group, of, offset)
        expect(decodeRecord(ofOffset.key, ofOffset.value)).toEqual({ kind: 'offset', group, of, committed: offset })
      }),
    )
  })

  test('without a value remove what their key names', () => {
    expect(decodeRecord(groupRecord('g', undefined).key, null)).toEqual({ kind: 'group', group: 'g' })
    const of = { topic: 't', partition: 3 }
    expect(decodeRecord(offsetRecord('g', of, undefined).key, null)).toEqual({ kind: 'offset', group: 'g', of })
  })

  test('lie in bytes as docs/formats/coordination-records.md says', () => {
    const { key, value } = offsetRecord(
      'g',
      { topic: 't', partition: 1 },
      { offset: 258, leaderEpoch: -1, metadata: 'm', committedAtMs: 5 },
    )
    const hex = (written: Uint8Array | null): string => Buffer.from(written!).toString('hex')
    expect(hex(key)).toBe(['01', '000167', '000174', '00000001'].join(''))
    expect(hex(value)).toBe(['01', '0000000000000102', 'ffffffff', '00016d', '0000000000000005'].join(''))
    const one: Member = {
      memberId: 'a',
      clientId: 'c',
      clientHost: 'h',
      sessionTimeoutMs: 1000,
      rebalanceTimeoutMs: 2000,
      protocols: [{ name: 'r', metadata: Buffer.from([7]) }],
      assignment: Buffer.from([8, 9]),
    }
    const group = groupRecord('g', {
      generation: 3,
      protocolType: 'p',
      protocol: 'r',
      leaderId: 'a',
      state: 'Stable',
      members: new Map([['a', one]]),
    })
    expect(hex(group.key)).toBe(['02', '000167'].join(''))
    const head = ['02', '02', '00000003', '000170', '000172', '000161', '00000001']
    const tail = [
      '000161',
      'ffff',
      '000163',
      '000168',
      '000003e8',
      '000007d0',
      '00000001',
      '000172',
      '0000000107',
      '000000020809',
      'ffffffffffffffff',
    ]
    expect(hex(group.value)).toBe([...head, ...tail].join(''))
  })

  test('of groups are read as the release before wrote them, without the time from which on one is empty', () => {
    const written = Buffer.from(['01', '00', '00000003', '000170', '0000', '0000', '00000000'].join(''), 'hex')
    expect(decodeRecord(groupRecord('g', undefined).key, written)).toEqual({
      kind: 'group',
      group: 'g',
      metadata: {
        generation: 3,
        protocolType: 'p',
        protocol: '',
        leaderId: '',
        state: 'Empty',
        members: new Map(),
      },
    })
  })

  test('of an unknown kind, version or state are refused', () => {
    const { key, value } = groupRecord('g', {
      generation: 0,
      protocolType: '',
      protocol: '',
      leaderId: '',
      state: 'Empty',
      members: new Map(),
    })
    const changed = (bytes: Uint8Array, at: number): Buffer => {
      const copy = Buffer.from(bytes)
      copy[at] = 9
      return copy
    }
    expect(() => decodeRecord(changed(key, 0), value)).toThrow(unknown)
    expect(() => decodeRecord(key, changed(value!, 0))).toThrow(unknown)
    expect(() => decodeRecord(key, changed(value!, 1))).toThrow(unknown)
  })

  test('cut off anywhere are refused', () => {
    fc.assert(
      fc.property(metadata, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (written, share) => {
        const { key, value } = groupRecord('g', written)
        const cut = value!.subarray(0, Math.floor(value!.length * share))
        expect(() => decodeRecord(key, cut)).toThrow(expect.objectContaining({ code: 'bytes_truncated' }))
      }),
    )
  })
})
