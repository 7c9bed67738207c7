// Replacing a file so that a crash leaves the old bytes or the new: write beside it, sync, rename, sync the directory.
//
// The temporary name is fixed (PATH.tmp), so that what a crash left behind is overwritten by the next replace instead
// of piling up. Its price: two replacements of one path must not run at once; the caller owns the path.

import { dirname } from 'node:path'
import type { Files } from './files.js'

const temporarySuffix = '.tmp'

type FilesOfReplace = Pick<Files, 'open' | 'rename' | 'unlink' | 'syncDirectory'>

/** Files.replace for every implementation, made of its other operations. */
export async function replaceFile(files: FilesOfReplace, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = path + temporarySuffix
  try {
    await writeWhole(files, temporary, bytes)
    await files.rename(temporary, path)
  } catch (error) {
    // Only to give the space back: a leftover does no harm, and the first failure is the one to report.
    await files.unlink(temporary).catch(() => undefined)
    throw error
  }
  await files.syncDirectory(dirname(path))
}

async function writeWhole(files: FilesOfReplace, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, 'create')
  try {
    await file.truncate(0)
    await file.write(bytes, 0)
    await file.datasync()
  } finally {
    await file.close()
  }
}
