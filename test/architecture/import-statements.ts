// Finds what a source file imports: static and dynamic imports and re-exports, by their text.

import { posix } from 'node:path'
import type { SourceFile } from './source-files.js'
import { lineAt } from './source-files.js'

export interface ImportStatement {
  readonly specifier: string
  /** The path it leads to in the repository; undefined for a package or a module of Node. */
  readonly target: string | undefined
  readonly typesOnly: boolean
  readonly dynamic: boolean
  readonly line: number
}

// The insides of strings are blanks in `code`, so a quoted import in a string or comment is never taken for one.
const staticImport = /\b(?:import|export)\b(\s+type\b)?([\s\w$,{}*]*?)\bfrom\s*(['"])\s*\3/g
const bareImport = /\bimport\s*(['"])\s*\1/g
const dynamicImport = /(\btypeof\s+)?\bimport\s*\(\s*(['"])\s*\2\s*\)(\s*\.\s*[A-Z])?/g

export function importsOf(file: SourceFile): readonly ImportStatement[] {
  const found: ImportStatement[] = []
  const add = (match: RegExpExecArray, kind: { typesOnly: boolean; dynamic: boolean }): void => {
    const quoted = file.text.slice(match.index, match.index + match[0].length)
    const specifier = /(['"])([^'"]*)\1[^'"]*$/.exec(quoted)?.[2] ?? ''
    const target = specifier.startsWith('.')
      ? posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, '.ts')
      : undefined
    found.push({ specifier, target, line: lineAt(file.text, match.index), ...kind })
  }
  for (const match of file.code.matchAll(staticImport)) {
    add(match, { typesOnly: match[1] !== undefined || namesTypesOnly(match[2] ?? ''), dynamic: false })
  }
  for (const match of file.code.matchAll(bareImport)) add(match, { typesOnly: false, dynamic: false })
  for (const match of file.code.matchAll(dynamicImport)) {
    add(match, { typesOnly: match[1] !== undefined || match[3] !== undefined, dynamic: true })
  }
  return found
}

/** `{ type A, type B }` leaves nothing at run time. */
function namesTypesOnly(clause: string): boolean {
  const names = /^\s*\{([^}]*)\}\s*$/
    .exec(clause)?.[1]
    ?.split(',')
    .filter((name) => name.trim() !== '')
  return names !== undefined && names.every((name) => /^\s*type\s/.test(name))
}
