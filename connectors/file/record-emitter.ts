// Makes records of the bytes of a file: a window of them in, records into the writer, the file's position moved.
//
// Invariants: the position moves only over what the writer took, or what is skipped on purpose and counted; the window
// begins at the position; what is left of it behind the position is read again. One emitter serves all files.

import { fileErrors } from './errors.js'
import type { RecordParts } from '../../core/record/batch-builder.js'
import type { RecordWriter } from '../../core/connector/source.js'
import { LineGroup } from './line-group.js'
import type { MultilineRules } from './multiline.js'
import { outside } from './multiline-presets.js'
import { type FileRecordHeaders, noMarks, type PieceMarks } from './record-headers.js'
import type { FileSettings } from './settings.js'
import type { TextForm, TextForms } from './text-form.js'
import type { TrackedFile } from './tracked-file.js'

/** Bytes of a file from its position on. They stay as they are during `emit`. */
export interface Window {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** What may be taken though more could follow. */
export type Ending =
  | 'open' // nothing: more may come
  | 'group' // a group of lines
  | 'all' // a group, and a last line without an end

export interface EmitterOptions {
  readonly settings: Pick<FileSettings, 'maxLine' | 'onLongLine' | 'multiline'>
  readonly forms: TextForms
  readonly headers: FileRecordHeaders
  /** undefined: each line is a record. */
  readonly rules: MultilineRules | undefined
  /** Wall clock, asked once per window. */
  readonly now: () => number
}

const marksOf = {
  continued: { continued: true, truncated: false },
  truncated: { continued: false, truncated: true },
  both: { continued: true, truncated: true },
} satisfies Record<string, PieceMarks>

export class RecordEmitter {
  readonly #options: EmitterOptions
  readonly #group: LineGroup
  /** Used again for every record. */
  readonly #parts: RecordParts = {
    key: null,
    value: null,
    valueStart: 0,
    valueEnd: 0,
    timestampMs: 0,
    headers: null,
  }

  constructor(options: EmitterOptions) {
    this.#options = options
    this.#group = new LineGroup(options.settings.maxLine)
  }

  /** A window of this many bytes always lets the position move, whatever it holds. */
  get leastWindowBytes(): number {
    return this.#options.settings.maxLine + this.#options.forms.of('').splitter.leastWindowBytes
  }

  /** Takes what the window holds; false when the writer is full. */
  emit(file: TrackedFile, window: Window, ending: Ending, into: RecordWriter): boolean {
    const markBytes = this.#passMark(file, window, ending)
    if (markBytes === undefined) return true
    const form = this.#options.forms.of(file.markedEncoding)
    form.splitter.reset(file.position, file.within !== 'start')
    form.splitter.window(window.bytes, window.start + markBytes, window.end)
    this.#parts.key = file.keyBytes
    this.#parts.timestampMs = this.#options.now()
    return this.#options.rules === undefined
      ? this.#emitLines(file, form, ending, into)
      : this.#emitGroups(file, form, ending, into)
  }

  /** Passes over a byte order mark; the bytes passed, or undefined while too few are there to tell. */
  #passMark(file: TrackedFile, window: Window, ending: Ending): number | undefined {
    if (file.position > 0) return 0
    const mark = this.#options.forms.markOf(window.bytes, window.start, window.end)
    if (mark === 'none') return 0
    if (mark === 'undecided') return ending === 'all' ? 0 : undefined
    file.markedEncoding = mark.encoding.name
    file.skip(mark.markBytes, mark.markBytes)
    return mark.markBytes
  }

  #emitLines(file: TrackedFile, form: TextForm, ending: Ending, into: RecordWriter): boolean {
    const { headers } = this.#options
    const { splitter, converter } = form
    const parts = this.#parts
    const isIdentity = converter.isIdentity
    let position = file.position
    let lines = 0
    let emittedBytes = 0
    let taken = true
    parts.value = splitter.bytes
    parts.headers = headers.usual
    while (splitter.next()) {
      if (splitter.continued || !splitter.complete) {
        file.advance(position, emittedBytes, lines)
        emittedBytes = 0
        lines = 0
        taken = this.#emitPiece(file, form, false, into)
        position = file.position
        if (!taken) break
        parts.value = splitter.bytes
        parts.headers = headers.usual
        continue
      }
      if (isIdentity) {
        parts.valueStart = splitter.start
        parts.valueEnd = splitter.end
      } else {
        this.#convert(form)
      }
      if (headers.arePerRecord) parts.headers = headers.of(noMarks, splitter.position, file.line + lines + 1)
      taken = into.append(parts)
      if (!taken) break
      emittedBytes += splitter.nextPosition - splitter.position
      position = splitter.nextPosition
      lines++
    }
    file.advance(position, emittedBytes, lines)
    return taken && (ending !== 'all' || this.#finishLine(file, form, into))
  }

  #emitGroups(file: TrackedFile, form: TextForm, ending: Ending, into: RecordWriter): boolean {
    const { splitter } = form
    this.#group.begin(file.group, file.group !== outside)
    while (splitter.next()) {
      const isWhole = splitter.complete && !splitter.continued
      if (isWhole ? !this.#emitGrouped(file, form, into) : !this.#emitAlone(file, form, false, into)) return false
    }
    if (ending === 'open') return true
    return ending === 'group' ? this.#flushGroup(file, outside, into) : this.#finishGroup(file, form, into)
  }

  /** Gives out the group together with a last line that has no end. */
  #finishGroup(file: TrackedFile, form: TextForm, into: RecordWriter): boolean {
    const { splitter } = form
    let isUnended = false
    while (splitter.finish()) {
      const isLast = splitter.heldBytes === 0
      isUnended = isLast && !splitter.continued
      if (isUnended ? !this.#emitGrouped(file, form, into) : !this.#emitAlone(file, form, isLast, into)) return false
    }
    if (!this.#flushGroup(file, outside, into)) return false
    if (isUnended) file.unfinished()
    return true
  }

  /** Takes a whole line into the group, or gives the group out and begins the next one with it. */
  #emitGrouped(file: TrackedFile, form: TextForm, into: RecordWriter): boolean {
    const { settings, rules } = this.#options
    const { splitter } = form
    const group = this.#group
    const line = form.converter.convert(splitter.bytes, splitter.start, splitter.end)
    const verdict = rules!(group.state, group.textOf(line))
    if (!verdict.joins) {
      if (!this.#flushGroup(file, outside, into)) return false
      group.begin(outside, false)
    } else if (
      group.lineCount >= settings.multiline!.maxLines ||
      group.sizeBytes + line.length >= settings.maxLine ||
      group.coveredBytes + splitter.nextPosition - splitter.position > settings.maxLine
    ) {
      if (!this.#flushGroup(file, group.state, into)) return false
      group.begin(group.state, true)
    }
    group.add(line, verdict.state)
    group.cover(splitter.position, splitter.nextPosition)
    if (verdict.state !== outside) return true
    return this.#flushGroup(file, outside, into)
  }

  /** A piece of a long line, or of one whose beginning was taken, is a record of its own. */
  #emitAlone(file: TrackedFile, form: TextForm, isLast: boolean, into: RecordWriter): boolean {
    if (!this.#flushGroup(file, outside, into)) return false
    this.#group.begin(outside, false)
    return this.#emitPiece(file, form, isLast, into)
  }

  /** Gives out the group as one record; `state` is what the lines behind it find. */
  #flushGroup(file: TrackedFile, state: string, into: RecordWriter): boolean {
    const group = this.#group
    if (group.lineCount > 0) {
      const parts = this.#parts
      parts.value = group.bytes
      parts.valueStart = 0
      parts.valueEnd = group.sizeBytes
      const marks = group.continues ? marksOf.continued : noMarks
      parts.headers = this.#options.headers.of(marks, file.position, file.line + 1)
      if (!into.append(parts)) return false
      file.advance(group.nextPosition, group.coveredBytes, group.lineCount)
      group.begin(state, false)
    }
    file.group = state
    return true
  }

  /** Takes a last line that has no end. */
  #finishLine(file: TrackedFile, form: TextForm, into: RecordWriter): boolean {
    while (form.splitter.finish()) {
      if (!this.#emitPiece(file, form, form.splitter.heldBytes === 0, into)) return false
    }
    return true
  }

  /** `isLast`: the piece ends where the file does, not because the line is too long. */
  #emitPiece(file: TrackedFile, form: TextForm, isLast: boolean, into: RecordWriter): boolean {
    const { splitter } = form
    const pieceBytes = splitter.nextPosition - splitter.position
    if (file.within === 'discard') {
      file.skip(splitter.nextPosition, pieceBytes)
    } else {
      const isTooLong = !splitter.complete && !isLast
      if (!this.#appendPiece(file, form, isTooLong, into)) return false
      file.advance(splitter.nextPosition, pieceBytes, 0)
      if (isTooLong) file.within = afterLongPiece[this.#options.settings.onLongLine]
      else file.unfinished()
    }
    if (splitter.complete) {
      file.within = 'start'
      file.line++
    }
    return true
  }

  #appendPiece(file: TrackedFile, form: TextForm, isTooLong: boolean, into: RecordWriter): boolean {
    const { headers, settings } = this.#options
    const { splitter } = form
    // The line end alone, behind a line that was taken without it.
    if (splitter.continued && splitter.start === splitter.end) return true
    const parts = this.#parts
    this.#convert(form)
    const isTruncated = isTooLong && settings.onLongLine === 'truncate'
    const marks = splitter.continued
      ? isTruncated
        ? marksOf.both
        : marksOf.continued
      : isTruncated
        ? marksOf.truncated
        : noMarks
    parts.headers = headers.of(marks, splitter.position, file.line + 1)
    if (file.within === 'dead-letter' || (isTooLong && settings.onLongLine === 'dead-letter')) {
      const message = `a line of ${file.at} at position ${splitter.position} is longer than ${settings.maxLine} bytes`
      return into.deadLetter(parts, 'file_line_too_long' satisfies keyof typeof fileErrors.table, message)
    }
    return into.append(parts)
  }

  /** The splitter's line as the value, in UTF-8. */
  #convert(form: TextForm): void {
    const { splitter } = form
    const value = form.converter.convert(splitter.bytes, splitter.start, splitter.end)
    this.#parts.value = value
    this.#parts.valueStart = 0
    this.#parts.valueEnd = value.length
  }
}

/** What the bytes up to the next line end are, once the first piece of a long line was taken. */
const afterLongPiece = { truncate: 'discard', split: 'continued', 'dead-letter': 'dead-letter' } as const
