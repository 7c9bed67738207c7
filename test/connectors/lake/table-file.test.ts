// What an open table takes of the memory that all of them share.

import { expect, it } from 'vitest'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { PlanSchemas } from '../../../connectors/lake/plan-schemas.js'
import { RecordRows } from '../../../connectors/lake/rows/record-rows.js'
import { SchemaBook } from '../../../connectors/lake/rows/schema-book.js'
import { StagedFile } from '../../../connectors/lake/staged-file.js'
import { TableFile } from '../../../connectors/lake/table-file.js'
import { TableMemory } from '../../../connectors/lake/table-memory.js'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'
import { readRows } from './lake-files.js'
import { textRecord } from './test-log.js'

const limitBytes = 8 * 1024 * 1024
const columnCount = 1000
const fileCount = 40

it('counts its columns, so that many wide tables with few rows stay within the bound', async () => {
  const machine = new SimulatedWorld({ seed: 5 })
  const { files } = machine.boot()
  const book = new SchemaBook('t', { columns: [] }, { isFixed: false })
  const rows = new RecordRows(book, { columns: [], changes: 'keep' }, { topic: 't', partition: 0 })
  const memory = new TableMemory(limitBytes)
  const schemas = new PlanSchemas()
  const encoding = { compression: 'none', metadata: new Map(), turn: () => Promise.resolve() } as const
  const tables = Array.from({ length: fileCount }, (_, index) => {
    schemas.give(rows.schema)
    const staged = new StagedFile(files, `/${index}`)
    return new TableFile({ group: '', staged }, { rows, encoding, memory, schemas })
  })
  const wide = Object.fromEntries(Array.from({ length: columnCount }, (_, column) => [`c${column}`, column]))
  const record = textRecord(JSON.stringify(wide))
  const cursor = new RecordCursor()
  await machine.run(async () => {
    for (let round = 0; round < 2; round++) {
      for (const table of tables) {
        cursor.reset(encodeBatch([record]))
        cursor.next()
        if (table.take(cursor) === 'room') expect(await table.takeWithRoom(cursor)).toBe('taken')
        const openCount = tables.filter(({ heldBytes }) => heldBytes > 0).length
        expect(openCount * columnCount * 1024).toBeLessThan(limitBytes + columnCount * 2048)
      }
    }
    for (const [index, table] of tables.entries()) {
      expect(table.sizeBytes).toBeGreaterThan(0)
      await table.seal()
      expect(table.heldBytes).toBe(0)
      expect(await readRows(await files.readAll(`/${index}`))).toHaveLength(2)
    }
  })
})
