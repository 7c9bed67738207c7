// The directories in which sinks keep files between runs: DATA/work/PIPELINE.SINK, each of one sink alone.
//
// What lies there may be all that is left of records which their topic has forgotten. So the runtime never removes one:
// of those that no sink has any more it speaks at the start, and a person decides.

import type { Files } from '../runtime/files.js'
import type { Logger } from '../telemetry/logger.js'

export interface WorkOwner {
  readonly pipeline: string
  readonly sink: string
}

/** Makes the directory, and brings its name to the device. Mode 0700. Returns its path. */
export async function makeWorkDirectory(files: Files, dataDirectory: string, owner: WorkOwner): Promise<string> {
  const path = `${allWork(dataDirectory)}/${nameOf(owner)}`
  await files.makeDirectory(path)
  await files.syncDirectory(allWork(dataDirectory))
  await files.syncDirectory(dataDirectory)
  return path
}

/** Removes empty directories of sinks that are gone, and warns of those that hold something. */
export async function reviewWork(
  { files, dataDirectory, logger }: { readonly files: Files; readonly dataDirectory: string; readonly logger: Logger },
  owners: readonly WorkOwner[],
): Promise<void> {
  const parent = allWork(dataDirectory)
  if ((await files.stat(parent)) === undefined) return
  const owned = new Set(owners.map(nameOf))
  for (const name of await files.list(parent)) {
    if (owned.has(name)) continue
    const directory = `${parent}/${name}`
    if ((await files.stat(directory))?.kind !== 'directory') continue
    const left = await files.list(directory)
    if (left.length === 0) await files.removeDirectory(directory)
    else {
      logger.warn('files of a sink that no pipeline declares; remove them when it does not come back', {
        directory,
        files: left.length,
      })
    }
  }
}

function nameOf({ pipeline, sink }: WorkOwner): string {
  return `${pipeline}.${sink}`
}

function allWork(dataDirectory: string): string {
  return `${dataDirectory}/work`
}
