// Names that need quotes: of schemas, tables and columns, on both sides.

import { expect, vi } from 'vitest'
import { behavioursOf, type CdcBehaviours, patienceMs } from './cdc-site.js'
import { rowsAfter } from './live.js'

const names: CdcBehaviours = Object.fromEntries(
  [
    'Mixed Case',
    'select',
    'with"quote',
    "with'apostrophe",
    'ünïcode',
    'with.dot',
    'back\\slash',
    '$1',
    'a'.repeat(63),
    '--',
  ].map((name) => [
    `the name ${name.slice(0, 20)} stands for a schema, a table and a column`,
    async (open) => {
      const quoted = `"${name.replaceAll('"', '""')}"`
      const site = await open({
        sql: `CREATE SCHEMA ${quoted}; CREATE TABLE ${quoted}.${quoted} (id int PRIMARY KEY, ${quoted} text); INSERT INTO ${quoted}.${quoted} VALUES (1, 'a')`,
        source: { tables: [`${quoted}.${quoted}`], publication: name },
      })
      await site.start()
      await site.streaming()
      await site.run(`UPDATE ${quoted}.${quoted} SET ${quoted} = 'b'`)
      const records = await site.settled()
      expect(rowsAfter(records.filter(({ value }) => value?.['op'] !== 's'))).toEqual([
        { id: 1, [name]: 'a' },
        { id: 1, [name]: 'b' },
      ])
      expect(records[0]?.value).toMatchObject({ schema: name, table: name })
    },
  ]),
)

/** Every printable character of ASCII inside of a name, and what else names can be. */
const oddNames = [
  ...Array.from({ length: 94 }, (_, index) => `a${String.fromCharCode(33 + index)}Z`),
  ...[
    'table',
    'user',
    'NULL',
    ' lead',
    'trail ',
    'tab\there',
    'line\nend',
    '日本語',
    'e\u0301',
    '{schema}',
    '%s',
    '😀',
  ],
]

const manyNames: CdcBehaviours = {
  'more than a hundred names stand for schemas, tables and columns, here and in another database': async (open) => {
    const quoted = oddNames.map((name) => `"${name.replaceAll('"', '""')}"`)
    const target = await open({ sql: quoted.map((name) => `CREATE SCHEMA ${name}`).join(';') })
    process.env['TAILRACE_TEST_NAMES'] = target.server.url(target.database)
    const site = await open({
      sql: quoted
        .map(
          (n) =>
            `CREATE SCHEMA ${n}; CREATE TABLE ${n}.${n} (id int PRIMARY KEY, ${n} text); INSERT INTO ${n}.${n} VALUES (1, 'a')`,
        )
        .join(';'),
      source: { tables: quoted.map((name) => `${name}.${name}`) },
      file: {
        sinks: {
          copy: {
            type: 'postgres',
            from: ['all'],
            url: { $env: 'TAILRACE_TEST_NAMES' },
            table: '{schema}.{table}',
            mode: 'merge',
            evolve: 'add',
          },
        },
      },
    })
    await site.start()
    await site.streaming()
    await site.run(quoted.map((name) => `UPDATE ${name}.${name} SET ${name} = 'b'`).join(';'))
    const records = await site.settled()
    const updated = records.filter(({ value }) => value?.['op'] === 'u')
    expect(updated.map(({ value }) => value)).toEqual(
      oddNames.map((name) => expect.objectContaining({ schema: name, table: name, after: { id: 1, [name]: 'b' } })),
    )
    await vi.waitFor(
      async () => {
        for (const name of quoted) {
          const rows = await target.run(`SELECT ${name} AS text FROM ${name}.${name}`)
          expect(rows, site.hub?.edges().at(-1)?.error?.message).toEqual([{ text: 'b' }])
        }
      },
      { timeout: patienceMs, interval: 200 },
    )
  },
}

behavioursOf('names that need quotes', names)
behavioursOf('names that need quotes', manyNames)
behavioursOf('names that need quotes', manyNames, { version: 'debian' })
