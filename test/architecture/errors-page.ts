// The catalogue of errors: composed from each folder's own errors.ts, and printed as docs/errors.md.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ErrorDeclaration, ErrorSet, ErrorTable } from '../../core/errors/tailrace-error.js'
import { listFiles, productFolders, repositoryRoot } from './source-files.js'

export interface CataloguedError extends ErrorDeclaration {
  readonly code: string
  /** The folder that declares it. */
  readonly folder: string
}

/** Every code that any errors.ts of the product declares, in the order of the folders. */
export async function catalogueOfErrors(): Promise<readonly CataloguedError[]> {
  const found: CataloguedError[] = []
  for (const path of listFiles(productFolders).filter((one) => /(^|\/)errors\.ts$/.test(one))) {
    const exports = (await import(pathToFileURL(join(repositoryRoot, path)).href)) as Record<string, unknown>
    for (const set of Object.values(exports).filter(isErrorSet)) {
      const folder = path.replace(/\/errors\.ts$/, '')
      for (const [code, declaration] of Object.entries(set.table)) found.push({ code, folder, ...declaration })
    }
  }
  return found
}

function isErrorSet(value: unknown): value is ErrorSet<ErrorTable> {
  return typeof value === 'object' && value !== null && 'table' in value && 'make' in value
}

export function errorsPage(errors: readonly CataloguedError[]): string {
  const folders = [...new Set(errors.map((error) => error.folder))]
  return [
    '# Errors',
    '',
    'Every error has a code, a message with its numbers, and a hint. This page is made from the `errors.ts` of each',
    'folder; `npx vitest run test/architecture/errors.test.ts -u` writes it anew.',
    '',
    '| retry | what happens |',
    '| --- | --- |',
    '| `timed` | Trying the same again can help by itself: connectors wait and go on. |',
    '| `manual` | It can help after a person has acted. |',
    '| `never` | The same will fail again. |',
    ...folders.flatMap((folder) => [
      '',
      `## ${folder}`,
      '',
      '| code | retry | what it means | what to do |',
      '| --- | --- | --- | --- |',
      ...errors.filter((error) => error.folder === folder).map(row),
    ]),
    '',
  ].join('\n')
}

function row(error: CataloguedError): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  return `| \`${error.code}\` | ${error.retry} | ${cell(error.summary)} | ${cell(error.hint)} |`
}
