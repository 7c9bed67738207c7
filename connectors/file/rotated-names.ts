// How rotation renames: which names a copy, or the compressed form, of a file may have. Content decides; names only
// say which contents are worth comparing.

import { basename, dirname, join } from 'node:path'

const separators = /[.\-_~]/g

/** Is the file compressed, as its name says? */
export function isGzipName(path: string): boolean {
  return path.toLowerCase().endsWith('.gz')
}

/**
 * The paths of which this one may be a rotated form, in its directory: `app.log` of `app.log.1`, `app.log-20261122`,
 * `app-20261122.log` and `app.log.1.gz`, which may also be of `app.log.1`.
 */
export function originalsOf(path: string): readonly string[] {
  const name = basename(path)
  const plain = isGzipName(name) ? name.slice(0, -'.gz'.length) : name
  const originals = new Set<string>(plain === name ? [] : [plain])
  const extension = /\.[^.]+$/.exec(plain)?.[0] ?? ''
  for (const { index } of plain.matchAll(separators)) {
    if (index === 0) continue
    originals.add(plain.slice(0, index))
    if (extension !== '' && index < plain.length - extension.length) originals.add(plain.slice(0, index) + extension)
  }
  originals.delete(name)
  return [...originals].map((original) => join(dirname(path), original))
}
