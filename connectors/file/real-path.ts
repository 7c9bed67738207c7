// Paths with their links resolved, also of what is not there yet.

import { basename, dirname, join } from 'node:path'
import type { Files } from '../../core/runtime/files.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'

/** The path with the links in it resolved, as far as it exists; what does not exist can hold none. */
export async function realPathOf(files: Pick<Files, 'realPath'>, path: string): Promise<string> {
  try {
    return await files.realPath(path)
  } catch (error) {
    if (!(error instanceof TailraceError) || error.code !== 'not_found' || path === dirname(path)) throw error
    return join(await realPathOf(files, dirname(path)), basename(path))
  }
}
