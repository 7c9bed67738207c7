// The laws that every codec made from a table obeys, as functions that fail on a message that breaks them.

import { deepStrictEqual } from 'node:assert/strict'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { MessageDeclaration } from '../../../core/message/declare.js'
import { messageErrors } from '../../../core/message/errors.js'
import { MessageReader } from '../../../core/message/message-reader.js'
import { MessageWriter } from '../../../core/message/message-writer.js'
import type { PlainMessage } from './arbitrary-message.js'
import { arbitraryMessage } from './arbitrary-message.js'
import { encodeByTable } from './table-encoder.js'

export interface Codec {
  readonly declared: MessageDeclaration
  readonly decode: (reader: MessageReader, version: number) => PlainMessage
  readonly encode: (writer: MessageWriter, message: PlainMessage, version: number) => void
}

/** The codec of a message from the module that was generated for it. */
export function codecOf(declared: MessageDeclaration, module: Readonly<Record<string, unknown>>): Codec {
  return {
    declared,
    decode: module[`decode${declared.name}`] as Codec['decode'],
    encode: module[`encode${declared.name}`] as Codec['encode'],
  }
}

export function versionsOf(declared: MessageDeclaration): readonly number[] {
  const { from, to } = declared.versions
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

function encoded(codec: Codec, message: PlainMessage, version: number): Buffer {
  const writer = new MessageWriter()
  codec.encode(writer, message, version)
  return Buffer.concat(writer.finish())
}

/** The message in the frame, which it must take whole. */
function decoded(codec: Codec, frame: Buffer, version: number): PlainMessage {
  const reader = new MessageReader(frame)
  const message = codec.decode(reader, version)
  expect(reader.remainingBytes).toBe(0)
  return message
}

/** Decoding what was encoded gives the same message, and the bytes are those that the table demands. */
export function checkRoundTrip(codec: Codec, version: number, runs: number): void {
  const property = fc.property(arbitraryMessage(codec.declared, version), (message) => {
    const frame = encoded(codec, message, version)
    deepStrictEqual(frame, encodeByTable(codec.declared, message, { version, unknownTags: [] }))
    deepStrictEqual(decoded(codec, frame, version), message)
  })
  fc.assert(property, { numRuns: runs })
}

/** Tagged fields that nobody knows are passed over in every struct of a flexible version. */
export function checkUnknownTags(codec: Codec, version: number, runs: number): void {
  const tags = fc.array(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    { minLength: 1, maxLength: 3 },
  )
  const property = fc.property(arbitraryMessage(codec.declared, version), tags, (message, unknownTags) => {
    const frame = encodeByTable(codec.declared, message, { version, unknownTags })
    deepStrictEqual(decoded(codec, frame, version), message)
  })
  fc.assert(property, { numRuns: runs })
}

/** A frame that is cut short anywhere is malformed, and nothing else. */
export function checkTruncation(codec: Codec, version: number, runs: number): void {
  const property = fc.property(
    arbitraryMessage(codec.declared, version),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (message, share) => {
      const frame = encoded(codec, message, version)
      const kept = Math.min(frame.length - 1, Math.floor(frame.length * share))
      if (kept < 0) return
      const failure = failureOf(() => codec.decode(new MessageReader(frame.subarray(0, kept)), version))
      expect(messageErrors.is(failure, 'malformed_message'), `${String(failure)}`).toBe(true)
    },
  )
  fc.assert(property, { numRuns: runs })
}

interface Mutation {
  readonly at: number
  readonly bytes: Uint8Array
  readonly isInsertion: boolean
}

const arbitraryMutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fc.constantFrom(
        Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
        Uint8Array.of(0xff, 0xff, 0xff, 0xfe),
        Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
        Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff),
      ),
    ),
    isInsertion: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
)

/** A frame with bytes overwritten or put between is read as a message that the frame can hold, or is malformed. */
export function checkMutations(codec: Codec, version: number, runs: number): void {
  const property = fc.property(arbitraryMessage(codec.declared, version), arbitraryMutations, (message, mutations) => {
    const frame = mutations.reduce(mutated, encoded(codec, message, version))
    let result: PlainMessage
    try {
      result = codec.decode(new MessageReader(frame), version)
    } catch (error) {
      if (messageErrors.is(error, 'malformed_message')) return
      throw error
    }
    expect(partCount(result)).toBeLessThanOrEqual(frame.length)
  })
  fc.assert(property, { numRuns: runs })
}

function mutated(frame: Buffer, { at, bytes, isInsertion }: Mutation): Buffer {
  const start = at % (frame.length + 1)
  const rest = isInsertion ? start : Math.min(frame.length, start + bytes.length)
  return Buffer.concat([frame.subarray(0, start), bytes, frame.subarray(rest)])
}

/** The array elements and the bytes of byte fields in a value: each takes a byte of the frame at least. */
function partCount(value: unknown): number {
  if (value instanceof Uint8Array) return value.length
  if (Array.isArray(value)) return value.reduce((total: number, one) => total + Math.max(1, partCount(one)), 0)
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((total: number, one) => total + partCount(one), 0)
}

export function failureOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
