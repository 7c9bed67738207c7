// Recognises the names of a partition's files, and names what several of them become:
//
//   orders/dt=2026-11-22/0-00000000000000000000.ndjson.gz
//   orders/dt=2026-11-22/0-00000000000000000000.through-00000000000000000700.ndjson.gz
//
// the second holds the files of its group from the first offset of one to that of another. No plan can need such a name:
// settings refuse a path that holds the mark, or that ends with what a record says.

import type { PathBinding } from '../bound-path.js'
import { missingValue, pathValue } from '../path-value.js'
import { maxFolderBytes, maxPathBytes, offsetDigits, tailOf } from '../path-template.js'
import type { PathTemplate, TemplatePart } from '../path-template.js'

const throughMark = '.through-'

/** A file of the partition, as its name tells. */
export interface NamedFile {
  /** Equal for files whose names differ in their offsets alone. */
  readonly group: string
  /** Of its first file, and of its last one: the same for one that was not merged. */
  readonly firstOffset: number
  readonly throughOffset: number
}

const timeDigits: Readonly<Record<string, string>> = {
  yyyy: '\\d{4}',
  MM: '\\d{2}',
  dd: '\\d{2}',
  HH: '\\d{2}',
  mm: '\\d{2}',
}
const anOffset = `\\d{${offsetDigits}}`
const mergedEnd = new RegExp(`${escaped(throughMark)}${anOffset}$`)

export class FileNames {
  readonly #pattern: RegExp
  /** Behind the last placeholder, with the extension. */
  readonly #ending: string

  /** `extension` as bound paths have it. */
  constructor(template: PathTemplate, binding: PathBinding, extension: string) {
    const tail = tailOf(template)
    const parts = tail === '' ? template.parts : template.parts.slice(0, -1)
    this.#ending = tail + extension
    let hasFirst = false
    const pieces = parts.map((part, index) => {
      if (part.kind !== 'range' || part.name !== 'first') return patternOf(part, `varying${index}`, binding)
      const piece = hasFirst ? '\\k<first>' : `(?<first>${anOffset})`
      hasFirst = true
      return piece
    })
    const through = `(?:${escaped(throughMark)}(?<through>${anOffset}))?`
    this.#pattern = new RegExp(`^${pieces.join('')}${through}${escaped(this.#ending)}$`)
  }

  /** Undefined for what is no name of the partition's files. */
  read(name: string): NamedFile | undefined {
    const match = this.#pattern.exec(name)
    if (match?.groups === undefined) return undefined
    const { first, through = first, ...varying } = match.groups
    const [firstOffset, throughOffset] = [Number(first), Number(through)]
    if (!Number.isSafeInteger(throughOffset) || throughOffset < firstOffset) return undefined
    return { group: Object.values(varying).join('/'), firstOffset, throughOffset }
  }

  /** What the file of this name becomes with those behind it; undefined when it would be too long. */
  merged(name: string, throughOffset: number): string | undefined {
    const stem = name.slice(0, name.length - this.#ending.length).replace(mergedEnd, '')
    const made = `${stem}${throughMark}${String(throughOffset).padStart(offsetDigits, '0')}${this.#ending}`
    const isTooLong = made.split('/').some((folder) => Buffer.byteLength(folder) > maxFolderBytes)
    return isTooLong || Buffer.byteLength(made) > maxPathBytes ? undefined : made
  }
}

/** Why files under such names cannot be told apart by their partition, or from merged ones; undefined when they can. */
export function namesProblem(template: PathTemplate): string | undefined {
  if (template.text.includes(throughMark)) return `must not hold "${throughMark}", by which merged files are known`
  const ending = template.parts.findLast(({ kind }) => kind !== 'literal')
  if (ending?.kind === 'field') return 'must not end with a field of the record, before its extension'
  for (const [index, part] of template.parts.entries()) {
    if (part.kind !== 'fixed' || part.name !== 'partition') continue
    const before = template.parts[index - 1]
    const behind = template.parts[index + 1]
    const stands = edgeOf(before, -1) && edgeOf(behind, 0) && !sharesFolderWithField(template.parts, index)
    if (!stands) {
      return 'must have {partition} apart from other placeholders, and in no folder or name with a field of the record'
    }
  }
  return undefined
}

/** Is what stands at that end neither a placeholder nor a digit? */
function edgeOf(part: TemplatePart | undefined, at: -1 | 0): boolean {
  return part === undefined || (part.kind === 'literal' && !/\d/.test(part.text.at(at) ?? ''))
}

function sharesFolderWithField(parts: readonly TemplatePart[], index: number): boolean {
  for (const step of [-1, 1]) {
    for (let at = index + step; at >= 0 && at < parts.length; at += step) {
      const part = parts[at]!
      if (part.kind === 'literal' && part.text.includes('/')) break
      if (part.kind === 'field') return true
    }
  }
  return false
}

/** `name`: of what a file has in the part's place, where that varies. */
function patternOf(part: TemplatePart, name: string, binding: PathBinding): string {
  switch (part.kind) {
    case 'literal':
      return escaped(part.text)
    case 'fixed':
      return escaped(pathValue(String(binding[part.name]), maxFolderBytes))
    case 'range':
      return anOffset
    case 'time': {
      const pieces = part.folders.map((folder) => folder.map((piece) => timeDigits[piece] ?? escaped(piece)).join(''))
      return `(?<${name}>${pieces.join('/')}|${part.folders.map(() => missingValue).join('/')})`
    }
    case 'field':
      return `(?<${name}>[^/]+)`
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
