// Whose a root is: .tailrace/hub.json says which hub, .tailrace/sinks/PIPELINE.SINK.json which of its sinks write below
// the root and with which path. Both are durable before the first file is. Where they lie says the ClaimPlace: a
// directory (directory-claims.ts), or a prefix of a bucket.
//
// Two sinks share a root only when the constant beginnings of their paths rule out that two names are ever equal.

import { present } from '../../core/errors/invariant.js'
import { FieldReader, parseJson } from './bookkeeping.js'
import { lakeErrors } from './errors.js'
import type { LakeRoot } from './manifest.js'
import { pathValue } from './path-value.js'

export const bookkeepingFolder = '.tailrace'
export const hubFile = 'hub.json'
const sinksFolder = 'sinks'

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

/** The bookkeeping of one root. Names are those below its `.tailrace`. */
export interface ClaimPlace {
  /** As people know it. */
  readonly root: string
  read(name: string): Promise<Buffer | undefined>
  /** Names in a folder, without it; none when there is no such folder. */
  list(folder: string): Promise<readonly string[]>
  /** Whole and durable when it resolves; replaces what is there. */
  put(name: string, bytes: Buffer): Promise<void>
  remove(name: string): Promise<void>
  /** Makes hub.json, unless somebody else is first: who looks afterwards sees whose it is. Errors: lake_foreign_root. */
  takeHub(writer: LakeWriter): Promise<void>
}

/** The name of a writer's own files and folders in the bookkeeping. */
export function writerName(writer: Pick<LakeWriter, 'pipeline' | 'sink'>): string {
  return `${pathValue(writer.pipeline)}.${pathValue(writer.sink)}`
}

/** What stands in hub.json. */
export function hubBytes(hubId: string, rootId: string): Buffer {
  return Buffer.from(`${JSON.stringify({ version, hubId, rootId })}\n`)
}

/** The root's id when it belongs to the writer's hub; undefined when it belongs to nobody. Errors: lake_foreign_root. */
export async function findRoot(place: ClaimPlace, hubId: string): Promise<LakeRoot | undefined> {
  const bytes = await place.read(hubFile)
  if (bytes === undefined) return undefined
  const where = shownName(place, hubFile)
  const fields = new FieldReader(parseJson(bytes, where), where)
  fields.version(version)
  const owner = fields.text('hubId')
  if (owner === hubId) return { id: fields.text('rootId'), path: place.root }
  throw foreignRoot(place, owner, hubId)
}

/** Errors: lake_root_shared, when a name of another sink and one of the writer's could be equal. */
export async function checkNeighbours(place: ClaimPlace, writer: LakeWriter): Promise<void> {
  const own = `${writerName(writer)}.json`
  for (const name of await place.list(sinksFolder)) {
    if (name === own || !name.endsWith('.json')) continue
    const path = `${sinksFolder}/${name}`
    const bytes = await place.read(path)
    // Its sink stepped back meanwhile.
    if (bytes === undefined) continue
    const where = shownName(place, path)
    const fields = new FieldReader(parseJson(bytes, where), where)
    fields.version(version)
    const prefix = fields.text('prefix')
    if (!prefix.startsWith(writer.prefix) && !writer.prefix.startsWith(prefix)) continue
    const other = `${fields.text('pipeline')}.${fields.text('sink')}`
    throw lakeErrors.make(
      'lake_root_shared',
      `${place.root} is filled by ${other} with the path ${fields.text('path')}; ` +
        `${writer.pipeline}.${writer.sink} with ${writer.path} could need the same names`,
      { details: { root: place.root, other, file: where } },
    )
  }
}

/**
 * Takes the root for the writer. The root's folders were made and are durable. Errors: lake_foreign_root,
 * lake_root_shared.
 */
export async function claimRoot(place: ClaimPlace, writer: LakeWriter): Promise<LakeRoot> {
  await checkNeighbours(place, writer)
  let found = await findRoot(place, writer.hubId)
  if (found === undefined) {
    await place.takeHub(writer)
    found = present(await findRoot(place, writer.hubId), `${shownName(place, hubFile)}, which was made`)
  }
  const { hubId: _, ...entry } = writer
  const path = `${sinksFolder}/${writerName(writer)}.json`
  const bytes = Buffer.from(`${JSON.stringify({ version, ...entry })}\n`)
  const standing = await place.read(path)
  if (standing === undefined || !standing.equals(bytes)) await place.put(path, bytes)
  try {
    // A sink that started at the same moment may not have seen this one: at least one of the two sees the other now.
    await checkNeighbours(place, writer)
  } catch (error) {
    if (standing === undefined) await place.remove(path)
    throw error
  }
  return found
}

export function foreignRoot({ root }: ClaimPlace, owner: string, hubId: string): Error {
  return lakeErrors.make('lake_foreign_root', `${root} belongs to hub ${owner}; this is hub ${hubId}`, {
    details: { root, owner, hubId },
  })
}

function shownName({ root }: ClaimPlace, name: string): string {
  return `${root.replace(/\/$/, '')}/${bookkeepingFolder}/${name}`
}
