// A path template for one partition: which group of files a record belongs to, and the name of a group's file.
//
// A group is the path with everything filled in but the range, in whose place stand two characters that no path can
// hold. So the group of a record depends on the record alone, and a name follows from group and range.

import type { RecordCursor } from '../../core/record/record-cursor.js'
import { lakeErrors } from './errors.js'
import { maxFolderBytes, maxPathBytes, offsetDigits, timeTokensOf } from './path-template.js'
import type { PathTemplate, TemplatePart } from './path-template.js'
import { maxValueBytes, missingValue, pathValue } from './path-value.js'

const firstMark = '\u0001'
const lastMark = '\u0002'

type RecordFields = Readonly<Record<string, unknown>>
const noFields: RecordFields = {}

const hourMs = 3600_000
const lastOfYear9999Ms = 253402300799999

export interface PathBinding {
  readonly pipeline: string
  readonly sink: string
  readonly topic: string
  readonly partition: number
}

/** A range of offsets: from `firstOffset` to below `nextOffset`. */
export interface OffsetRange {
  readonly firstOffset: number
  readonly nextOffset: number
}

export class BoundPath {
  /** What a record's group depends on. */
  readonly varies: 'never' | 'by-time' | 'by-field'
  /** Records of one bucket of time have one group, when it varies by time alone. */
  readonly bucketMs: number
  readonly #template: PathTemplate
  readonly #binding: PathBinding
  readonly #extension: string
  readonly #constant: string | undefined

  /** `extension` is put behind every name. Errors: lake_path_unfit. */
  constructor(template: PathTemplate, binding: PathBinding, extension: string) {
    this.#template = template
    this.#binding = binding
    this.#extension = extension
    const tokens = timeTokensOf(template)
    const hasField = template.parts.some((part) => part.kind === 'field')
    this.varies = hasField ? 'by-field' : tokens.size > 0 ? 'by-time' : 'never'
    this.bucketMs = tokens.has('mm') ? hourMs / 60 : tokens.has('HH') ? hourMs : 24 * hourMs
    this.#constant = this.varies === 'never' ? this.#render(0, noFields) : undefined
    this.#checkLength()
  }

  /** The group of the record under the cursor. Never fails: what a record lacks is `__none__`. */
  groupOf(cursor: RecordCursor): string {
    if (this.#constant !== undefined) return this.#constant
    const fields = this.varies === 'by-field' ? objectUnder(cursor) : noFields
    return this.#render(cursor.timestampMs, fields)
  }

  /** The bucket of time of the record under the cursor, when groups vary by time alone. */
  bucketOf(cursor: RecordCursor): number {
    const ms = cursor.timestampMs
    return isDated(ms) ? Math.floor(ms / this.bucketMs) : -1
  }

  nameOf(group: string, range: OffsetRange): string {
    const first = String(range.firstOffset).padStart(offsetDigits, '0')
    const last = String(range.nextOffset - 1).padStart(offsetDigits, '0')
    return group.replaceAll(firstMark, first).replaceAll(lastMark, last)
  }

  #render(timestampMs: number, fields: RecordFields): string {
    let path = ''
    for (const part of this.#template.parts) path += this.#renderPart(part, timestampMs, fields)
    return path + this.#extension
  }

  #renderPart(part: TemplatePart, timestampMs: number, fields: RecordFields): string {
    switch (part.kind) {
      case 'literal':
        return part.text
      case 'fixed':
        return pathValue(String(this.#binding[part.name]), maxFolderBytes)
      case 'range':
        return part.name === 'first' ? firstMark : lastMark
      case 'time':
        return renderTime(part.folders, timestampMs)
      case 'field':
        return fieldValue(fields, part.path)
    }
  }

  /** The template was checked without the names of topic, pipeline and sink. */
  #checkLength(): void {
    const widest = 'x'.repeat(maxValueBytes)
    const group = this.#template.parts.map((part) =>
      part.kind === 'field' ? widest : this.#renderPart(part, 0, noFields),
    )
    const longest = this.nameOf(group.join('') + this.#extension, { firstOffset: 0, nextOffset: 1 })
    const isTooLong = longest.split('/').some((folder) => Buffer.byteLength(folder) > maxFolderBytes)
    if (!isTooLong && Buffer.byteLength(longest) <= maxPathBytes) return
    const { topic } = this.#binding
    throw lakeErrors.make(
      'lake_path_unfit',
      `the path ${this.#template.text} could give names for topic ${topic} that are too long, such as ${longest}: ` +
        `${maxFolderBytes} bytes between two "/" and ${maxPathBytes} in all are possible`,
      { details: { path: this.#template.text, topic } },
    )
  }
}

function isDated(timestampMs: number): boolean {
  return timestampMs >= 0 && timestampMs <= lastOfYear9999Ms
}

function renderTime(folders: readonly (readonly string[])[], timestampMs: number): string {
  if (!isDated(timestampMs)) return folders.map(() => missingValue).join('/')
  const iso = new Date(timestampMs).toISOString()
  return folders.map((pieces) => pieces.map((piece) => pieceOfTime(piece, iso)).join('')).join('/')
}

/** `iso` is 2026-11-22T16:25:43.123Z. */
function pieceOfTime(piece: string, iso: string): string {
  switch (piece) {
    case 'yyyy':
      return iso.slice(0, 4)
    case 'MM':
      return iso.slice(5, 7)
    case 'dd':
      return iso.slice(8, 10)
    case 'HH':
      return iso.slice(11, 13)
    case 'mm':
      return iso.slice(14, 16)
    default:
      return piece
  }
}

/** The record's value as an object; one without fields when it is none. */
function objectUnder(cursor: RecordCursor): RecordFields {
  // What does not begin like an object is not worth the price of a parser's exception.
  if (!beginsLikeObject(cursor)) return noFields
  try {
    const value: unknown = JSON.parse(cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd))
    return isObject(value) ? value : noFields
  } catch {
    // No JSON is no failure of a record: it has no fields, and its files say so.
    return noFields
  }
}

function beginsLikeObject(cursor: RecordCursor): boolean {
  const { bytes, valueStart, valueEnd } = cursor
  if (valueStart < 0) return false
  let at = valueStart
  while (at < valueEnd && bytes[at]! <= 0x20) at++
  return at < valueEnd && bytes[at] === 0x7b
}

function isObject(value: unknown): value is RecordFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldValue(fields: RecordFields, path: readonly string[]): string {
  let value: unknown = fields
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return missingValue
    value = value[name]
  }
  if (typeof value === 'string') return pathValue(value)
  return typeof value === 'number' || typeof value === 'boolean' ? pathValue(String(value)) : missingValue
}
