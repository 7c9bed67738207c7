// Walks over the fields of a message in Protocol Buffers' wire format (protobuf.dev, "Encoding"), without a schema and
// without making an object for anything.
//
//   message   field*
//   field     tag (varint: number << 3 | wire type), content
//   content   0 varint · 1 eight bytes · 2 length (varint), bytes · 5 four bytes; groups (3, 4) are refused
//
// One cursor serves a whole tree: whoever steps into a field of wire type 2 reads up to its `behind`, and sets `at` to the
// `behind` it remembers when it goes on outside. Each length is held against the end of what it stands in.

import { formatErrors } from './errors.js'

export const wireVarint = 0
export const wireFixed64 = 1
export const wireBytes = 2
export const wireFixed32 = 5

/** What `tag` is for a field of this number and wire type. */
export function tagOf(field: number, wireType: number): number {
  return field * 8 + wireType
}

/** Errors of all that moves it: protobuf_malformed. */
export class ProtobufCursor {
  readonly bytes: Buffer
  /** Where the next field begins; behind `next`, where the content of the present one does. */
  at = 0
  /** Number and wire type of the present field, as `tagOf` gives them. */
  tag = 0
  /** Behind the present field. */
  behind = 0
  /** The value of a varint or of fixed bytes: its lower and upper 32 bits, unsigned. */
  low = 0
  high = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** The next field before `end`; false when there is none. */
  next(end: number): boolean {
    if (this.at >= end) return false
    this.#varint(end)
    if (this.high !== 0 || this.low < 8) throw this.#malformed('a field has no number')
    this.tag = this.low
    const wireType = this.low & 7
    if (wireType === wireVarint) this.#varint(end)
    else if (wireType === wireFixed64) this.#fixed(8, end)
    else if (wireType === wireFixed32) this.#fixed(4, end)
    else if (wireType === wireBytes) this.#varint(end)
    else throw this.#malformed(`there is no wire type ${wireType}`)
    this.behind = this.at
    if (wireType !== wireBytes) return true
    if (this.high !== 0 || this.low > end - this.at) throw this.#malformed('a length is larger than what remains')
    this.behind = this.at + this.low
    return true
  }

  /** The content as text; it must be UTF-8. */
  text(): string {
    const text = this.bytes.toString('utf8', this.at, this.behind)
    // The character stands for bytes that are no UTF-8, and for itself.
    if (text.includes('\ufffd') && !this.bytes.subarray(this.at, this.behind).equals(Buffer.from(text))) {
      throw this.#malformed('a text is not UTF-8')
    }
    return text
  }

  /** The content in an encoding that gives bytes as text. */
  bytesText(encoding: 'hex' | 'base64'): string {
    return this.bytes.toString(encoding, this.at, this.behind)
  }

  /** The value as a signed integer of 64 bits, all of its digits. */
  int64Text(): string {
    const high = this.high | 0
    const value = high * 0x1_0000_0000 + this.low
    return Number.isSafeInteger(value) ? String(value) : ((BigInt(high) << 32n) | BigInt(this.low)).toString()
  }

  /** The value of eight bytes as a double. */
  double(): number {
    return this.bytes.readDoubleLE(this.behind - 8)
  }

  #varint(end: number): void {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw this.#malformed('it ends inside a number')
      const byte = this.bytes[this.at++]!
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        this.low = low >>> 0
        this.high = high >>> 0
        return
      }
    }
    throw this.#malformed('a number is longer than 64 bits')
  }

  #fixed(sizeBytes: number, end: number): void {
    if (end - this.at < sizeBytes) throw this.#malformed('it ends inside a number')
    this.low = this.bytes.readUInt32LE(this.at)
    this.high = sizeBytes === 8 ? this.bytes.readUInt32LE(this.at + 4) : 0
    this.at += sizeBytes
  }

  #malformed(reason: string): Error {
    return formatErrors.make('protobuf_malformed', `no Protocol Buffers at byte ${this.at}: ${reason}`, {
      details: { position: this.at },
    })
  }
}
