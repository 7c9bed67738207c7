// Makes the files of a plan: of lines or of rows, as the format says.

import type { Clock } from '../../core/runtime/clock.js'
import type { SinkPartition } from '../../core/connector/sink.js'
import { blockCompressor } from './block-compressor.js'
import type { FileFormat } from './formats/file-format.js'
import { recordFormat } from './formats/record-format.js'
import { LineFile } from './line-file.js'
import { PlanSchemas } from './plan-schemas.js'
import type { PlannedFile } from './planned-file.js'
import type { StagedFile } from './staged-file.js'
import { type RowMaker, TableFile } from './table-file.js'
import type { TableMemory } from './table-memory.js'
import type { WriterSlots } from './writer-slots.js'

/** Undefined when the plan has no room for another file. */
export type FileMaker = (place: { readonly group: string; readonly staged: StagedFile }) => PlannedFile | undefined

/** What all files of a sink share. */
export interface FileSurroundings {
  readonly slots: WriterSlots
  readonly memory: TableMemory
  readonly clock: Clock
}

/** Makes the rows of a group's table. */
export type RowsFor = (group: string) => RowMaker

/** For one plan of a partition. `rowsFor` is for tables only. */
export function fileMaker(
  around: FileSurroundings,
  of: SinkPartition,
  format: FileFormat,
  rowsFor: RowsFor | undefined,
): FileMaker {
  return rowsFor === undefined ? lineFiles(around, of, format) : tableFiles(around, of, format, rowsFor)
}

function lineFiles({ slots }: FileSurroundings, of: SinkPartition, format: FileFormat): FileMaker {
  const lines = recordFormat(format, of)
  return (place) => {
    const compressor = blockCompressor(format.compression, format.level)
    return new LineFile(place, { format: lines, compressor }, slots)
  }
}

function tableFiles(around: FileSurroundings, of: SinkPartition, format: FileFormat, rowsFor: RowsFor): FileMaker {
  const { memory, clock } = around
  const { topic, partition } = of
  const encoding = {
    compression: format.compression,
    level: format.level,
    metadata: new Map([
      ['tailrace.topic', topic],
      ['tailrace.partition', String(partition)],
    ]),
    turn: () => new Promise<void>((resolve) => clock.soon(resolve)),
  }
  const schemas = new PlanSchemas()
  return (place) => {
    const rows = rowsFor(place.group)
    return schemas.give(rows.schema) ? new TableFile(place, { rows, encoding, memory, schemas }) : undefined
  }
}
