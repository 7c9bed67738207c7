import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LineForm, LineSplitter } from '../../../core/format/line-splitter.js'

interface Piece {
  text: string
  position: number
  nextPosition: number
  continued: boolean
  complete: boolean
}

interface Feeding {
  maxLineBytes?: number
  form?: LineForm
  /** Sizes of the reads, used in turn. */
  reads?: readonly number[]
  finish?: boolean
}

/** Feeds a stream as a file source does: one buffer, what is held back moved to its front, then the next read. */
function split(stream: Buffer, feeding: Feeding = {}): Piece[] {
  const { maxLineBytes = 1000, form, reads = [1 << 20], finish = false } = feeding
  const splitter = new LineSplitter({ maxLineBytes }, form)
  const buffer = Buffer.alloc(splitter.leastWindowBytes + Math.max(...reads))
  const pieces: Piece[] = []
  let readTo = 0
  for (let turn = 0; readTo < stream.length; turn++) {
    const held = splitter.heldBytes
    splitter.held().copy(buffer)
    const count = stream.copy(buffer, held, readTo, readTo + reads[turn % reads.length]!)
    readTo += count
    expect(splitter.nextPosition + held + count).toBe(readTo)
    splitter.window(buffer, 0, held + count)
    while (splitter.next()) pieces.push(pieceOf(splitter))
    expect(splitter.heldBytes).toBeLessThan(splitter.leastWindowBytes)
  }
  while (finish && splitter.finish()) pieces.push(pieceOf(splitter))
  return pieces
}

function pieceOf(splitter: LineSplitter): Piece {
  return {
    text: splitter.bytes.toString('latin1', splitter.start, splitter.end),
    position: splitter.position,
    nextPosition: splitter.nextPosition,
    continued: splitter.continued,
    complete: splitter.complete,
  }
}

function texts(stream: string | Buffer, feeding?: Feeding): string[] {
  return split(Buffer.from(stream as string, 'latin1'), feeding).map((piece) => piece.text)
}

const anyReads = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
/** Streams in which line ends, and their likes, are frequent. */
const anyStream = fc
  .array(fc.constantFrom('\n', '\r', '\r\n', 'a', 'bc', 'long line ', 'é', '€', '😀', '\u0000', '|', '||'), {
    maxLength: 120,
  })
  .map((parts) => Buffer.from(parts.join('')))

describe('the line splitter', () => {
  it('splits at line feeds, takes a carriage return before one away, and leaves any other in its line', () => {
    expect(texts('one\ntwo\r\n\nstray\rreturn\r\r\n\r\nheld')).toEqual(['one', 'two', '', 'stray\rreturn\r', ''])
  })

  it('gives the same lines as a plain split, whatever the sizes of the reads', () => {
    fc.assert(
      fc.property(anyStream, anyReads, (stream, reads) => {
        const expected = stream
          .toString('latin1')
          .split('\n')
          .slice(0, -1)
          .map((line) => line.replace(/\r$/, ''))
        const pieces = split(stream, { reads })
        expect(pieces.map((piece) => piece.text)).toEqual(expected)
        expect(pieces.every((piece) => piece.complete && !piece.continued)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('accounts for every byte: pieces follow one another and end where the stream does', () => {
    fc.assert(
      fc.property(anyStream, anyReads, fc.integer({ min: 4, max: 12 }), (stream, reads, maxLineBytes) => {
        const pieces = split(stream, { reads, maxLineBytes, finish: true })
        let position = 0
        let endsBytes = 0
        for (const piece of pieces) {
          expect(piece.position).toBe(position)
          position = piece.nextPosition
          endsBytes += piece.nextPosition - piece.position - piece.text.length
        }
        expect(position).toBe(stream.length)
        expect(pieces.reduce((sum, piece) => sum + piece.text.length, endsBytes)).toBe(stream.length)
      }),
      { numRuns: 500 },
    )
  })

  it('cuts a long line at the same places, whatever the sizes of the reads', () => {
    fc.assert(
      fc.property(anyStream, anyReads, fc.integer({ min: 4, max: 12 }), (stream, reads, maxLineBytes) => {
        const whole = split(stream, { maxLineBytes })
        expect(split(stream, { maxLineBytes, reads })).toEqual(whole)
        for (const piece of whole) expect(piece.text.length).toBeLessThanOrEqual(maxLineBytes)
      }),
      { numRuns: 500 },
    )
  })

  it('goes on at every resume point as if it had never stopped', () => {
    fc.assert(
      fc.property(anyStream, fc.integer({ min: 4, max: 12 }), (stream, maxLineBytes) => {
        const whole = split(stream, { maxLineBytes })
        const splitter = new LineSplitter({ maxLineBytes })
        whole.forEach((piece, number) => {
          splitter.reset(piece.nextPosition, !piece.complete)
          splitter.window(stream, piece.nextPosition, stream.length)
          const rest = []
          while (splitter.next()) rest.push(pieceOf(splitter))
          expect(rest).toEqual(whole.slice(number + 1))
        })
      }),
    )
  })
})

describe('a long line', () => {
  it('comes in pieces that say so, and the next line is whole again', () => {
    expect(split(Buffer.from('0123456789abcdefghijXYZ\r\nnext\n'), { maxLineBytes: 10 })).toEqual([
      { text: '0123456789', position: 0, nextPosition: 10, continued: false, complete: false },
      { text: 'abcdefghij', position: 10, nextPosition: 20, continued: true, complete: false },
      { text: 'XYZ', position: 20, nextPosition: 25, continued: true, complete: true },
      { text: 'next', position: 25, nextPosition: 30, continued: false, complete: true },
    ])
  })

  it('is one of more than the limit: a line of just the limit stays whole, with either end', () => {
    for (const reads of [[1], [3], [100]]) {
      expect(texts('0123456789\n0123456789\r\n', { maxLineBytes: 10, reads })).toEqual(['0123456789', '0123456789'])
      expect(texts('0123456789\r\r\n', { maxLineBytes: 10, reads })).toEqual(['0123456789', '\r'])
    }
  })

  it('of a hundred megabytes costs one window', () => {
    const splitter = new LineSplitter({ maxLineBytes: 1 << 20 })
    const buffer = Buffer.alloc(splitter.leastWindowBytes + (1 << 16), 'x')
    let given = 0
    for (let read = 0; read < 100 << 20; read += 1 << 16) {
      const held = splitter.heldBytes
      splitter.window(buffer, 0, held + (1 << 16))
      while (splitter.next()) {
        expect(splitter.end - splitter.start).toBe(1 << 20)
        given += splitter.end - splitter.start
      }
    }
    expect(given + splitter.heldBytes).toBe(100 << 20)
    expect(splitter.heldBytes).toBeLessThan(splitter.leastWindowBytes)
  })

  it('is never cut inside a character of UTF-8', () => {
    for (const [text, pieces] of [
      ['aaa€€', ['aaa€', '€']],
      ['aaaaa€', ['aaaaa', '€']],
      ['aaaa😀', ['aaaa', '😀']],
    ] as const) {
      expect(
        split(Buffer.from(`${text}\n`), { maxLineBytes: 6 }).map((piece) =>
          Buffer.from(piece.text, 'latin1').toString(),
        ),
      ).toEqual(pieces)
    }
  })

  it('of bytes that are no UTF-8 is cut at the limit', () => {
    expect(split(Buffer.alloc(20, 0x80), { maxLineBytes: 8 }).map((piece) => piece.text.length)).toEqual([8, 8])
  })
})

describe('a line without its end', () => {
  it('is held back, and given out by finish', () => {
    const splitter = new LineSplitter({ maxLineBytes: 100 })
    splitter.window(Buffer.from('done\npart'), 0, 9)
    expect([splitter.next(), splitter.next(), splitter.heldBytes]).toEqual([true, false, 4])
    expect(splitter.held().toString()).toBe('part')
    expect(splitter.nextPosition).toBe(5)
    expect(splitter.finish()).toBe(true)
    expect(pieceOf(splitter)).toEqual({ text: 'part', position: 5, nextPosition: 9, continued: false, complete: false })
    expect([splitter.inLine, splitter.heldBytes, splitter.finish()]).toEqual([true, 0, false])
  })

  it('goes on as a continued line when more of it comes after finish', () => {
    const splitter = new LineSplitter({ maxLineBytes: 100 })
    splitter.window(Buffer.from('part'), 0, 4)
    expect([splitter.next(), splitter.finish()]).toEqual([false, true])
    splitter.window(Buffer.from('ial\nnew\n'), 0, 8)
    expect(splitter.next()).toBe(true)
    expect(pieceOf(splitter)).toMatchObject({ text: 'ial', position: 4, continued: true, complete: true })
    expect(splitter.next()).toBe(true)
    expect(pieceOf(splitter)).toMatchObject({ text: 'new', position: 8, continued: false })
  })

  it('comes in pieces too when it is longer than a line may be', () => {
    expect(texts('0123456789a', { maxLineBytes: 10, finish: true })).toEqual(['0123456789', 'a'])
  })

  it('must be in the next window', () => {
    const splitter = new LineSplitter({ maxLineBytes: 100 })
    splitter.window(Buffer.from('part'), 0, 4)
    splitter.next()
    expect(() => splitter.window(Buffer.from('ia'), 0, 2)).toThrow('leaves out some of 4 held')
  })
})

describe('another delimiter', () => {
  it('of several bytes is found across the borders of reads, and takes no carriage return away', () => {
    fc.assert(
      fc.property(anyStream, anyReads, (stream, reads) => {
        expect(texts(stream.toString('latin1'), { reads, form: { delimiter: Buffer.from('||') } })).toEqual(
          stream.toString('latin1').split('||').slice(0, -1),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('can be a NUL byte', () => {
    expect(texts('a\nb\0\r\0', { form: { delimiter: Uint8Array.of(0) } })).toEqual(['a\nb', '\r'])
  })

  it('of UTF-16 is found at even places only', () => {
    // U+0A0A and U+0D00 hold the bytes of line ends at odd places.
    const stream = Buffer.from('aਊ\u0d00b\r\nਊ\nrest', 'utf16le')
    const form = { delimiter: Buffer.from('\n', 'utf16le'), trimmed: Buffer.from('\r', 'utf16le'), unitBytes: 2 }
    for (const reads of [[1], [3], [100]]) {
      const lines = texts(stream.toString('latin1'), { form, reads })
      expect(lines.map((line) => Buffer.from(line, 'latin1').toString('utf16le'))).toEqual(['aਊ\u0d00b', 'ਊ'])
    }
  })

  it('of UTF-16 cuts long lines between code units', () => {
    const form = { delimiter: Buffer.from('\n', 'utf16le'), unitBytes: 2 }
    const lines = texts(Buffer.from('abcdefg\n', 'utf16le').toString('latin1'), { form, maxLineBytes: 5 })
    expect(lines.map((line) => Buffer.from(line, 'latin1').toString('utf16le'))).toEqual(['ab', 'cd', 'ef', 'g'])
  })
})
