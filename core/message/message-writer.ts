// Writes the fields of versioned messages (declare.ts has the format) for the generated encoders.
//
// Fields go into one buffer that grows; large record sets are kept by reference and put between its parts at the end,
// so that a response of 50 MB is never copied. A value that does not fit its field is a broken assumption.

import { ByteWriter } from '../bytes/byte-writer.js'
import { invariant } from '../errors/invariant.js'
import { maxStringBytes } from './message-reader.js'

/** Record batches one behind the other, in one array or several. */
export type RecordChunks = Uint8Array | readonly Uint8Array[]

/** From here on a reference and a further entry for the socket's writev are cheaper than a copy. */
const referencedFromBytes = 1024

export class MessageWriter {
  /** Lengths are compact and structs end with tags; an encoder sets it by its version. */
  flexible = false
  private readonly fields: ByteWriter
  private readonly inserted: Uint8Array[] = []
  /** For each inserted array its place in `fields`. */
  private readonly insertedAt: number[] = []
  private insertedBytes = 0

  constructor(initialBytes = 256) {
    this.fields = new ByteWriter(initialBytes)
  }

  /** Everything written so far, references included. */
  get sizeBytes(): number {
    return this.fields.sizeBytes + this.insertedBytes
  }

  bool(value: boolean): void {
    this.fields.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    this.fields.int8(value)
  }

  int16(value: number): void {
    this.fields.int16(value)
  }

  uint16(value: number): void {
    invariant(Number.isInteger(value) && value >= 0 && value <= 0xffff, `${value} is no 16-bit number`)
    this.fields.int16((value << 16) >> 16)
  }

  int32(value: number): void {
    this.fields.int32(value)
  }

  uint32(value: number): void {
    this.fields.uint32(value)
  }

  /** A safe integer. */
  int64(value: number): void {
    this.fields.int64(value)
  }

  float64(value: number): void {
    this.fields.float64(value)
  }

  /** The canonical text of 36 characters in lower case. */
  uuid(text: string): void {
    this.fields.uuid(text)
  }

  string(text: string | null): void {
    invariant(text !== null, 'a string is null in a version that has no null for it')
    this.nullableString(text)
  }

  nullableString(text: string | null): void {
    if (!this.flexible) this.nullableString16(text)
    else if (text === null) this.unsignedVarint(0)
    else {
      const encoded = Buffer.from(text, 'utf8')
      invariant(encoded.length <= maxStringBytes, `a string of ${encoded.length} bytes is too long`)
      this.unsignedVarint(encoded.length + 1)
      this.fields.raw(encoded)
    }
  }

  /** A string whose length is an int16 in every version. */
  nullableString16(text: string | null): void {
    this.fields.string16(text)
  }

  bytes(value: Uint8Array | null): void {
    invariant(value !== null, 'bytes are null in a version that has no null for them')
    this.nullableBytes(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    this.length(value === null ? -1 : value.length)
    if (value !== null) this.fields.raw(value)
  }

  records(value: RecordChunks | null): void {
    invariant(value !== null, 'records are null in a version that has no null for them')
    this.nullableRecords(value)
  }

  /** Large arrays are kept until the frame is written: the caller must not change them before. */
  nullableRecords(value: RecordChunks | null): void {
    if (value === null) this.length(-1)
    else if (value instanceof Uint8Array) {
      this.length(value.length)
      this.insert(value)
    } else {
      this.length(value.reduce((total, chunk) => total + chunk.length, 0))
      for (const chunk of value) this.insert(chunk)
    }
  }

  /** The length of an array, whose elements are to follow. */
  count(elements: readonly unknown[] | null): void {
    invariant(elements !== null, 'an array is null in a version that has no null for it')
    this.length(elements.length)
  }

  nullableCount(elements: readonly unknown[] | null): void {
    this.length(elements === null ? -1 : elements.length)
  }

  /** Whether a nullable struct follows. */
  isPresent(value: boolean): void {
    this.fields.int8(value ? 1 : -1)
  }

  /** How many tagged fields follow; nothing in versions that are not flexible. */
  tagCount(count: number): void {
    if (this.flexible) this.unsignedVarint(count)
  }

  /** A writer for the content of a tagged field, which goes to `tagged` when it is complete. */
  content(): MessageWriter {
    const content = new MessageWriter(64)
    content.flexible = true
    return content
  }

  tagged(tag: number, content: MessageWriter): void {
    invariant(content.inserted.length === 0, 'a tagged field holds no records')
    this.unsignedVarint(tag)
    this.unsignedVarint(content.fields.sizeBytes)
    this.fields.raw(content.fields.view())
  }

  /** What was written, in order, for one writev. The writer is used up: its memory belongs to the caller. */
  finish(): readonly Buffer[] {
    const written = this.fields.view()
    const chunks: Buffer[] = []
    let from = 0
    for (let index = 0; index < this.inserted.length; index++) {
      const until = this.insertedAt[index]!
      if (until > from) chunks.push(written.subarray(from, until))
      chunks.push(asBuffer(this.inserted[index]!))
      from = until
    }
    if (written.length > from) chunks.push(written.subarray(from))
    return chunks
  }

  private insert(chunk: Uint8Array): void {
    if (chunk.length < referencedFromBytes) {
      this.fields.raw(chunk)
      return
    }
    this.inserted.push(chunk)
    this.insertedAt.push(this.fields.sizeBytes)
    this.insertedBytes += chunk.length
  }

  private length(length: number): void {
    if (this.flexible) this.unsignedVarint(length + 1)
    else this.fields.int32(length)
  }

  private unsignedVarint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.fields.int8((rest & 0x7f) - 0x80)
      rest = Math.floor(rest / 128)
    }
    this.fields.int8(rest)
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
