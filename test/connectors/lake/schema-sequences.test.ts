// Records whose shape changes at random, in files that end at random: DuckDB reads old and new files as one table, and
// every value is what the record held.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import type { TailraceError } from '../../../core/errors/tailrace-error.js'
import { SeededRandom } from '../../simulation/world/seeded-random.js'
import { parquetBelow, queryDuckdb } from '../../support/duckdb.js'
import { deliverAndClose } from './lake-run.js'
import { TestLog, textRecord } from './test-log.js'

const sequences = 200
const recordsEach = 60

type Kind = 'int' | 'double' | 'text' | 'flag' | 'struct' | 'list'

/** What a field is made of at the moment; it may become wider, gain parts, and go. */
interface Shape {
  kind: Kind
  readonly parts: Map<string, Shape>
}

const kinds: readonly Kind[] = ['int', 'double', 'text', 'flag', 'struct', 'list']
const names = ['a', 'b', 'c', 'd', 'e', 'f']

function newShape(random: SeededRandom, depth: number): Shape {
  const kind = kinds[random.below(depth < 2 ? kinds.length : 4)]!
  const parts = new Map<string, Shape>()
  if (kind === 'struct') parts.set('x', newShape(random, depth + 1))
  if (kind === 'list') parts.set('', newShape(random, depth + 1))
  return { kind, parts }
}

/** One change of a table as programs make them: a field more, a field less, an integer that becomes a decimal. */
function change(fields: Map<string, Shape>, gone: Map<string, Shape>, random: SeededRandom, depth = 0): void {
  const name = names[random.below(names.length)]!
  const shape = fields.get(name)
  if (shape === undefined) {
    // A field that comes back is what it was.
    fields.set(name, gone.get(name) ?? newShape(random, depth))
    return
  }
  if (shape.kind === 'struct' && random.below(2) === 0) {
    const part = `x${random.below(4)}`
    if (!shape.parts.has(part)) shape.parts.set(part, newShape(random, depth + 2))
  } else if (shape.kind === 'int') shape.kind = 'double'
  else {
    fields.delete(name)
    gone.set(name, shape)
  }
}

function valueOf(shape: Shape, random: SeededRandom): unknown {
  if (random.below(8) === 0) return null
  switch (shape.kind) {
    case 'int':
      return random.below(1000) - 500
    case 'double':
      // Whole numbers too: they stand in a column of decimals like any other.
      return random.below(2) === 0 ? random.below(1000) : random.below(1000) / 8
    case 'text':
      return `text "${random.below(50)}" é`
    case 'flag':
      return random.below(2) === 0
    case 'struct':
      return objectOf(shape.parts, random)
    case 'list':
      return Array.from({ length: random.below(4) }, () => valueOf(shape.parts.get('')!, random))
  }
}

function objectOf(fields: ReadonlyMap<string, Shape>, random: SeededRandom): Record<string, unknown> {
  return Object.fromEntries([...fields].map(([name, shape]) => [name, valueOf(shape, random)]))
}

/** Without what has no column while nothing else was seen: fields that are null, structs and lists of nothing else. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    const elements = value.map(comparable)
    return elements.every((element) => element === null) ? null : elements
  }
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value)
    .map(([name, field]) => [name, comparable(field)] as const)
    .filter(([, field]) => field !== null)
  return fields.length === 0 ? null : Object.fromEntries(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

describe('a table whose records change their shape', () => {
  let folder: string
  beforeAll(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'tailrace-schemas-'))
  })
  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true })
  })

  it(`is one table for DuckDB, in ${sequences} sequences of changes`, { timeout: 240_000 }, async () => {
    let mergedCount = 0
    for (let seed = 1; seed <= sequences; seed++) {
      const random = new SeededRandom(seed)
      const base = join(folder, String(seed))
      const log = new TestLog()
      const of = log.add('events', 0)
      const fields = new Map<string, Shape>()
      const gone = new Map<string, Shape>()
      const values: unknown[] = []
      for (let index = 0; index < recordsEach; index++) {
        if (index === 0 || random.below(4) === 0) change(fields, gone, random)
        values.push(objectOf(fields, random))
      }
      for (let start = 0; start < recordsEach; start += 10) {
        log.append(
          of,
          values.slice(start, start + 10).map((value) => textRecord(JSON.stringify(value))),
        )
      }
      const refused = new Map<number, TailraceError>()
      const settings = {
        root: 'lake',
        format: { type: 'parquet' },
        columns: ['offset'],
        rotate: { records: 1 + random.below(30) },
        ...(seed % 2 === 0 ? { compact: { below: '1MiB', to: '2MiB', after: '0s', every: '1h' } } : {}),
      }
      await deliverAndClose({ world: nodeWorld(), log, base, settings, refused })
      mergedCount += fs.readdirSync(join(base, 'lake/events')).filter((name) => name.includes('.through-')).length
      expect(
        [...refused.values()].map(({ message }) => message),
        `seed ${seed}`,
      ).toEqual([])
      const rows = await queryDuckdb(
        `SELECT to_json(t)::varchar AS line FROM ${parquetBelow(join(base, 'lake'))} AS t ORDER BY _offset`,
      )
      const read = rows.map(({ line }) => {
        const { _offset, ...value } = JSON.parse(line as string) as Record<string, unknown>
        return [_offset, comparable(value)]
      })
      expect(read, `seed ${seed}`).toEqual(values.map((value, offset) => [offset, comparable(value)]))
    }
    // Of the sequences whose small files are merged, where neighbours have one schema.
    expect(mergedCount).toBeGreaterThan(sequences / 10)
  })
})
