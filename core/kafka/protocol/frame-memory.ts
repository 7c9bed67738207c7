// Memory for the frames that are gathered, which goes from one to the next: to allocate it anew for each large request
// costs more than all that is done with the request, in page faults and in garbage collections, which V8 begins by the
// bytes outside of its heap.
//
// What is given back is kept up to a bound, the newest first. Only memory that was taken here is kept, and once: a frame
// that is a view of something else is left alone.

export class FrameMemory {
  readonly #mostBytes: number
  /** Given back, the newest last. */
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  /** In the hands of others. */
  readonly #taken = new WeakSet<ArrayBufferLike>()

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** A buffer of at least so many bytes, with anything in it, that was given back; undefined when there is none. */
  takeKept(bytes: number): Buffer | undefined {
    const at = this.#kept.findLastIndex((buffer) => buffer.length >= bytes)
    if (at === -1) return undefined
    const [buffer] = this.#kept.splice(at, 1)
    if (buffer === undefined) return undefined
    this.#keptBytes -= buffer.length
    this.#taken.add(buffer.buffer)
    return buffer
  }

  /** A new buffer of so many bytes. */
  take(bytes: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(bytes)
    this.#taken.add(buffer.buffer)
    return buffer
  }

  /** The memory behind the frame is free: the caller knows that nobody looks into it any more. */
  giveBack(frame: Buffer): void {
    if (!this.#taken.delete(frame.buffer)) return
    const whole = Buffer.from(frame.buffer)
    if (whole.length > this.#mostBytes) return
    this.#kept.push(whole)
    this.#keptBytes += whole.length
    while (this.#keptBytes > this.#mostBytes) this.#keptBytes -= this.#kept.shift()?.length ?? 0
  }
}
