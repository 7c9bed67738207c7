// What is remembered of a plan that is complete: enough to finish it after a crash at any instruction, and for others
// to see what stands in the directory. Written into the sink's state in the log, and as a file beside the lake.
// The fields stand in docs/formats/lake-directory.md.

import type { Json } from '../../core/connector/context.js'
import type { SinkPartition } from '../../core/connector/sink.js'
import { FieldReader, parseJson } from './bookkeeping.js'
import { readTableSchema } from './rows/table-schema-json.js'
import type { TableSchema } from './table/column-type.js'
import { readFileFormat } from './formats/file-format.js'
import type { FileFormat } from './formats/file-format.js'

const version = 1

/** Where a plan's files go: the id is made with the root, so that it is found again when the root was moved. */
export interface LakeRoot {
  readonly id: string
  /** Absolute. */
  readonly path: string
}

/** One file: its name below the root, and what it must be. */
export interface PlannedObject {
  readonly name: string
  /** Its name in the staging folder of the sink until it is moved into place. */
  readonly staged: string
  readonly bytes: number
  /** CRC-32C of all of them. */
  readonly crc: number
  readonly records: number
  /** Of a table: which of the manifest's schemas it has. */
  readonly schema?: number
}

export interface Manifest extends SinkPartition {
  readonly hubId: string
  readonly pipeline: string
  readonly sink: string
  readonly firstOffset: number
  readonly nextOffset: number
  readonly root: LakeRoot
  /** What made the files of the records. */
  readonly path: string
  readonly format: FileFormat
  /** Of tables: what their files have. */
  readonly schemas: readonly TableSchema[]
  readonly objects: readonly PlannedObject[]
}

export function manifestJson(manifest: Manifest): Json {
  return { version, ...manifest } as unknown as Json
}

/** As a file: for people too. */
export function manifestBytes(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifestJson(manifest), null, 2)}\n`)
}

/** Errors: lake_bookkeeping_malformed, with `where` in the message. */
export function readManifestBytes(bytes: Buffer, where: string): Manifest {
  return readManifest(parseJson(bytes, where), where)
}

/** Errors: lake_bookkeeping_malformed, with `where` in the message. */
export function readManifest(value: unknown, where: string): Manifest {
  const fields = new FieldReader(value, where)
  fields.version(version)
  const manifest = {
    hubId: fields.text('hubId'),
    pipeline: fields.text('pipeline'),
    sink: fields.text('sink'),
    topic: fields.text('topic'),
    topicId: fields.text('topicId'),
    partition: fields.count('partition'),
    firstOffset: fields.count('firstOffset'),
    nextOffset: fields.count('nextOffset'),
    root: readRoot(fields.object('root')),
    path: fields.text('path'),
    format: readFileFormat(fields.object('format')),
    // Plans of before there were tables have none.
    schemas: fields.value('schemas') === undefined ? [] : fields.objects('schemas').map(readTableSchema),
    objects: fields.objects('objects').map(readObject),
  }
  if (manifest.nextOffset <= manifest.firstOffset) throw fields.malformed('nextOffset')
  const hasSchema = ({ schema }: PlannedObject): boolean => schema === undefined || schema < manifest.schemas.length
  if (!manifest.objects.every(hasSchema)) throw fields.malformed('schemas')
  return manifest
}

function readRoot(fields: FieldReader): LakeRoot {
  return { id: fields.text('id'), path: fields.text('path') }
}

function readObject(fields: FieldReader): PlannedObject {
  return {
    name: fields.text('name'),
    staged: fields.text('staged'),
    bytes: fields.count('bytes'),
    crc: fields.count('crc'),
    records: fields.count('records'),
    ...(fields.value('schema') === undefined ? {} : { schema: fields.count('schema') }),
  }
}
