import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageFraming } from '../../../connectors/syslog/framing.js'

interface Given {
  readonly text: string
  readonly wholeBytes: number
}

function messagesOf(chunks: readonly Buffer[], mostBytes = 1000): readonly Given[] {
  const given: Given[] = []
  const framing = new MessageFraming(mostBytes, {
    message: (bytes, start, end, wholeBytes) => given.push({ text: bytes.toString('latin1', start, end), wholeBytes }),
  })
  for (const chunk of chunks) {
    framing.take(chunk)
    expect(framing.heldBytes).toBeLessThanOrEqual(mostBytes)
  }
  framing.end()
  return given
}

const textsOf = (stream: string, mostBytes?: number): readonly string[] =>
  messagesOf([Buffer.from(stream, 'latin1')], mostBytes).map(({ text }) => text)

describe('a stream of messages', () => {
  it.each([
    ['lines', '<1>a\n<2>b\n', ['<1>a', '<2>b']],
    ['lines of other systems', '<1>a\r\n<2>b\r\n', ['<1>a', '<2>b']],
    ['messages with a zero byte behind each', '<1>a\0<2>b\0', ['<1>a', '<2>b']],
    ['counted messages', '4 <1>a6 <2>b\nc', ['<1>a', '<2>b\nc']],
    ['counted messages with a line feed inside and behind', '5 <1>a\n\n4 <2>b\n', ['<1>a', '<2>b']],
    ['both, one after the other', '4 <1>a<2>b\n4 <3>c', ['<1>a', '<2>b', '<3>c']],
    ['a last line without an end', '<1>a\n<2>b', ['<1>a', '<2>b']],
    [
      'lines that begin with digits',
      '2026-11-22 it is\n12345678901 x\n7\n',
      ['2026-11-22 it is', '12345678901 x', '7'],
    ],
    ['nothing but ends', '\n\n\0\n', []],
    ['a count of digits alone', '42', ['42']],
    ['a count and a space alone', '42 ', ['42 ']],
    ['lines that begin with a number', '42 things\n<13>a\n7\n3 4 <1>b\n', ['42 things', '<13>a', '7', '3 4 <1>b']],
  ])('is cut: %s', (_, stream, messages) => {
    expect(textsOf(stream)).toEqual(messages)
  })

  it('says of what is too long how long it was, and goes on behind it', () => {
    expect(messagesOf([Buffer.from(`<1>${'x'.repeat(97)}\n<2>b\n100 <${'y'.repeat(99)}4 <3>c`)], 10)).toEqual([
      { text: '<1>xxxxxxx', wholeBytes: 100 },
      { text: '<2>b', wholeBytes: 4 },
      { text: '<yyyyyyyyy', wholeBytes: 100 },
      { text: '<3>c', wholeBytes: 4 },
    ])
  })

  it('that ends within a counted message gives what came of it', () => {
    expect(messagesOf([Buffer.from('10 <1>ab')])).toEqual([{ text: '<1>ab', wholeBytes: 10 }])
  })

  it('that breaks off within a line gives what came of it, and does not pass it off as whole', () => {
    const given: Given[] = []
    const framing = new MessageFraming(1000, {
      message: (bytes, start, end, wholeBytes) =>
        given.push({ text: bytes.toString('latin1', start, end), wholeBytes }),
    })
    framing.take(Buffer.from('<1>a\n<2>half a'))
    framing.cut()
    framing.cut()
    expect(given).toEqual([
      { text: '<1>a', wholeBytes: 4 },
      { text: '<2>half a', wholeBytes: 0 },
    ])
  })

  it('that comes byte by byte is put together once more each time it has doubled', () => {
    const bytes = Buffer.from(`<1>${'x'.repeat(9000)}\n`)
    expect(
      messagesOf(
        Array.from(bytes, (byte) => Buffer.from([byte])),
        10_000,
      ),
    ).toEqual([{ text: bytes.toString('latin1', 0, bytes.length - 1), wholeBytes: bytes.length - 1 }])
  })

  it('is the same wherever it is cut', () => {
    const message = fc.string({ unit: fc.constantFrom('a', 'b', '7', ' ', '<', '1', '>', '\r'), maxLength: 30 })
    const piece = fc.oneof(
      message.map((text) => `${text}\n`),
      message.map((text) => `${text}\0`),
      message.filter((text) => text.length > 0).map((text) => `${text.length + 1} <${text}`),
    )
    const cuts = fc.array(fc.nat(400), { maxLength: 12 })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), cuts, fc.integer({ min: 3, max: 40 }), (pieces, at, most) => {
        const stream = Buffer.from(pieces.join(''))
        const places = [0, ...at.filter((place) => place < stream.length).toSorted((a, b) => a - b), stream.length]
        const chunks = places.slice(1).map((end, index) => Buffer.from(stream.subarray(places[index], end)))
        expect(messagesOf(chunks, most)).toEqual(messagesOf([stream], most))
      }),
      { numRuns: 2000 },
    )
  })

  it('is counted as it was written, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })), (all) => {
        // Ends that a sender put into the count are no part of the message.
        const messages = all.map((bytes) => Buffer.from([0x3c, ...bytes, 0x3e]))
        const stream = Buffer.concat(messages.flatMap((bytes) => [Buffer.from(`${bytes.length} `), bytes]))
        expect(messagesOf([stream]).map(({ text }) => text)).toEqual(messages.map((bytes) => bytes.toString('latin1')))
      }),
    )
  })
})
