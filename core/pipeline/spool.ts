// The temporary files of one run of a source: DATA/spool/PIPELINE.SOURCE/NUMBER-NAME, made with mode 0600, removed when
// the run ends; what a crash left behind goes before the next pipelines start.
//
// Two bounds: the quota that the source states, and free space of the disk that is left to the log. Without the second
// a spool would fill the disk, and what is in it could never move on into the log.

import type { Spool, SpoolFile } from '../connector/spool.js'
import { invariant } from '../errors/invariant.js'
import { runtimeErrors } from '../runtime/errors.js'
import type { Files, OpenFile } from '../runtime/files.js'
import { pipelineErrors } from './errors.js'

/** As much as the largest appends of a busy hub take until its sinks and retention give some back. */
const leftToLogBytes = 256 * 1024 * 1024

const longestName = 100

export interface SpoolOptions {
  readonly files: Files
  /** Absolute; the spool's own. */
  readonly directory: string
}

/** Where the files of an edge lie. */
export function spoolDirectory(dataDirectory: string, pipeline: string, edge: string): string {
  return `${allSpools(dataDirectory)}/${pipeline}.${edge}`
}

/** Removes what a process that was killed left behind, of whichever edges it ran. */
export async function clearSpools(files: Files, dataDirectory: string): Promise<void> {
  const parent = allSpools(dataDirectory)
  if ((await files.stat(parent)) === undefined) return
  for (const edge of await files.list(parent)) await clearSpool({ files, directory: `${parent}/${edge}` })
}

function allSpools(dataDirectory: string): string {
  return `${dataDirectory}/spool`
}

/** Fine when there is nothing. */
async function clearSpool({ files, directory }: SpoolOptions): Promise<void> {
  if ((await files.stat(directory)) === undefined) return
  for (const name of await files.list(directory)) await files.unlink(`${directory}/${name}`)
  await files.removeDirectory(directory)
}

export class DirectorySpool implements Spool {
  private readonly options: SpoolOptions
  private readonly quotaBytes: number
  private readonly files = new Set<DirectorySpoolFile>()
  private made = 0
  private used = 0

  private constructor(options: SpoolOptions, quotaBytes: number) {
    this.options = options
    this.quotaBytes = quotaBytes
  }

  /** An empty spool; what was there is removed. */
  static async open(options: SpoolOptions, quotaBytes: number): Promise<DirectorySpool> {
    // An earlier run may not have come to its end in time.
    await clearSpool(options)
    await options.files.makeDirectory(options.directory)
    return new DirectorySpool(options, quotaBytes)
  }

  get sizeBytes(): number {
    return this.used
  }

  async create(name: string): Promise<SpoolFile> {
    const { files, directory } = this.options
    const shown = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, longestName)
    const open = await files.open(`${directory}/${++this.made}-${shown}`, 'create-new')
    const file = new DirectorySpoolFile(this, open)
    this.files.add(file)
    return file
  }

  /** Removes the files and the directory. */
  async close(): Promise<void> {
    for (const file of [...this.files]) await file.remove()
    await clearSpool(this.options)
  }

  /** Takes room for so many bytes. Errors: spool_full, disk_full. */
  async claim(bytes: number): Promise<void> {
    const { files, directory } = this.options
    this.checkQuota(bytes)
    const freeBytes = await files.freeBytes(directory)
    if (freeBytes - bytes < leftToLogBytes) {
      throw runtimeErrors.make('disk_full', `${directory}: ${freeBytes} bytes are free, which are left to the log`, {
        details: { directory, freeBytes, leftToLogBytes },
      })
    }
    // Another file may have grown meanwhile.
    this.checkQuota(bytes)
    this.used += bytes
  }

  giveBack(bytes: number): void {
    this.used -= bytes
  }

  async unlink(file: DirectorySpoolFile, path: string): Promise<void> {
    this.files.delete(file)
    await this.options.files.unlink(path)
  }

  private checkQuota(bytes: number): void {
    const { used, quotaBytes } = this
    if (used + bytes <= quotaBytes) return
    const { directory } = this.options
    throw pipelineErrors.make('spool_full', `${directory} holds ${used} bytes; ${bytes} more exceed ${quotaBytes}`, {
      details: { directory, usedBytes: used, wantedBytes: bytes, quotaBytes },
    })
  }
}

class DirectorySpoolFile implements SpoolFile {
  private readonly spool: DirectorySpool
  private readonly file: OpenFile
  private size = 0
  private isRemoved = false

  constructor(spool: DirectorySpool, file: OpenFile) {
    this.spool = spool
    this.file = file
  }

  get sizeBytes(): number {
    return this.size
  }

  /** What a write that failed left behind the end is overwritten by the next one. */
  async append(bytes: Uint8Array): Promise<void> {
    await this.spool.claim(bytes.length)
    try {
      await this.file.write(bytes, this.size)
    } catch (error) {
      this.spool.giveBack(bytes.length)
      throw error
    }
    this.size += bytes.length
  }

  async read(into: Uint8Array, at: number, length: number, position: number): Promise<number> {
    const there = Math.max(0, Math.min(length, this.size - position))
    return there === 0 ? 0 : this.file.read(into, at, there, position)
  }

  async truncate(sizeBytes: number): Promise<void> {
    invariant(sizeBytes >= 0 && sizeBytes <= this.size, `a spool file of ${this.size} bytes is cut to ${sizeBytes}`)
    await this.file.truncate(sizeBytes)
    this.spool.giveBack(this.size - sizeBytes)
    this.size = sizeBytes
  }

  async remove(): Promise<void> {
    if (this.isRemoved) return
    this.isRemoved = true
    this.spool.giveBack(this.size)
    this.size = 0
    await this.file.close()
    await this.spool.unlink(this, this.file.path)
  }
}
