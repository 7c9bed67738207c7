// The bytes of several files as one, made in the staging folder: lines one behind the other as they are, tables by their
// row groups. No value is decoded, so nothing in a record can be otherwise afterwards. The same files give the same
// bytes: a merge that a crash interrupted is made again.

import type { SinkPartition } from '../../../core/connector/sink.js'
import type { FileSum } from '../file-sum.js'
import type { FileFormat } from '../formats/file-format.js'
import type { ObjectStore } from '../object-store.js'
import { magic } from '../parquet/file-footer.js'
import { MergedTables, readTablePart } from '../parquet/merged-tables.js'
import { ThriftMistake } from '../parquet/thrift-reader.js'
import type { StagedFile } from '../staged-file.js'
import { countLines } from './line-check.js'

export interface MergedFile {
  /** Undefined when not even the first could be taken. */
  readonly sum: FileSum | undefined
  /** How many of the files, from the first on, are in it. */
  readonly count: number
  readonly records: number
  /** Of the last of them, where the store knows it. */
  readonly nextOffset: number | undefined
  /** Why the next one is not in it: what is wrong with it, or nothing, when it only is of another kind. */
  readonly fault: string | undefined
}

/** Takes the bytes of files, one behind the other. */
interface Joint {
  /** Before anything. */
  begin(): Buffer | undefined
  /** The bytes of the next file and its records; undefined when it is of another kind, a text says what is wrong with it. */
  take(bytes: Buffer): Promise<{ readonly bytes: Buffer; readonly records: number } | undefined | string>
  /** Behind everything. */
  end(): Buffer | undefined
}

/** What is staged is discarded by the caller. Errors: those of the disk and of the store. */
export async function writeMerged(
  {
    store,
    of,
    format,
    staged,
  }: {
    readonly store: ObjectStore
    readonly of: SinkPartition
    readonly format: FileFormat
    readonly staged: StagedFile
  },
  names: readonly string[],
  signal: AbortSignal,
): Promise<MergedFile> {
  const joint = format.type === 'parquet' ? tables() : lines(format)
  const merged = {
    count: 0,
    records: 0,
    nextOffset: undefined as number | undefined,
    fault: undefined as string | undefined,
  }
  await staged.open()
  try {
    const beginning = joint.begin()
    if (beginning !== undefined) await staged.write(beginning)
    for (const name of names) {
      signal.throwIfAborted()
      const file = await store.read(name, of)
      const taken = typeof file === 'string' ? file : await joint.take(file.bytes)
      if (typeof taken === 'string') merged.fault = taken
      if (typeof file === 'string' || typeof taken !== 'object') break
      await staged.write(taken.bytes)
      merged.count++
      merged.records += file.records ?? taken.records
      merged.nextOffset = file.nextOffset
    }
    if (merged.count === 0) return { ...merged, sum: undefined }
    const ending = joint.end()
    if (ending !== undefined) await staged.write(ending)
    return { ...merged, sum: await staged.seal() }
  } finally {
    await staged.close()
  }
}

function lines({ compression }: FileFormat): Joint {
  return {
    begin: () => undefined,
    async take(bytes) {
      const records = await countLines(bytes, compression)
      return typeof records === 'string' ? records : { bytes, records }
    },
    end: () => undefined,
  }
}

function tables(): Joint {
  const merged = new MergedTables()
  return {
    begin: () => magic,
    take(bytes) {
      try {
        const part = readTablePart(bytes)
        if (!merged.fits(part)) return Promise.resolve(undefined)
        merged.add(part)
        return Promise.resolve({ bytes: part.body, records: part.rowCount })
      } catch (error) {
        if (error instanceof ThriftMistake) return Promise.resolve(`it is no table of this program: ${error.message}`)
        throw error
      }
    },
    end: () => merged.footer(),
  }
}
