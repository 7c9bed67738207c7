import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { LineSplitter } from '../../../core/format/line-splitter.js'
import {
  byteOrderMarkOf,
  encodingOf,
  type InvalidBytes,
  lineFormOf,
  Utf8Converter,
} from '../../../core/format/text-encoding.js'

const encodings = ['utf-16le', 'utf-16be', 'utf-32le', 'utf-32be', 'gb18030']
const textOf: Readonly<Record<string, string>> = {
  latin1: 'Größe – nein: Größe',
  'windows-1252': '“Größe” €',
  shift_jis: '日本語ソ表',
  gbk: '中文日志',
  big5: '中文許功蓋',
  'euc-kr': '한국어',
  'windows-1251': 'Журнал',
}

/** Splits and converts a file's bytes as the file source does. */
function linesOf(bytes: Buffer, name: string, maxLineBytes = 1000): string[] {
  const encoding = encodingOf(name)
  const splitter = new LineSplitter({ maxLineBytes }, lineFormOf(encoding))
  const converter = new Utf8Converter(encoding, 'keep')
  splitter.window(bytes, 0, bytes.length)
  const lines: string[] = []
  while (splitter.next()) {
    const text = converter.convert(splitter.bytes, splitter.start, splitter.end).toString()
    if (splitter.continued) lines.push(lines.pop()! + text)
    else lines.push(text)
  }
  return lines
}

function convert(bytes: Buffer, name: string, invalid: InvalidBytes): Buffer {
  return new Utf8Converter(encodingOf(name), invalid).convert(bytes, 0, bytes.length)
}

describe('text in other encodings', () => {
  it('comes out as UTF-8, line by line, in every encoding that holds all of Unicode', () => {
    // U+0A0A and U+0D0A hold the bytes of line ends.
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', 'ਊ', '\u0d0a', '\u000b', '日'), maxLength: 30 })
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom(...encodings), fc.constantFrom('\n', '\r\n'), (lines, name, end) => {
        const bytes = iconv.encode(lines.map((text) => text + end).join(''), name, { addBOM: false })
        expect(linesOf(bytes, name)).toEqual(lines)
      }),
      { numRuns: 400 },
    )
  })

  it.each(Object.entries(textOf))('comes out as UTF-8 from %s', (name, text) => {
    const windows = iconv.encode(`${text}\r\n${text}\n`, name)
    const kept = iconv.decode(iconv.encode(text, name), name)
    expect(linesOf(windows, name)).toEqual([kept, kept])
  })

  it('keeps characters whole where a long line is cut inside one', () => {
    for (const [name, text] of [
      ['utf-16le', 'a😀b😀😀c'],
      ['utf-16be', 'a😀b😀😀c'],
      ['shift_jis', 'a日本語ソ表b表'],
      ['gb18030', 'a😀中b😀'],
    ] as const) {
      for (const maxLineBytes of [4, 5, 6, 7, 8]) {
        expect(linesOf(iconv.encode(`${text}\n${text}\n`, name), name, maxLineBytes)).toEqual([text, text])
      }
    }
  })

  it('turns what is no character into U+FFFD', () => {
    expect(convert(Buffer.from('610000d86200', 'hex'), 'utf-16le', 'keep').toString()).toBe('a\ufffdb')
    expect(convert(Buffer.from('6181', 'hex'), 'shift_jis', 'keep').toString()).toBe('a\ufffd')
  })
})

describe('UTF-8', () => {
  const broken = Buffer.from('61c328e28200ff62', 'hex')

  it('is kept byte for byte, broken or not, in the same memory', () => {
    const kept = convert(broken, 'utf-8', 'keep')
    expect(kept.equals(broken)).toBe(true)
    expect(kept.buffer).toBe(broken.buffer)
    expect(new Utf8Converter(encodingOf('UTF8'), 'keep').isIdentity).toBe(true)
  })

  it('has its broken parts replaced when asked, and what is sound is left in place', () => {
    expect(convert(broken, 'utf-8', 'replace').toString()).toBe('a\ufffd(\ufffd\u0000\ufffdb')
    const sound = Buffer.from('größe 😀')
    expect(convert(sound, 'utf-8', 'replace').buffer).toBe(sound.buffer)
  })

  it('is the same whether it is replaced in pieces or whole, since it is cut between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (text) => {
        const line = text.replaceAll(/[\r\n]/g, ' ')
        expect(linesOf(Buffer.from(`${line}\n`), 'utf-8', 5)).toEqual([line])
      }),
    )
  })
})

describe('a byte order mark', () => {
  const markOf = (hex: string): unknown => {
    const bytes = Buffer.from(`00${hex}`, 'hex')
    const mark = byteOrderMarkOf(bytes, 1, bytes.length)
    return typeof mark === 'string' ? mark : [mark.encoding.name, mark.markBytes]
  }

  it('names the encoding', () => {
    expect(markOf('efbbbf61')).toEqual(['utf-8', 3])
    expect(markOf('fffe6100')).toEqual(['utf-16le', 2])
    expect(markOf('feff0061')).toEqual(['utf-16be', 2])
    expect(markOf('fffe000061000000')).toEqual(['utf-32le', 4])
    expect(markOf('0000feff00000061')).toEqual(['utf-32be', 4])
  })

  it('is not there, or not to be told yet', () => {
    for (const none of ['61', 'efbb61', '00006162', 'fffd']) expect(markOf(none)).toBe('none')
    for (const undecided of ['', 'ef', 'efbb', 'ff', 'fffe', 'fffe00', '0000'])
      expect(markOf(undecided)).toBe('undecided')
  })
})

describe('the names of encodings', () => {
  it('are taken in any case; without an endianness they are little endian', () => {
    expect(encodingOf('UTF-8')).toEqual({ name: 'utf-8', isUtf8: true, unitBytes: 1 })
    expect(encodingOf('utf-16')).toEqual({ name: 'utf-16le', isUtf8: false, unitBytes: 2 })
    expect(encodingOf('Latin1')).toEqual({ name: 'latin1', isUtf8: false, unitBytes: 1 })
    expect(encodingOf('utf-32').unitBytes).toBe(4)
  })

  it.each(['nonsense', '', 'base64', 'hex', 'utf-7', 'utf-7-imap', 'cesu-8', '__proto__'])('refuse %j', (name) => {
    expect(() => encodingOf(name)).toThrow(expect.objectContaining({ code: 'encoding_unknown' }))
  })
})

describe('a delimiter', () => {
  it('is encoded as the file is', () => {
    expect(lineFormOf(encodingOf('utf-16be'), '||')).toMatchObject({
      delimiter: Buffer.from('007c007c', 'hex'),
      unitBytes: 2,
    })
    expect(lineFormOf(encodingOf('utf-8'), '€').delimiter).toEqual(Buffer.from('€'))
  })

  it('is refused where its bytes may belong to another character', () => {
    // The second byte of U+8868 in Shift-JIS is that of a backslash, and U+30DD ends in that of a bar.
    for (const name of ['shift_jis', 'gbk', 'gb18030', 'big5', 'euc-kr']) {
      expect(() => lineFormOf(encodingOf(name), '|')).toThrow(expect.objectContaining({ code: 'delimiter_ambiguous' }))
      expect(lineFormOf(encodingOf(name), '\0').delimiter).toEqual(Buffer.of(0))
    }
    expect(lineFormOf(encodingOf('windows-1252'), '|').delimiter).toEqual(Buffer.from('|'))
  })
})
