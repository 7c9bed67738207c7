// The tree as the architecture tests see it: every file of the project with its text, and its code without what
// people wrote between the code. Generated, installed and run-time folders are left out.

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url))

/** Folders whose files make the product; what the import table, the bans and the catalogue of errors speak of. */
export const productFolders = ['core', 'connectors', 'config', 'hub', 'cli']

const leftOut = new Set(['node_modules', '.git'])
/** What builds and runs leave beside the sources; the same names further down are folders of the product. */
const leftOutAtRoot = new Set(['dist', '.tailrace', 'coverage', 'logs', 'lake'])

export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string
  readonly text: string
  readonly lineCount: number
  /** As long as `text`: comments and the insides of strings, templates and regular expressions are blanks. */
  readonly code: string
  /** As long as `text`: only the comments are left. */
  readonly comments: string
}

/** Paths of all files below the repository, or below some of its folders. */
export function listFiles(folders: readonly string[] = ['.']): readonly string[] {
  const found: string[] = []
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      const isAtRoot = relative(repositoryRoot, directory) === ''
      if (leftOut.has(entry.name) || (isAtRoot && leftOutAtRoot.has(entry.name))) continue
      if (entry.isDirectory()) visit(path)
      else if (entry.isFile()) found.push(relative(repositoryRoot, path).replaceAll(sep, '/'))
    }
  }
  for (const folder of folders) visit(join(repositoryRoot, folder))
  return found.sort()
}

/** The TypeScript and JavaScript files of some folders, parsed. */
export function sourceFiles(folders: readonly string[]): readonly SourceFile[] {
  return listFiles(folders)
    .filter((path) => /\.(ts|mjs|js)$/.test(path) && !path.includes('/generated/'))
    .map(readSourceFile)
}

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(repositoryRoot, path), 'utf8')
  const lineCount = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return { path, text, lineCount, ...separate(text) }
}

/** A token that tells code from the rest; template literals are opened and closed by the walk itself. */
const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|`|[{}]|\/|[\w$]+|[^\s\w$]/g
const regularExpression = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
/** After one of these a slash begins a regular expression; after anything else it divides. */
const beforeRegularExpression =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|yield|await|void|delete))$/

/** Splits a text into its code and its comments, both as long as the text. */
export function separate(text: string): { readonly code: string; readonly comments: string } {
  const code = text.replace(/[^\n]/g, ' ').split('')
  const comments = [...code]
  const keep = (from: number, to: number, into: string[]): void => {
    for (let at = from; at < to; at++) into[at] = text[at] as string
  }
  const templateDepths: number[] = []
  let depth = 0
  let previous = ''
  token.lastIndex = 0
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [word] = match
    const start = match.index
    if (word.startsWith('//') || word.startsWith('/*')) {
      keep(start, token.lastIndex, comments)
      continue
    }
    if (word === '/' && beforeRegularExpression.test(previous)) {
      regularExpression.lastIndex = start
      if (regularExpression.test(text)) token.lastIndex = regularExpression.lastIndex
    }
    if (word === '`' || (word === '}' && templateDepths.at(-1) === depth)) {
      if (word === '}') templateDepths.pop()
      const { end, opensExpression } = endOfTemplatePart(text, token.lastIndex)
      if (opensExpression) templateDepths.push(depth)
      token.lastIndex = end
    } else if (word === '{') depth++
    else if (word === '}') depth--
    code[start] = text[start] as string
    code[token.lastIndex - 1] = text[token.lastIndex - 1] as string
    if (!/^['"`/}]/.test(word)) keep(start, token.lastIndex, code)
    previous = word
  }
  return { code: code.join(''), comments: comments.join('') }
}

/** Where the part of a template literal that begins at `from` ends: behind a backtick or behind `${`. */
function endOfTemplatePart(text: string, from: number): { readonly end: number; readonly opensExpression: boolean } {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '`') return { end: at + 1, opensExpression: false }
    else if (text[at] === '$' && text[at + 1] === '{') return { end: at + 2, opensExpression: true }
  }
  return { end: text.length, opensExpression: false }
}

/** The line number of a position, from 1. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length
}
