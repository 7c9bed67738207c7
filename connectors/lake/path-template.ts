// The path of a lake's files: its text, checked and taken apart once. bound-path.ts makes names of it.
//
// Placeholders: {topic} {partition} {pipeline} {sink}, {first} and {last} (offsets of the range, 20 digits, so that
// names sort), {time:yyyy-MM-dd} (the record's time stamp, UTC), and any other {name} or {name.inner} is a field of
// the record's JSON object. Invariant: the number of folders does not depend on a record.

import { maxValueBytes, missingValue, pathValue } from './path-value.js'

export type FixedName = 'topic' | 'partition' | 'pipeline' | 'sink'

export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'fixed'; readonly name: FixedName }
  | { readonly kind: 'range'; readonly name: 'first' | 'last' }
  /** The pieces that its format has between slashes; in each, tokens and separators alternate as they stand there. */
  | { readonly kind: 'time'; readonly folders: readonly (readonly string[])[] }
  | { readonly kind: 'field'; readonly path: readonly string[] }

export interface PathTemplate {
  readonly text: string
  readonly parts: readonly TemplatePart[]
}

/** What a file system takes for one name, and what object stores take for a whole one. */
export const maxFolderBytes = 255
export const maxPathBytes = 1024

export const offsetDigits = 20

/** A partition's number has at most this many digits. */
const partitionDigits = 10

const fixedNames: readonly string[] = ['topic', 'partition', 'pipeline', 'sink'] satisfies readonly FixedName[]
const timeTokens = /yyyy|MM|dd|HH|mm/
const timeFormat = /^(?:yyyy|MM|dd|HH|mm)(?:[-_./]?(?:yyyy|MM|dd|HH|mm))*$/
const fieldPath = /^[A-Za-z0-9_@$-]+(\.[A-Za-z0-9_@$-]+)*$/
// Separators of other systems and what shells and tools stumble over.
const badLiteral = /[\p{Cc}\\{}]/u

/** Takes a template apart, or says everything that is wrong with it. */
export function readPathTemplate(text: string): {
  readonly template: PathTemplate
  readonly problems: readonly string[]
} {
  const problems: string[] = []
  const parts: TemplatePart[] = []
  for (const [index, piece] of text.split(/\{([^{}]*)\}/).entries()) {
    const part = index % 2 === 0 ? literalPart(piece) : placeholderPart(piece)
    if (typeof part === 'string') problems.push(part)
    else if (part !== undefined) parts.push(part)
  }
  const template = { text, parts }
  if (problems.length > 0) return { template, problems }
  for (const name of ['partition', 'first'] as const) {
    const holds = parts.some((part) => (part.kind === 'fixed' || part.kind === 'range') && part.name === name)
    if (!holds) problems.push(`must hold {${name}}, which keeps the names of files apart`)
  }
  return { template, problems: [...problems, ...folderProblems(parts)] }
}

/** The formats of time that a template asks for, smallest unit first or last as they stand. */
export function timeTokensOf(template: PathTemplate): ReadonlySet<string> {
  const all = template.parts.flatMap((part) => (part.kind === 'time' ? part.folders.flat() : []))
  return new Set(all.filter((piece) => timeTokens.test(piece)))
}

export function holdsTopic(template: PathTemplate): boolean {
  return template.parts.some((part) => part.kind === 'fixed' && part.name === 'topic')
}

/** What every name begins with, whatever the topic and the record. */
export function constantPrefix(
  template: PathTemplate,
  binding: { readonly pipeline: string; readonly sink: string },
): string {
  let prefix = ''
  for (const part of template.parts) {
    if (part.kind === 'literal') prefix += part.text
    else if (part.kind === 'fixed' && (part.name === 'pipeline' || part.name === 'sink'))
      prefix += pathValue(binding[part.name], maxFolderBytes)
    else return prefix
  }
  return prefix
}

/** What stands behind the last placeholder: the extension of the files, if its writer wants one of his own. */
export function tailOf(template: PathTemplate): string {
  const last = template.parts.at(-1)
  return last?.kind === 'literal' ? last.text : ''
}

function literalPart(text: string): TemplatePart | string | undefined {
  if (text === '') return undefined
  const bad = badLiteral.exec(text)
  if (bad === null) return { kind: 'literal', text }
  return `holds the character ${JSON.stringify(bad[0])}, which no name of a file may have`
}

function placeholderPart(name: string): TemplatePart | string {
  if (fixedNames.includes(name)) return { kind: 'fixed', name: name as FixedName }
  if (name === 'first' || name === 'last') return { kind: 'range', name }
  if (name === 'time' || name.startsWith('time:')) return timePart(name.slice('time:'.length))
  if (fieldPath.test(name)) return { kind: 'field', path: name.split('.') }
  return `{${name}} is neither a placeholder nor a field: fields look like {level} or {pod.name}`
}

function timePart(format: string): TemplatePart | string {
  if (!timeFormat.test(format)) {
    return `{time:${format}} is no format of time: use yyyy MM dd HH mm with - _ . or / between them, as {time:yyyy-MM-dd}`
  }
  const folders = format.split('/').map((folder) => folder.split(/(yyyy|MM|dd|HH|mm)/).filter((piece) => piece !== ''))
  return { kind: 'time', folders }
}

/** Each folder's name must be one whatever a record holds: neither empty, nor hidden, nor longer than may be. */
function folderProblems(parts: readonly TemplatePart[]): readonly string[] {
  const problems: string[] = []
  const folders = foldersOf(parts)
  for (const { shape, mostBytes } of folders) {
    if (shape === '') problems.push('has a folder without a name: it begins or ends with "/", or has "//"')
    if (shape.startsWith('.')) problems.push(`has a name that begins with ".": "${shape}"`)
    if (mostBytes > maxFolderBytes) {
      problems.push(
        `has a name, "${shape}", that could become ${mostBytes} bytes long; ${maxFolderBytes} are possible: put "/" between its placeholders`,
      )
    }
  }
  const wholeBytes = folders.reduce((sum, folder) => sum + folder.mostBytes + 1, 0)
  if (wholeBytes > maxPathBytes) {
    problems.push(`could become ${wholeBytes} bytes long; ${maxPathBytes} are possible`)
  }
  return problems
}

interface Folder {
  /** As the template has it. */
  shape: string
  /** Without the topic's name, the pipeline's and the sink's, which are held to the limit when they are known. */
  mostBytes: number
}

function foldersOf(parts: readonly TemplatePart[]): readonly Folder[] {
  const folders: Folder[] = [{ shape: '', mostBytes: 0 }]
  const put = (shape: string, mostBytes: number): void => {
    const last = folders.at(-1)!
    last.shape += shape
    last.mostBytes += mostBytes
  }
  const putEach = (pieces: readonly (readonly [string, number])[]): void => {
    for (const [index, [shape, bytes]] of pieces.entries()) {
      if (index > 0) folders.push({ shape: '', mostBytes: 0 })
      put(shape, bytes)
    }
  }
  for (const part of parts) {
    switch (part.kind) {
      case 'literal':
        putEach(part.text.split('/').map((text) => [text, Buffer.byteLength(text)] as const))
        break
      case 'time':
        putEach(
          part.folders.map(
            (pieces) => [`{time:${pieces.join('')}}`, Math.max(pieces.join('').length, missingValue.length)] as const,
          ),
        )
        break
      case 'range':
        put(`{${part.name}}`, offsetDigits)
        break
      case 'fixed':
        put(`{${part.name}}`, part.name === 'partition' ? partitionDigits : 1)
        break
      case 'field':
        put(`{${part.path.join('.')}}`, maxValueBytes)
        break
    }
  }
  return folders
}
