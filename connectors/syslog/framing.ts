// Cuts a stream into messages, as RFC 6587 says and receivers do, for each message by its first byte:
//
//   1 to 9    octet counting: the length in decimal digits, a space, so many bytes, of which the first is a `<`
//   any other up to a line feed or a zero byte, which are not part of it; a carriage return before it is not either
//
// Digits and a space without a `<` behind them (RFC 6587 3.4.1, RFC 5424 6: a counted message begins with its priority)
// begin a line: taken for a length, they would swallow so many bytes of what follows. Of a message that is longer than
// may be, the beginning is given, with its whole length where that is known. Pure.

/** A message is `bytes.subarray(start, end)`, and holds until the next call. */
export interface Taker {
  /** `wholeBytes` is what was given of a whole message, more of one that was cut, 0 when nobody knows how much more. */
  message(bytes: Buffer, start: number, end: number, wholeBytes: number): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const zero = 0x30
const one = 0x31
const nine = 0x39
const lessThan = 0x3c
/** Of a length: more digits would be more than 99 MB. */
const mostDigits = 8
const leastStoreBytes = 256

const nothing = Buffer.alloc(0)

type State = 'begin' | 'count' | 'counted begin' | 'counted' | 'line'

export class MessageFraming {
  readonly #mostBytes: number
  readonly #taker: Taker
  #state: State = 'begin'
  /** What came of the message so far, up to the most that is given: of the chunk at hand alone, else in the store. */
  #inChunk: Buffer = nothing
  #store: Buffer = nothing
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
      else if (this.#state === 'counted begin') this.#beginCounted(chunk[at]!)
      else if (this.#state === 'counted') at = this.#counted(chunk, at)
      else at = this.#line(chunk, at)
    }
    this.#keep()
  }

  /** The sender has ended: a last line needs no end, a counted message needs all that was counted. */
  end(): void {
    this.#finish(true)
  }

  /** The connection broke off, or was closed by us: what had begun is given as far as it came, and is not whole. */
  cut(): void {
    this.#finish(false)
  }

  #finish(isLineWhole: boolean): void {
    if (this.#state === 'count') this.#hold(Buffer.from(this.#digits))
    if (this.#state === 'counted begin') this.#hold(Buffer.from(`${this.#digits} `))
    if (this.#state === 'counted') this.#give(this.#statedBytes)
    else if (this.#state !== 'begin') this.#give(isLineWhole ? this.#cameBytes : 0)
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
      this.#state = 'counted begin'
      return at + 1
    }
    this.#hold(Buffer.from(this.#digits))
    this.#state = 'line'
    return at
  }

  #beginCounted(byte: number): void {
    if (byte === lessThan) {
      this.#statedBytes = Number(this.#digits)
      this.#state = 'counted'
      return
    }
    this.#hold(Buffer.from(`${this.#digits} `))
    this.#state = 'line'
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
    const zeroAt = chunk.subarray(at, end < 0 ? chunk.length : end).indexOf(0)
    if (zeroAt >= 0) end = at + zeroAt
    this.#hold(chunk.subarray(at, end < 0 ? chunk.length : end))
    if (end < 0) return chunk.length
    this.#give(this.#cameBytes)
    this.#reset()
    return end + 1
  }

  #hold(bytes: Buffer): void {
    this.#cameBytes += bytes.length
    const kept = bytes.subarray(0, this.#mostBytes - this.#heldBytes)
    if (kept.length === 0) return
    if (this.#heldBytes === 0) {
      this.#inChunk = kept
    } else {
      this.#keep()
      this.#makeRoom(this.#heldBytes + kept.length)
      kept.copy(this.#store, this.#heldBytes)
    }
    this.#heldBytes += kept.length
  }

  /** A chunk is a whole read of a socket: a small rest must not keep one in memory. */
  #keep(): void {
    if (this.#inChunk.length === 0) return
    this.#makeRoom(this.#inChunk.length)
    this.#inChunk.copy(this.#store)
    this.#inChunk = nothing
  }

  /** Twice as much each time, so that a message that comes byte by byte is not copied with each of them. */
  #makeRoom(bytes: number): void {
    if (this.#store.length >= bytes) return
    const wanted = Math.max(bytes, 2 * this.#store.length, leastStoreBytes)
    const larger = Buffer.alloc(Math.min(wanted, this.#mostBytes))
    this.#store.copy(larger)
    this.#store = larger
  }

  #give(wholeBytes: number): void {
    const bytes = this.#inChunk.length > 0 ? this.#inChunk : this.#store
    let end = this.#heldBytes
    const isWhole = wholeBytes === end
    while (isWhole && end > 0 && (bytes[end - 1] === lineFeed || bytes[end - 1] === 0)) end--
    if (isWhole && end > 0 && bytes[end - 1] === carriageReturn) end--
    if (end > 0 || !isWhole) this.#taker.message(bytes, 0, end, isWhole ? end : wholeBytes)
  }

  #reset(): void {
    this.#state = 'begin'
    this.#inChunk = nothing
    this.#store = nothing
    this.#heldBytes = 0
    this.#cameBytes = 0
    this.#statedBytes = 0
    this.#digits = ''
  }
}
