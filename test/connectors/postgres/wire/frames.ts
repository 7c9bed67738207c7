// Frames of the server's protocol for tests, and the same bytes in pieces.

import { Duplex } from 'node:stream'

/** A frame with its type, given as one character, and its payload. */
export function frame(type: string, payload: Uint8Array | string = ''): Buffer {
  const body = Buffer.from(payload)
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** The bytes cut at the given places, which may repeat and lie anywhere. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const borders = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((one, other) => one - other)
  const pieces: Buffer[] = []
  let from = 0
  for (const border of [...borders, bytes.length]) {
    // A copy: what is behind it in memory is not what follows in the stream.
    if (border > from) pieces.push(Buffer.from(bytes.subarray(from, border)))
    from = border
  }
  return pieces
}

/** One end of a connection whose other end is the test. */
export class FakeSocket extends Duplex {
  readonly written: Buffer[] = []

  override _read(): void {
    // Bytes come by `push`.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk)
    done()
  }
}
