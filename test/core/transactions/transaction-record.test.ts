import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PendingOffsets, TransactionMetadata } from '../../../core/transactions/transaction.js'
import { decodeRecord, metadataRecord, pendingRecord } from '../../../core/transactions/transaction-record.js'
import { topicId } from './fake-port.js'

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const uuid = fc.uuid()
const partition = fc.nat(2 ** 31 - 1)
const producer = fc.record({ producerId: fc.maxSafeNat(), epoch: fc.nat(32_767) })
const metadata: fc.Arbitrary<TransactionMetadata> = fc.record({
  producer,
  previous: fc.option(producer, { nil: undefined }),
  timeoutMs: fc.nat(900_000),
  state: fc.constantFrom('empty', 'ongoing', 'committed', 'aborted'),
  startedAtMs: fc.oneof(fc.constant(-1), fc.maxSafeNat()),
  lastUsedAtMs: fc.maxSafeNat(),
  topics: fc
    .array(fc.tuple(text, fc.record({ topicId: uuid, partitions: fc.array(partition, { maxLength: 5 }) })), {
      maxLength: 3,
    })
    .map((all) => new Map(all.map(([topic, named]) => [topic, { ...named, partitions: new Set(named.partitions) }]))),
  groups: fc.array(text, { maxLength: 3 }).map((all) => new Set(all)),
})
const offset = fc.record({ offset: fc.maxSafeNat(), leaderEpoch: fc.integer({ min: -1, max: 99 }), metadata: text })
const pending: fc.Arbitrary<PendingOffsets> = fc
  .array(
    fc.tuple(text, fc.record({ topicId: uuid, offsets: fc.array(fc.tuple(partition, offset), { maxLength: 3 }) })),
    { maxLength: 3 },
  )
  .map((all) => new Map(all.map(([topic, named]) => [topic, { ...named, offsets: new Map(named.offsets) }])))

const unknown = expect.objectContaining({ code: 'transaction_record_unknown' })
const truncated = expect.objectContaining({ code: 'bytes_truncated' })
const hex = (written: Uint8Array | null): string => Buffer.from(written!).toString('hex')

const one: TransactionMetadata = {
  producer: { producerId: 258, epoch: 3 },
  previous: { producerId: 258, epoch: 2 },
  timeoutMs: 60_000,
  state: 'ongoing',
  startedAtMs: 5,
  lastUsedAtMs: 6,
  topics: new Map([['t', { topicId: topicId(1), partitions: new Set([0, 7]) }]]),
  groups: new Set(['g']),
}
const offsets: PendingOffsets = new Map([
  ['t', { topicId: topicId(1), offsets: new Map([[1, { offset: 258, leaderEpoch: -1, metadata: 'm' }]]) }],
])

describe('records of transactions', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(text, metadata, text, pending, (transactionalId, written, group, offsetsWritten) => {
        const ofId = metadataRecord(transactionalId, written)
        expect(decodeRecord(ofId.key, ofId.value)).toEqual({ kind: 'metadata', transactionalId, metadata: written })
        const ofGroup = pendingRecord(transactionalId, group, offsetsWritten)
        const read = decodeRecord(ofGroup.key, ofGroup.value)
        expect(read).toEqual({ kind: 'pending', transactionalId, group, pending: offsetsWritten })
      }),
    )
  })

  test('without a value remove what their key names', () => {
    const { key, value } = metadataRecord('x', undefined)
    expect(value).toBeNull()
    expect(decodeRecord(key, value)).toEqual({ kind: 'metadata', transactionalId: 'x', metadata: undefined })
    const ofGroup = pendingRecord('x', 'g', undefined)
    expect(ofGroup.value).toBeNull()
    const removed = decodeRecord(ofGroup.key, ofGroup.value)
    expect(removed).toEqual({ kind: 'pending', transactionalId: 'x', group: 'g', pending: undefined })
  })

  test('have the same key whatever they say, and another one for another name', () => {
    expect(metadataRecord('x', one).key).toEqual(metadataRecord('x', undefined).key)
    expect(pendingRecord('x', 'g', offsets).key).toEqual(pendingRecord('x', 'g', undefined).key)
    const keys = [metadataRecord('x', one), pendingRecord('x', 'g', offsets), pendingRecord('xg', '', offsets)]
    expect(new Set(keys.map(({ key }) => hex(key))).size).toBe(3)
  })

  test('lie in bytes as docs/formats/transaction-records.md says', () => {
    const { key, value } = metadataRecord('x', one)
    expect(hex(key)).toBe(['01', '000178'].join(''))
    const head = ['01', '0000000000000102', '0003', '0000000000000102', '0002', '0000ea60', '01']
    const times = ['0000000000000005', '0000000000000006']
    const topics = ['00000001', '000174', topicId(1).replaceAll('-', ''), '00000002', '00000000', '00000007']
    expect(hex(value)).toBe([...head, ...times, ...topics, '00000001', '000167'].join(''))

    const ofGroup = pendingRecord('x', 'g', offsets)
    expect(hex(ofGroup.key)).toBe(['02', '000178', '000167'].join(''))
    const topic = ['00000001', '000174', topicId(1).replaceAll('-', ''), '00000001']
    const committed = ['00000001', '0000000000000102', 'ffffffff', '00016d']
    expect(hex(ofGroup.value)).toBe(['01', ...topic, ...committed].join(''))
  })

  test('without a previous producer say -1', () => {
    const { value } = metadataRecord('x', { ...one, previous: undefined })
    expect(hex(value).slice(22, 42)).toBe('ff'.repeat(10))
  })

  test('of an unknown kind, version or state are refused', () => {
    const { key, value } = metadataRecord('x', one)
    const ofGroup = pendingRecord('x', 'g', offsets)
    const changed = (bytes: Uint8Array | null, at: number, to: number): Uint8Array => {
      const copy = Uint8Array.from(bytes!)
      copy[at] = to
      return copy
    }
    expect(() => decodeRecord(changed(key, 0, 3), value)).toThrow(unknown)
    expect(() => decodeRecord(key, changed(value, 0, 2))).toThrow(unknown)
    expect(() => decodeRecord(ofGroup.key, changed(ofGroup.value, 0, 2))).toThrow(unknown)
    expect(() => decodeRecord(key, changed(value, 25, 4))).toThrow(unknown)
  })

  test('that were cut off anywhere are refused', () => {
    for (const { key, value } of [metadataRecord('x', one), pendingRecord('x', 'g', offsets)]) {
      for (let length = 0; length < value!.length; length++)
        expect(() => decodeRecord(key, value!.subarray(0, length))).toThrow(truncated)
      for (let length = 0; length < key.length; length++)
        expect(() => decodeRecord(key.subarray(0, length), value)).toThrow(truncated)
    }
  })

  test('keep no view of the bytes they were read from', () => {
    const { key, value } = pendingRecord('x', 'g', offsets)
    const bytes = Uint8Array.from(value!)
    const read = decodeRecord(key, bytes)
    bytes.fill(0)
    expect(read).toMatchObject({ pending: offsets })
  })
})
