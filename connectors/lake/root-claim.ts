// Whose a root is: ROOT/.tailrace/hub.json says which hub, ROOT/.tailrace/sinks/PIPELINE.SINK.json which of its sinks
// write below it and with which path. Both are durable before the first file is.
//
// Two sinks share a root only when the constant beginnings of their paths rule out that two names are ever equal.

import { dirname, join } from 'node:path'
import { present } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Files } from '../../core/runtime/files.js'
import { FieldReader, parseJson } from './bookkeeping.js'
import { lakeErrors } from './errors.js'
import type { LakeRoot } from './manifest.js'
import { pathValue } from './path-value.js'

export const bookkeepingFolder = '.tailrace'

const version = 1

/** Who writes into a root. */
export interface LakeWriter {
  readonly hubId: string
  readonly pipeline: string
  readonly sink: string
  /** The path template as the user wrote it. */
  readonly path: string
  /** What all its names begin with, behind a slash. */
  readonly prefix: string
}

/** The name of a writer's own files and folders in the bookkeeping. */
export function writerName(writer: Pick<LakeWriter, 'pipeline' | 'sink'>): string {
  return `${pathValue(writer.pipeline)}.${pathValue(writer.sink)}`
}

/** The root's id when it belongs to the writer's hub; undefined when it belongs to nobody. Errors: lake_foreign_root. */
export async function findRoot(files: Files, root: string, hubId: string): Promise<LakeRoot | undefined> {
  const path = hubFile(root)
  if ((await files.stat(path)) === undefined) return undefined
  const fields = new FieldReader(parseJson(await files.readAll(path), path), path)
  fields.version(version)
  const owner = fields.text('hubId')
  if (owner === hubId) return { id: fields.text('rootId'), path: root }
  throw foreignRoot(root, owner, hubId)
}

/** Errors: lake_root_shared, when a name of another sink and one of the writer's could be equal. */
export async function checkNeighbours(files: Files, root: string, writer: LakeWriter): Promise<void> {
  const folder = sinksFolder(root)
  if ((await files.stat(folder)) === undefined) return
  const own = `${writerName(writer)}.json`
  for (const name of await files.list(folder)) {
    if (name === own || !name.endsWith('.json')) continue
    const path = join(folder, name)
    const fields = new FieldReader(parseJson(await files.readAll(path), path), path)
    fields.version(version)
    const prefix = fields.text('prefix')
    if (!prefix.startsWith(writer.prefix) && !writer.prefix.startsWith(prefix)) continue
    const other = `${fields.text('pipeline')}.${fields.text('sink')}`
    throw lakeErrors.make(
      'lake_root_shared',
      `${root} is filled by ${other} with the path ${fields.text('path')}; ` +
        `${writer.pipeline}.${writer.sink} with ${writer.path} could need the same names`,
      { details: { root, other, file: path } },
    )
  }
}

/**
 * Takes the root for the writer. The root's folders were made and are durable. Errors: lake_foreign_root,
 * lake_root_shared.
 */
export async function claimRoot(files: Files, root: string, writer: LakeWriter): Promise<LakeRoot> {
  await checkNeighbours(files, root, writer)
  const found = (await findRoot(files, root, writer.hubId)) ?? (await takeRoot(files, root, writer))
  const { hubId: _, ...entry } = writer
  const path = join(sinksFolder(root), `${writerName(writer)}.json`)
  const bytes = Buffer.from(`${JSON.stringify({ version, ...entry })}\n`)
  const standing = (await files.stat(path)) === undefined ? undefined : await files.readAll(path)
  if (standing === undefined || !standing.equals(bytes)) await files.replace(path, bytes)
  try {
    // A sink that started at the same moment may not have seen this one: at least one of the two sees the other now.
    await checkNeighbours(files, root, writer)
  } catch (error) {
    if (standing === undefined) await files.unlink(path)
    throw error
  }
  return found
}

/**
 * Makes hub.json, of which a crash leaves all or nothing. So that two hubs that start at the same moment cannot both make
 * it, each writes it as a claim, looks for claims of others, and then for the file: whoever came first is seen by the
 * other, or each sees the other and both step back. Sinks of one hub write the same bytes, so either may be last.
 */
async function takeRoot(files: Files, root: string, writer: LakeWriter): Promise<LakeRoot> {
  const { hubId } = writer
  const folder = join(root, bookkeepingFolder, 'claims')
  const ownClaims = `${pathValue(hubId)}@`
  const claim = join(folder, ownClaims + writerName(writer))
  await files.makeDirectory(folder)
  const id = await newRootId(files, root)
  await writeDurably(files, claim, Buffer.from(`${JSON.stringify({ version, hubId, rootId: id })}\n`))
  const other = (await files.list(folder)).find((name) => !name.startsWith(ownClaims))
  const found = other === undefined ? await findRoot(files, root, hubId) : undefined
  if (other === undefined && found === undefined) {
    await files.rename(claim, hubFile(root))
    await files.syncDirectory(dirname(hubFile(root)))
    return { id, path: root }
  }
  await files.unlink(claim)
  if (found !== undefined) return found
  throw foreignRoot(root, present(other, 'the claim of another hub').split('@')[0]!, hubId)
}

/** Stays with the folder when it is moved, and is another for a folder that is made in its place. */
async function newRootId(files: Files, root: string): Promise<string> {
  const { inode, bornMs } = present(await files.stat(root), `the folder ${root}, which was made`)
  return `${inode}-${Math.floor(bornMs)}`
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

function foreignRoot(root: string, owner: string, hubId: string): Error {
  return lakeErrors.make('lake_foreign_root', `${root} belongs to hub ${owner}; this is hub ${hubId}`, {
    details: { root, owner, hubId },
  })
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

function hubFile(root: string): string {
  return join(root, bookkeepingFolder, 'hub.json')
}

function sinksFolder(root: string): string {
  return join(root, bookkeepingFolder, 'sinks')
}
