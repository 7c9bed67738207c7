// The text of a pipeline file with its values and the place of each of them: JSON with comments and trailing commas.
//
// Bounds: 1 MiB of text and 64 levels, since the parser recurses and a file by hand needs neither.

import { createScanner, getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'
import type { Position, Problem } from './problem.js'

const maxTextBytes = 1024 * 1024
const maxDepth = 64

export type Values = Readonly<Record<string, unknown>>

export interface Document {
  /** The file as the user named it. */
  readonly file: string
  readonly values: Values
  /** Where the value of a path stands, or its nearest ancestor that exists. */
  valuePosition(path: readonly string[]): Position
  /** Where the key of a path stands; of an item of a list, the item; of the whole file, its first character. */
  keyPosition(path: readonly string[]): Position
}

export type ParsedDocument =
  | { readonly document: Document; readonly problems: readonly Problem[] }
  | { readonly document: undefined; readonly problems: readonly Problem[] }

/** Never throws: a text that is no JSON object gives problems and no document; a key that stands twice gives both. */
export function parseDocument(file: string, bytes: Uint8Array): ParsedDocument {
  const whole = (message: string): ParsedDocument => ({
    document: undefined,
    problems: [{ file, position: undefined, path: [], message }],
  })
  if (bytes.length > maxTextBytes) return whole(`the file has ${bytes.length} bytes; at most ${maxTextBytes} are read`)
  const text = decodeUtf8(bytes)
  if (text === undefined) return whole('the file is not valid UTF-8')
  const lines = new LineIndex(text)
  const tooDeep = tooDeepAt(text)
  if (tooDeep !== undefined) {
    const message = `nested deeper than ${maxDepth} levels`
    return { document: undefined, problems: [{ file, position: lines.position(tooDeep), path: [], message }] }
  }
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false })
  if (errors.length > 0) {
    const problems = errors.map((error) => syntaxProblem(file, lines, error))
    return { document: undefined, problems }
  }
  if (root?.type !== 'object') return whole('the file must hold one JSON object')
  return { document: documentOf(file, root, lines), problems: duplicateKeys(file, root, lines) }
}

function documentOf(file: string, root: Node, lines: LineIndex): Document {
  return {
    file,
    values: getNodeValue(root) as Values,
    valuePosition: (path) => lines.position(nodeAt(root, path).offset),
    keyPosition(path) {
      const node = nodeAt(root, path)
      const owner = node.parent
      return lines.position(owner?.type === 'property' ? owner.offset : node.offset)
    },
  }
}

/** The value node at the path, or the deepest one on the way that exists. */
function nodeAt(root: Node, path: readonly string[]): Node {
  let node = root
  for (const key of path) {
    const next = childOf(node, key)
    if (next === undefined) return node
    node = next
  }
  return node
}

function childOf(node: Node, key: string): Node | undefined {
  if (node.type === 'array') return node.children?.[Number(key)]
  if (node.type !== 'object') return undefined
  // The last of equal keys is the one whose value counts.
  return node.children?.findLast((property) => property.children?.[0]?.value === key)?.children?.[1]
}

function duplicateKeys(file: string, root: Node, lines: LineIndex): readonly Problem[] {
  const problems: Problem[] = []
  const visit = (node: Node, path: readonly string[]): void => {
    if (node.type === 'array') node.children?.forEach((item, index) => visit(item, [...path, String(index)]))
    if (node.type !== 'object') return
    const seen = new Map<string, Node>()
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? []
      if (key === undefined || value === undefined) continue
      const name = String(key.value)
      const first = seen.get(name)
      if (first === undefined) seen.set(name, key)
      else {
        const message = `the key stands twice, first in line ${lines.position(first.offset).line}`
        problems.push({ file, position: lines.position(key.offset), path: [...path, name], message })
      }
      visit(value, [...path, name])
    }
  }
  visit(root, [])
  return problems
}

/** By the parser's names of its errors. */
const syntaxMessages: Readonly<Record<string, string>> = {
  InvalidSymbol: 'this is not JSON',
  InvalidNumberFormat: 'not a valid number',
  PropertyNameExpected: 'a key in double quotes is expected here',
  ValueExpected: 'a value is expected here',
  ColonExpected: 'a colon is expected here',
  CommaExpected: 'a comma is expected here',
  CloseBraceExpected: 'a closing brace } is expected here',
  CloseBracketExpected: 'a closing bracket ] is expected here',
  EndOfFileExpected: 'nothing may follow the object',
  UnexpectedEndOfComment: 'the comment does not end',
  UnexpectedEndOfString: 'the text does not end on its line',
  UnexpectedEndOfNumber: 'the number is not complete',
  InvalidUnicode: 'the \\u escape is not complete',
  InvalidEscapeCharacter: 'no such escape in a text',
  InvalidCharacter: 'a control character must be escaped',
}

function syntaxProblem(file: string, lines: LineIndex, error: ParseError): Problem {
  const message = `not valid JSON: ${syntaxMessages[printParseErrorCode(error.error)] ?? 'the text cannot be read'}`
  return { file, position: lines.position(error.offset), path: [], message }
}

function tooDeepAt(text: string): number | undefined {
  const scanner = createScanner(text, true)
  let depth = 0
  while (scanner.getPosition() < text.length) {
    scanner.scan()
    const first = text[scanner.getTokenOffset()]
    if (first === '{' || first === '[') depth++
    if (first === '}' || first === ']') depth--
    if (depth > maxDepth) return scanner.getTokenOffset()
  }
  return undefined
}

/** Without a byte order mark; undefined when it is not UTF-8. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

class LineIndex {
  /** Offset of each line's first character. */
  readonly #starts: number[] = [0]

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  position(offset: number): Position {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 }
  }
}
