// How the lines of one encoding are found and converted. One form per encoding, shared by all files that have it: the
// splitter is told anew at every visit where it stands.

import { type LineForm, LineSplitter } from '../../core/format/line-splitter.js'
import {
  type ByteOrderMark,
  byteOrderMarkOf,
  encodingOf,
  lineFormOf,
  type TextEncoding,
  Utf8Converter,
} from '../../core/format/text-encoding.js'
import { delimiterOf, type FileSettings } from './settings.js'

export class TextForm {
  readonly splitter: LineSplitter
  readonly converter: Utf8Converter
  /** What ends a line, in the file's own bytes. */
  readonly delimiter: Uint8Array

  constructor(encoding: TextEncoding, lines: LineForm, maxValueBytes: number) {
    this.converter = new Utf8Converter(encoding, 'keep')
    // On the way to UTF-8 no text takes more than twice its bytes, as that of Latin-1 at worst.
    const maxLineBytes = this.converter.isIdentity ? maxValueBytes : maxValueBytes >> 1
    this.splitter = new LineSplitter({ maxLineBytes }, lines)
    this.delimiter = lines.delimiter ?? Uint8Array.of(0x0a)
  }
}

export class TextForms {
  readonly #settings: Pick<FileSettings, 'encoding' | 'delimiter' | 'maxLine'>
  readonly #byName = new Map<string, TextForm>()

  /** Errors: delimiter_ambiguous, where the delimiter cannot be told apart in the encoding. */
  constructor(settings: Pick<FileSettings, 'encoding' | 'delimiter' | 'maxLine'>) {
    this.#settings = settings
    this.of('')
  }

  /** The form of an encoding that a mark named, or of the configured one when the name is empty. */
  of(markedEncoding: string): TextForm {
    const name = markedEncoding === '' ? this.#settings.encoding : markedEncoding
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const encoding = encodingOf(name)
    const form = new TextForm(encoding, lineFormOf(encoding, delimiterOf(this.#settings)), this.#settings.maxLine)
    this.#byName.set(name, form)
    return form
  }

  /** The mark with which a file begins. */
  markOf(bytes: Buffer, start: number, end: number): ByteOrderMark | 'none' | 'undecided' {
    return byteOrderMarkOf(bytes, start, end)
  }
}
