import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmur2, partitionForKey, StickyPartitioner } from '../../../core/record/partitioner.js'

describe('murmur2', () => {
  // Kafka, clients/src/test/…/UtilsTest.java, testMurmur2; the digits from Akka's comparison with the same function.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
    ['1', -1993445489],
    ['12', 126087238],
    ['123', -267702483],
    ['1234', -1614185708],
    ['12345', -1188365604],
  ])('of %j is what Kafka’s clients compute', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
  })

  it('takes bytes above 127 as unsigned', () => {
    // From Uber's cherami tests, computed with Kafka 1.0.0's client, and the same key with its top bits set.
    expect(murmur2(Uint8Array.of(12, 42, 56, 24, 109, 111))).toBe(274204207)
    expect(murmur2(Uint8Array.of(0xff))).not.toBe(murmur2(Uint8Array.of(0x7f)))
  })
})

describe('partitionForKey', () => {
  it('is the positive hash modulo the partitions', () => {
    expect(partitionForKey(Buffer.from('foobar'), 10)).toBe(1357151166 % 10)
    expect(partitionForKey(Buffer.from('abc'), 7)).toBe(479470107 % 7)
  })

  it('is always one of the partitions', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 10_000 }), (key, partitions) => {
        const partition = partitionForKey(key, partitions)
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true)
      }),
    )
  })
})

describe('the sticky partitioner', () => {
  it('stays until it is rotated, and reaches every partition', () => {
    const sticky = new StickyPartitioner()
    const seen = new Set<number>()
    for (let step = 0; step < 64; step++) {
      sticky.rotate({ fraction: () => step / 64 })
      const choice = sticky.pick(5)
      expect(sticky.pick(5)).toBe(choice)
      seen.add(choice)
    }
    expect(seen).toEqual(new Set([0, 1, 2, 3, 4]))
  })

  it('stays within the partitions when their number changes', () => {
    const sticky = new StickyPartitioner()
    sticky.rotate({ fraction: () => 0.999999 })
    for (const partitions of [1, 2, 3, 100]) expect(sticky.pick(partitions)).toBeLessThan(partitions)
  })
})
