import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../../core/engine/consumer/consumer-protocol.js'

const partitionsArbitrary = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'orders.eu'), fc.nat(1000)), {
    selector: ([topic, partition]) => `${topic}/${partition}`,
    maxLength: 20,
  })
  .map((pairs) =>
    pairs.map(([topic, partition]) => ({ topic, partition })).sort((a, b) => (a.topic < b.topic ? -1 : 1)),
  )

test('what is encoded is decoded again', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 5 }),
      partitionsArbitrary,
      (topics, owned) => {
        expect(decodeSubscription(encodeSubscription({ topics, owned }))).toEqual({
          topics,
          owned,
        })
        expect(decodeAssignment(encodeAssignment(owned))).toEqual(owned)
      },
    ),
  )
})

test('writes the bytes that the ConsumerProtocol schemas of Kafka describe', () => {
  const owned = [{ topic: 't', partition: 2 }]
  const subscription = '0001 00000001 0001 74 ffffffff 00000001 0001 74 00000001 00000002'
  const assignment = '0001 00000001 0001 74 00000001 00000002 ffffffff'
  expect(encodeSubscription({ topics: ['t'], owned }).toString('hex')).toBe(subscription.replaceAll(' ', ''))
  expect(encodeAssignment(owned).toString('hex')).toBe(assignment.replaceAll(' ', ''))
})

test('reads versions 0 and 3 of foreign members', () => {
  const v0 = Buffer.from('0000 00000001 0001 74 00000000'.replaceAll(' ', ''), 'hex')
  expect(decodeSubscription(v0)).toEqual({ topics: ['t'], owned: [] })
  const v3 = '0003 00000001 0001 74 ffffffff 00000001 0001 74 00000001 00000002 00000007 ffff'
  expect(decodeSubscription(Buffer.from(v3.replaceAll(' ', ''), 'hex'))).toEqual({
    topics: ['t'],
    owned: [{ topic: 't', partition: 2 }],
  })
})

test('reads version 1 of a member that ends before what it owns', () => {
  const bytes = Buffer.from('0001' + '00000001' + '000174' + '00000000', 'hex')
  expect(decodeSubscription(bytes)).toEqual({ topics: ['t'], owned: [] })
})

test('assigns nothing to a member that the leader forgot', () => {
  expect(decodeAssignment(new Uint8Array(0))).toEqual([])
})

test('refuses bytes that claim more than is there', () => {
  const hostile = Buffer.from('0001 7fffffff'.replaceAll(' ', ''), 'hex')
  expect(() => decodeSubscription(hostile)).toThrow(expect.objectContaining({ code: 'bytes_truncated' }))
  expect(() => decodeAssignment(hostile)).toThrow(expect.objectContaining({ code: 'bytes_truncated' }))
})
