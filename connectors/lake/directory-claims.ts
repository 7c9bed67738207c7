// The bookkeeping of a root that is a directory (root-claim.ts): ROOT/.tailrace on the local file system.

import { dirname, join } from 'node:path'
import { present } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Files } from '../../core/runtime/files.js'
import { pathValue } from './path-value.js'
import { bookkeepingFolder, findRoot, foreignRoot, hubBytes, hubFile, writerName } from './root-claim.js'
import type { ClaimPlace, LakeWriter } from './root-claim.js'

export class DirectoryClaims implements ClaimPlace {
  readonly root: string
  readonly #files: Files

  constructor(files: Files, root: string) {
    this.#files = files
    this.root = root
  }

  async read(name: string): Promise<Buffer | undefined> {
    const path = this.#pathOf(name)
    return (await this.#files.stat(path)) === undefined ? undefined : this.#files.readAll(path)
  }

  async list(folder: string): Promise<readonly string[]> {
    const path = this.#pathOf(folder)
    return (await this.#files.stat(path)) === undefined ? [] : this.#files.list(path)
  }

  put(name: string, bytes: Buffer): Promise<void> {
    return this.#files.replace(this.#pathOf(name), bytes)
  }

  remove(name: string): Promise<void> {
    return this.#files.unlink(this.#pathOf(name))
  }

  /**
   * A crash leaves all or nothing of hub.json. So that two hubs that start at the same moment cannot both make it, each
   * writes it as a claim, looks for claims of others, and then for the file: whoever came first is seen by the other, or
   * each sees the other and both step back. Sinks of one hub write the same bytes, so either may be last.
   */
  async takeHub(writer: LakeWriter): Promise<void> {
    const { hubId } = writer
    const folder = this.#pathOf('claims')
    const ownClaims = `${pathValue(hubId)}@`
    const claim = join(folder, ownClaims + writerName(writer))
    await this.#files.makeDirectory(folder)
    await writeDurably(this.#files, claim, hubBytes(hubId, await this.#newRootId()))
    const other = (await this.#files.list(folder)).find((name) => !name.startsWith(ownClaims))
    const found = other === undefined ? await findRoot(this, hubId) : undefined
    if (other === undefined && found === undefined) {
      await this.#files.rename(claim, this.#pathOf(hubFile))
      await this.#files.syncDirectory(this.#pathOf(''))
      return
    }
    await this.#files.unlink(claim)
    if (other !== undefined) throw foreignRoot(this, other.split('@')[0]!, hubId)
  }

  /** Stays with the folder when it is moved, and is another for a folder that is made in its place. */
  async #newRootId(): Promise<string> {
    const { inode, bornMs } = present(await this.#files.stat(this.root), `the folder ${this.root}, which was made`)
    return `${inode}-${Math.floor(bornMs)}`
  }

  #pathOf(name: string): string {
    return join(this.root, bookkeepingFolder, name)
  }
}

async function writeDurably(files: Files, path: string, bytes: Buffer): Promise<void> {
  const file = await files.open(path, 'create')
  try {
    await file.truncate(0)
    await file.write(bytes, 0)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Brings the names of a new root, and of the folders it was made in, to the device. */
export async function syncAncestors(files: Files, root: string): Promise<void> {
  for (let path = dirname(root), above = dirname(path); ; path = above, above = dirname(path)) {
    try {
      await files.syncDirectory(path)
    } catch (error) {
      // A folder that may not be read was there before: its name needs no care of ours.
      if (error instanceof TailraceError && error.code === 'denied') return
      throw error
    }
    if (above === path) return
  }
}
