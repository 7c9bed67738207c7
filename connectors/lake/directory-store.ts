// A lake in a directory of the local file system.
//
//   ROOT/…                                              the files, under the names that the path template gives
//   ROOT/.tailrace/hub.json, sinks/                     whose the root is (root-claim.ts)
//   ROOT/.tailrace/open/PIPELINE.SINK/                  files under way (staging.ts)
//   ROOT/.tailrace/manifests/PIPELINE.SINK/ID-N.json    the open plan of partition N of the topic with that id
//
// A file appears by a rename within one file system: whole or not at all. It is durable after the sync of its folder
// and of every folder above whose name is not known to be durable yet.

import { dirname, join, sep } from 'node:path'
import type { SinkPartition } from '../../core/connector/sink.js'
import type { Files } from '../../core/runtime/files.js'
import { observeFile } from './file-sum.js'
import { lakeErrors } from './errors.js'
import { manifestBytes, readManifestBytes } from './manifest.js'
import type { LakeRoot, Manifest, PlannedObject } from './manifest.js'
import type { ObjectStore, ReadFile, Seen, StoredFile } from './object-store.js'
import { pathValue } from './path-value.js'
import { bookkeepingFolder, writerName } from './root-claim.js'
import { Staging } from './staging.js'

/** Folders that are remembered as durable: a bound for templates that make a folder a minute. */
const mostKnownFolders = 10_000
const listedAtOnce = 1000

export interface StoreOwner {
  readonly pipeline: string
  readonly sink: string
  /** Unique among the runs of the sink. */
  readonly run: string
}

/** The folders of a sink's bookkeeping in a root. */
export function bookkeepingOf(root: string, owner: Omit<StoreOwner, 'run'>): { open: string; manifests: string } {
  const folder = join(root, bookkeepingFolder)
  return { open: join(folder, 'open', writerName(owner)), manifests: join(folder, 'manifests', writerName(owner)) }
}

export class DirectoryStore implements ObjectStore {
  readonly root: LakeRoot
  readonly staging: Staging
  /** A rename is done before another could begin. */
  readonly publishesAtOnce = 1
  readonly #files: Files
  readonly #manifests: string
  /** Folders whose names are durable and that were seen to lie below the root. */
  readonly #known = new Set<string>()

  constructor(files: Files, root: LakeRoot, owner: StoreOwner) {
    const { open, manifests } = bookkeepingOf(root.path, owner)
    this.root = root
    this.staging = new Staging(files, open, owner.run)
    this.#files = files
    this.#manifests = manifests
  }

  /** Makes the folders of the bookkeeping. */
  async prepare(): Promise<void> {
    await this.#files.makeDirectory(this.staging.path)
    await this.#ensureFolder(this.#manifests)
  }

  observe(object: PlannedObject): Promise<Seen> {
    return observeFile(this.#files, this.#pathOf(object), object)
  }

  /** A staged file that a loss of power takes is made again, and the manifest replaced, before anything appears. */
  secureStaged(): Promise<void> {
    return Promise.resolve()
  }

  async publish(object: PlannedObject): Promise<void> {
    const path = this.#pathOf(object)
    await this.#ensureFolder(dirname(path))
    await this.#files.rename(this.staging.pathOf(object.staged), path)
  }

  async settle(names: readonly string[]): Promise<void> {
    const folders = new Set(names.map((name) => dirname(join(this.root.path, name))))
    for (const folder of folders) {
      await this.#ensureFolder(folder)
      await this.#files.syncDirectory(folder)
    }
  }

  async *list(prefix: string): AsyncGenerator<readonly StoredFile[]> {
    yield* this.#listFolder(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix)
  }

  async read(name: string): Promise<ReadFile | string> {
    const path = join(this.root.path, name)
    const stat = await this.#files.statLink(path)
    return stat?.kind === 'file' ? { bytes: await this.#files.readAll(path) } : 'it is gone, or no file any more'
  }

  async remove(names: readonly string[]): Promise<void> {
    const folders = new Set<string>()
    for (const name of names) {
      const path = join(this.root.path, name)
      if ((await this.#files.statLink(path)) !== undefined) await this.#files.unlink(path)
      folders.add(dirname(path))
    }
    for (const folder of folders) await this.#files.syncDirectory(folder)
  }

  async putManifest(manifest: Manifest): Promise<void> {
    await this.#files.replace(this.#manifestPath(manifest), manifestBytes(manifest))
  }

  async removeManifest(of: SinkPartition): Promise<void> {
    const path = this.#manifestPath(of)
    if ((await this.#files.stat(path)) !== undefined) await this.#files.unlink(path)
  }

  async manifests(): Promise<readonly Manifest[]> {
    const found: Manifest[] = []
    for (const name of await this.#files.list(this.#manifests)) {
      // Others are what a crash left of a replacement.
      if (!name.endsWith('.json')) continue
      const path = join(this.#manifests, name)
      found.push(readManifestBytes(await this.#files.readAll(path), path))
    }
    return found
  }

  /** `folder` is empty or ends with a slash. */
  async *#listFolder(folder: string, prefix: string): AsyncGenerator<readonly StoredFile[]> {
    const path = join(this.root.path, folder)
    if ((await this.#files.stat(path))?.kind !== 'directory') return
    const folders: string[] = []
    let page: StoredFile[] = []
    for (const entry of await this.#files.list(path)) {
      const name = folder + entry
      const stat = await this.#files.statLink(join(path, entry))
      if (stat?.kind === 'directory' && name !== bookkeepingFolder) folders.push(`${name}/`)
      if (stat?.kind !== 'file' || !name.startsWith(prefix)) continue
      page.push({ name, bytes: stat.bytes, modifiedMs: stat.modifiedMs })
      if (page.length < listedAtOnce) continue
      yield page
      page = []
    }
    yield page
    for (const inner of folders)
      if (inner.startsWith(prefix) || prefix.startsWith(inner)) yield* this.#listFolder(inner, prefix)
  }

  #pathOf(object: PlannedObject): string {
    return join(this.root.path, object.name)
  }

  #manifestPath(of: SinkPartition): string {
    return join(this.#manifests, `${pathValue(of.topicId)}-${of.partition}.json`)
  }

  /** Afterwards the folder is there, below the root, and its name and those above it are durable. */
  async #ensureFolder(folder: string): Promise<void> {
    if (this.#known.has(folder) || folder === this.root.path) return
    await this.#files.makeDirectory(folder)
    await this.#checkInside(folder)
    if (this.#known.size >= mostKnownFolders) this.#known.clear()
    for (let path = folder; path !== this.root.path && !this.#known.has(path); path = dirname(path)) {
      await this.#files.syncDirectory(dirname(path))
      this.#known.add(path)
    }
  }

  /** A link below the root could lead anywhere, and its name may come from a record. */
  async #checkInside(folder: string): Promise<void> {
    const root = await this.#files.realPath(this.root.path)
    const real = await this.#files.realPath(folder)
    if (real.startsWith(root === sep ? root : root + sep)) return
    throw lakeErrors.make('lake_path_escapes', `${folder} leads to ${real}, which is not below ${root}`, {
      details: { folder, real, root },
    })
  }
}
