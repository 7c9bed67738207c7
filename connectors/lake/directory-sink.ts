// The sink of type `directory`: a lake in a directory of this machine.

import { join, resolve } from 'node:path'
import type { Sink, SinkContext } from '../../core/connector/sink.js'
import type { SettingsOf } from '../../core/connector/fields.js'
import { DirectoryClaims, syncAncestors } from './directory-claims.js'
import type { directoryFields } from './directory-declaration.js'
import { DirectoryStore } from './directory-store.js'
import { lakeErrors } from './errors.js'
import { LakeSink } from './lake-sink.js'
import type { LakeTarget } from './lake.js'
import type { LakeRoot } from './manifest.js'
import type { ObjectStore } from './object-store.js'
import { constantPrefix, readPathTemplate } from './path-template.js'
import { bookkeepingFolder, checkNeighbours, claimRoot, findRoot } from './root-claim.js'
import type { LakeWriter } from './root-claim.js'

export type DirectorySettings = SettingsOf<typeof directoryFields>

export function create(settings: DirectorySettings): Sink {
  return new LakeSink(settings, new DirectoryTarget(settings))
}

class DirectoryTarget implements LakeTarget {
  readonly keyPrefix = ''
  readonly spoolBytes = undefined
  readonly #settings: DirectorySettings

  constructor(settings: DirectorySettings) {
    this.#settings = settings
  }

  /** Makes the root when it is missing; takes nothing. Errors: those of the disk, lake_foreign_root and its kin. */
  async check(context: SinkContext): Promise<void> {
    const { files, random } = context
    const root = rootOf(this.#settings, context)
    const bookkeeping = join(root, bookkeepingFolder)
    await files.makeDirectory(bookkeeping)
    const claims = new DirectoryClaims(files, root)
    await findRoot(claims, context.hubId)
    await checkNeighbours(claims, writerOf(this.#settings, context))
    const [above, below] = [await files.stat(root), await files.stat(bookkeeping)]
    if (above?.device !== below?.device) {
      throw lakeErrors.make(
        'lake_other_device',
        `${bookkeeping} is on device ${below?.device}, ${root} on ${above?.device}`,
      )
    }
    const probe = join(bookkeeping, `probe-${random.uuid()}`)
    await files.replace(probe, Buffer.from('may be removed\n'))
    await files.unlink(probe)
  }

  async open(context: SinkContext, run: string): Promise<ObjectStore> {
    const { files } = context
    const path = rootOf(this.#settings, context)
    await files.makeDirectory(join(path, bookkeepingFolder, 'sinks'))
    // A root that belongs to this hub already was made durable when it was taken.
    const claims = new DirectoryClaims(files, path)
    if ((await findRoot(claims, context.hubId)) === undefined) await syncNewRoot(context, path)
    const root = await claimRoot(claims, writerOf(this.#settings, context))
    return openStore(context, root, run)
  }

  async openFormer(context: SinkContext, run: string, root: LakeRoot): Promise<ObjectStore> {
    const found = await findRoot(new DirectoryClaims(context.files, root.path), context.hubId)
    if (found?.id === root.id) return openStore(context, root, run)
    throw lakeErrors.make(
      'lake_plan_root_missing',
      `${root.path} holds unfinished files, and is ${found === undefined ? 'gone' : 'another root by now'}`,
      { details: { root: root.path, rootId: root.id } },
    )
  }

  close(): void {
    // Nothing is kept open.
  }
}

/** Absolute. */
export function rootOf(settings: DirectorySettings, context: { readonly baseDirectory: string }): string {
  return resolve(context.baseDirectory, settings.root)
}

async function syncNewRoot(context: SinkContext, root: string): Promise<void> {
  const bookkeeping = join(root, bookkeepingFolder)
  await context.files.syncDirectory(bookkeeping)
  await context.files.syncDirectory(root)
  await syncAncestors(context.files, root)
}

async function openStore(context: SinkContext, root: LakeRoot, run: string): Promise<ObjectStore> {
  const { files, pipeline, connector } = context
  const store = new DirectoryStore(files, root, { pipeline, sink: connector, run })
  await store.prepare()
  return store
}

function writerOf(settings: DirectorySettings, context: SinkContext): LakeWriter {
  const { hubId, pipeline, connector: sink } = context
  const { path } = settings
  return {
    hubId,
    pipeline,
    sink,
    path,
    prefix: `/${constantPrefix(readPathTemplate(path).template, { pipeline, sink })}`,
  }
}
