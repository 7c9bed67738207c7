// Text encodings: what their line ends look like in bytes, and how their lines become UTF-8.
//
// Lines are split in the file's own bytes (line-splitter) and decoded one by one behind that, so that resume points
// stay positions in the file. All encodings here allow it: none hides a line feed inside another character, given that
// UTF-16 and UTF-32 are looked at in whole code units; other delimiters are refused where they are not as safe.

import iconv from 'iconv-lite'
import { formatErrors } from './errors.js'
import type { LineForm } from './line-splitter.js'

export interface TextEncoding {
  /** As in the configuration, in lower case. */
  readonly name: string
  readonly isUtf8: boolean
  readonly unitBytes: number
}

/** What becomes of bytes that are no UTF-8. In any other encoding they become U+FFFD, as there is no way to keep them. */
export type InvalidBytes = 'keep' | 'replace'

export interface ByteOrderMark {
  readonly encoding: TextEncoding
  /** How many bytes to pass over. */
  readonly markBytes: number
}

const utf8Names = new Set(['utf-8', 'utf8'])

/** iconv-lite calls the endianness of these names the input's own affair; ours says it, or the mark does. */
const littleEndianNames: Readonly<Record<string, string>> = {
  'utf-16': 'utf-16le',
  utf16: 'utf-16le',
  'utf-32': 'utf-32le',
  utf32: 'utf-32le',
}

/** No second byte of a character is below this in the double-byte encodings of East Asia, nor in GB 18030. */
const leastTrailByte = 0x30

/** In GB 18030 and UTF-16. */
const longestCharacterBytes = 4

/** The longer marks first: that of UTF-32LE begins with that of UTF-16LE. */
const marks: readonly (readonly [string, readonly number[]])[] = [
  ['utf-32le', [0xff, 0xfe, 0x00, 0x00]],
  ['utf-32be', [0x00, 0x00, 0xfe, 0xff]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/**
 * The encoding of this name: utf-8, utf-16le, utf-16be, or whatever else iconv-lite knows, such as latin1, gbk or
 * shift_jis. utf-16 and utf-32 without an endianness are little endian where no mark says otherwise. Errors:
 * encoding_unknown.
 */
export function encodingOf(name: string): TextEncoding {
  const lowerCase = name.toLowerCase()
  const named = littleEndianNames[lowerCase] ?? lowerCase
  if (utf8Names.has(named)) return { name: 'utf-8', isUtf8: true, unitBytes: 1 }
  if (!iconv.encodingExists(named) || !isText(named)) {
    throw formatErrors.make('encoding_unknown', `no text encoding is called "${name}"`, { details: { name } })
  }
  return { name: named, isUtf8: false, unitBytes: encode('\n', named).length }
}

/**
 * How lines end in the encoding: with the text given, or with a line feed and perhaps a carriage return before it.
 * Errors: delimiter_ambiguous, where the delimiter's bytes may be the end of another character.
 */
export function lineFormOf(encoding: TextEncoding, delimiter?: string): LineForm {
  const { name, unitBytes } = encoding
  const cut = cutOf(encoding)
  if (delimiter === undefined) return { delimiter: encode('\n', name), trimmed: encode('\r', name), unitBytes, cut }
  const bytes = encode(delimiter, name)
  if (isMultiByte(encoding) && bytes[0]! >= leastTrailByte) {
    throw formatErrors.make(
      'delimiter_ambiguous',
      `in ${name}, "${delimiter}" begins with byte ${bytes[0]}, which may be the second one of another character`,
      { details: { encoding: name, delimiter } },
    )
  }
  return { delimiter: bytes, unitBytes, cut }
}

/**
 * The byte order mark with which the bytes from `start` to `end` begin; `none`, or `undecided` when they are so few
 * that a mark may still come of them.
 */
export function byteOrderMarkOf(bytes: Uint8Array, start: number, end: number): ByteOrderMark | 'none' | 'undecided' {
  for (const [name, mark] of marks) {
    const there = Math.min(mark.length, end - start)
    if (!mark.slice(0, there).every((byte, at) => bytes[start + at] === byte)) continue
    if (there < mark.length) return 'undecided'
    return { encoding: encodingOf(name), markBytes: mark.length }
  }
  return 'none'
}

/** Makes UTF-8 of lines, and of pieces of long lines that were cut between characters. */
export class Utf8Converter {
  /** Lines are UTF-8 already and kept as they are: `convert` need not be called. */
  readonly isIdentity: boolean
  private readonly encoding: TextEncoding

  constructor(encoding: TextEncoding, invalid: InvalidBytes) {
    this.encoding = encoding
    this.isIdentity = encoding.isUtf8 && invalid === 'keep'
  }

  /** The range from `start` to `end` in UTF-8: a view of `bytes` where nothing had to change. */
  convert(bytes: Buffer, start: number, end: number): Buffer {
    const piece = bytes.subarray(start, end)
    if (this.isIdentity) return piece
    const text = decode(piece, this.encoding.name)
    // What is no UTF-8 was replaced by U+FFFD: without one, nothing was.
    if (this.encoding.isUtf8 && !text.includes('\ufffd')) return piece
    return Buffer.from(text)
  }
}

function encode(text: string, name: string): Buffer {
  return iconv.encode(text, name, { addBOM: false })
}

/** A mark inside of a file is a character like any other. */
function decode(bytes: Uint8Array, name: string): string {
  return iconv.decode(bytes, name, { stripBOM: false })
}

/** How long lines are cut; undefined for UTF-8, whose way the splitter knows. */
function cutOf(encoding: TextEncoding): LineForm['cut'] {
  if (encoding.isUtf8) return undefined
  const { name, unitBytes } = encoding
  if (unitBytes === 1 && !isMultiByte(encoding)) return (_bytes, _start, end) => end
  return (bytes, start, end) => {
    for (let cut = end; cut > start && cut > end - longestCharacterBytes; cut -= unitBytes) {
      // A decoder of its own for each try: iconv-lite's lose characters when a write begins inside one.
      const decoder = iconv.getDecoder(name, { stripBOM: false })
      const text = decoder.write(bytes.subarray(start, cut))
      if (!decoder.end() && !endsInHighSurrogate(text)) return cut
    }
    return end
  }
}

function endsInHighSurrogate(text: string): boolean {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last < 0xdc00
}

/** Has characters of several bytes whose later bytes look like other characters; those of UTF-8 do not. */
function isMultiByte(encoding: TextEncoding): boolean {
  if (encoding.isUtf8 || encoding.unitBytes > 1) return false
  const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  return decode(everyByte, encoding.name).length < 256
}

/**
 * iconv-lite has codecs that are no encodings of text (base64, hex); UTF-7, which keeps state from character to
 * character; and CESU-8, whose decoder invents digits.
 */
function isText(name: string): boolean {
  const letters = name.replaceAll(/[^a-z0-9]/g, '')
  return encode('\n', name).includes(0x0a) && !letters.startsWith('utf7') && letters !== 'cesu8'
}
