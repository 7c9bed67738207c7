// How many requests with a body are under way at once, over all partitions of a sink, and the memory they take: a lane is
// a buffer of one part. Who finds no free lane waits in the order of asking.

export class UploadLanes {
  readonly #partBytes: number
  readonly #free: Buffer[] = []
  readonly #waiting: ((buffer: Buffer) => void)[] = []
  #unmade: number

  constructor(count: number, partBytes: number) {
    this.#unmade = count
    this.#partBytes = partBytes
  }

  /** The buffer is the work's until it settles; it holds at least `bytes`. */
  async run<T>(bytes: number, work: (buffer: Buffer) => Promise<T>): Promise<T> {
    const buffer = await this.#take()
    try {
      // A part is larger only where a file would have too many of them.
      return await work(bytes <= buffer.length ? buffer : Buffer.allocUnsafe(bytes))
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free.push(buffer)
      else next(buffer)
    }
  }

  #take(): Promise<Buffer> | Buffer {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#unmade > 0) {
      this.#unmade--
      return Buffer.allocUnsafe(this.#partBytes)
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
