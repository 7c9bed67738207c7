// Records of every kind for property tests.

import fc from 'fast-check'
import type { PlainRecord } from '../../../core/record/encode-batch.js'

const anyBytes: fc.Arbitrary<Uint8Array | null> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 300 }) },
)

const anyRecord: fc.Arbitrary<PlainRecord> = fc.record({
  key: anyBytes,
  value: anyBytes,
  // Clocks go back, and files of 1969 exist.
  timestampMs: fc.oneof(fc.integer({ min: -1_000_000, max: 4_000_000_000_000 }), fc.nat(1000)),
  headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 20 }), value: anyBytes }), {
    maxLength: 3,
  }),
})

export const someRecords = fc.array(anyRecord, { minLength: 1, maxLength: 20 })
