// Compiles sources with all they import, so that a test can start them as processes of their own.

import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export interface Compiled {
  /** The compiled file of a source, whose path is relative to the repository. */
  pathOf(source: string): string
  dispose(): Promise<void>
}

/** Compiles sources (paths relative to the repository) that import nothing but node and one another. */
export async function compileForNode(sources: readonly string[]): Promise<Compiled> {
  const root = resolve(import.meta.dirname, '../../../..')
  const directory = await mkdtemp(join(tmpdir(), 'tailrace-compiled-'))
  const options = ['--ignoreConfig', '--rootDir', root, '--outDir', directory, '--module', 'nodenext']
  const target = ['--target', 'es2023', '--types', 'node', '--skipLibCheck']
  execFileSync(join(root, 'node_modules/.bin/tsc'), [...options, ...target, ...sources], { cwd: root })
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }')
  return {
    pathOf: (source) => join(directory, source.replace(/\.ts$/, '.js')),
    dispose: () => rm(directory, { recursive: true }),
  }
}
