// The version in package.json, which stands above this folder: one level in the sources, two in dist.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invariant } from '../core/errors/invariant.js'

/** The version of this installation. */
export function installedVersion(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'package.json'))) {
    invariant(dirname(directory) !== directory, 'package.json lies above the code')
    directory = dirname(directory)
  }
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { readonly version: string }
  return version
}
