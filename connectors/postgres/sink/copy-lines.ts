// Lines of COPY text in one growing buffer, and the lines that are sent in the end.
//
// A field never holds a tab or a line feed of its own (they are escaped), so that a line splits at its tabs.

import { OutputBytes } from '../values/output-bytes.js'
import type { ColumnSet } from './column-set.js'

const tab = 0x09
const lineFeed = 0x0a

/** A line without its line feed. */
export interface LineRange {
  readonly start: number
  readonly end: number
}

export class CopyLines {
  readonly out = new OutputBytes()

  get byteCount(): number {
    return this.out.at
  }

  /** Ends the line that begins at `start`. */
  endLine(start: number): LineRange {
    const { out } = this
    const end = out.at
    out.ensure(1)
    out.bytes[out.at++] = lineFeed
    return { start, end }
  }

  /** The two lines in one: the fields of `later`, and those of `earlier` for the other columns of `union`. */
  merge(
    earlier: { readonly line: LineRange; readonly set: ColumnSet },
    later: { readonly line: LineRange; readonly set: ColumnSet },
    union: ColumnSet,
  ): LineRange {
    const { out } = this
    const laterFields = this.fields(later.line)
    const earlierFields = this.fields(earlier.line)
    const room = later.line.end - later.line.start + (earlier.line.end - earlier.line.start) + 2
    out.ensure(room)
    const start = out.at
    union.columns.forEach((column, index) => {
      if (index > 0) out.bytes[out.at++] = tab
      const at = later.set.columns.indexOf(column)
      const field = at >= 0 ? laterFields[at]! : earlierFields[earlier.set.columns.indexOf(column)]!
      out.at += out.bytes.copy(out.bytes, out.at, field.start, field.end)
    })
    return this.endLine(start)
  }

  private fields({ start, end }: LineRange): readonly LineRange[] {
    const { bytes } = this.out
    const fields: LineRange[] = []
    for (let from = start; ; ) {
      const at = bytes.indexOf(tab, from)
      const to = at < 0 || at > end ? end : at
      fields.push({ start: from, end: to })
      if (to === end) return fields
      from = to + 1
    }
  }
}

/** Copies the lines of a buffer that are wanted into a block of their own. */
export function gatherLines(bytes: Buffer, lines: readonly LineRange[]): Buffer {
  let size = 0
  for (const { start, end } of lines) size += end - start + 1
  const block = Buffer.allocUnsafeSlow(size)
  let at = 0
  let runStart = -1
  let runEnd = -1
  for (const { start, end } of lines) {
    if (start === runEnd) {
      runEnd = end + 1
      continue
    }
    if (runStart >= 0) at += bytes.copy(block, at, runStart, runEnd)
    runStart = start
    runEnd = end + 1
  }
  if (runStart >= 0) bytes.copy(block, at, runStart, runEnd)
  return block
}
