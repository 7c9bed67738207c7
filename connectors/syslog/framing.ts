// Cuts a stream into messages, as RFC 6587 says and receivers do, for each message by its first byte:
//
//   1 to 9    octet counting: the length in decimal digits, a space, so many bytes
//   any other up to a line feed or a zero byte, which are not part of it; a carriage return before it is not either
//
// Of a message that is longer than may be, the beginning is given, with its whole length where that is known. Pure.

/** A message is `bytes.subarray(start, end)`, and holds until the next call. */
export interface Taker {
  /** `wholeBytes` is more than was given of a message that was cut; 0 when nobody knows how much more. */
  message(bytes: Buffer, start: number, end: number, wholeBytes: number): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const zero = 0x30
const one = 0x31
const nine = 0x39
/** Of a length: more digits would be more than 99 MB. */
const mostDigits = 8

const nothing = Buffer.alloc(0)

type State = 'begin' | 'count' | 'counted' | 'line'

export class MessageFraming {
  readonly #mostBytes: number
  readonly #taker: Taker
  #state: State = 'begin'
  /** What came of the message so far, up to the most that is given. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** Bytes of the message that came, given or not. */
  #cameBytes = 0
  /** Of a counted one. */
  #statedBytes = 0
  #digits = ''

  constructor(mostBytes: number, taker: Taker) {
    this.#mostBytes = mostBytes
    this.#taker = taker
  }

  /** How many bytes of a message without an end are kept. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** The chunk is not looked at afterwards. */
  take(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#state === 'begin') at = this.#begin(chunk, at)
      else if (this.#state === 'count') at = this.#count(chunk, at)
      else if (this.#state === 'counted') at = this.#counted(chunk, at)
      else at = this.#line(chunk, at)
    }
    this.#keepHeld()
  }

  /** No more comes: what has begun is given as it is. */
  end(): void {
    if (this.#state === 'count') this.#hold(Buffer.from(this.#digits))
    if (this.#state === 'counted') this.#give(this.#statedBytes)
    else if (this.#state !== 'begin' && this.#cameBytes > 0) this.#give(this.#cameBytes)
    this.#reset()
  }

  #begin(chunk: Buffer, at: number): number {
    const byte = chunk[at]!
    // Some senders end counted messages with one more; between messages both say nothing.
    if (byte === lineFeed || byte === 0) return at + 1
    this.#state = byte >= one && byte <= nine ? 'count' : 'line'
    return at
  }

  #count(chunk: Buffer, start: number): number {
    let at = start
    while (at < chunk.length && chunk[at]! >= zero && chunk[at]! <= nine && this.#digits.length <= mostDigits) {
      this.#digits += String.fromCharCode(chunk[at]!)
      at++
    }
    if (at === chunk.length) return at
    if (chunk[at] === space && this.#digits.length <= mostDigits) {
      this.#statedBytes = Number(this.#digits)
      this.#state = 'counted'
      return at + 1
    }
    // No length after all: a line that begins with digits.
    this.#hold(Buffer.from(this.#digits))
    this.#state = 'line'
    return at
  }

  #counted(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#statedBytes - this.#cameBytes)
    this.#hold(chunk.subarray(at, end))
    if (this.#cameBytes === this.#statedBytes) {
      this.#give(this.#statedBytes)
      this.#reset()
    }
    return end
  }

  #line(chunk: Buffer, at: number): number {
    let end = chunk.indexOf(lineFeed, at)
    const zeroAt = chunk.indexOf(0, at)
    if (zeroAt >= 0 && (end < 0 || zeroAt < end)) end = zeroAt
    this.#hold(chunk.subarray(at, end < 0 ? chunk.length : end))
    if (end < 0) return chunk.length
    this.#give(this.#cameBytes)
    this.#reset()
    return end + 1
  }

  #hold(bytes: Buffer): void {
    this.#cameBytes += bytes.length
    const room = this.#mostBytes - this.#heldBytes
    if (room <= 0 || bytes.length === 0) return
    const kept = bytes.length <= room ? bytes : bytes.subarray(0, room)
    this.#held.push(kept)
    this.#heldBytes += kept.length
  }

  /** Chunks are whole reads of a socket: a small rest must not keep one in memory. */
  #keepHeld(): void {
    if (this.#heldBytes === 0) return
    this.#held = [Buffer.concat(this.#held, this.#heldBytes)]
  }

  #give(wholeBytes: number): void {
    const [first = nothing] = this.#held
    const bytes = this.#held.length <= 1 ? first : Buffer.concat(this.#held, this.#heldBytes)
    let end = bytes.length
    const isWhole = wholeBytes === end
    while (isWhole && end > 0 && (bytes[end - 1] === lineFeed || bytes[end - 1] === 0)) end--
    if (isWhole && end > 0 && bytes[end - 1] === carriageReturn) end--
    if (end > 0 || !isWhole) this.#taker.message(bytes, 0, end, isWhole ? end : wholeBytes)
  }

  #reset(): void {
    this.#state = 'begin'
    this.#held = []
    this.#heldBytes = 0
    this.#cameBytes = 0
    this.#statedBytes = 0
    this.#digits = ''
  }
}
