// The settings of a postgres-cdc source: what stands in the pipeline file, its defaults and what each means.

import {
  choice,
  duration,
  type Fields,
  flag,
  integer,
  list,
  optional,
  secret,
  section,
  type SettingsOf,
  size,
  text,
} from '../../../core/connector/fields.js'

const tableName = 'As `schema.table`; names with dots or quotes in them as in SQL: `"Odd.Name".orders`.'

const tableOptionFields = {
  table: text({ summary: `The table that the options are for. ${tableName}`, example: 'public.orders' }),
  where: optional(
    text({
      summary:
        'Only rows for which this SQL condition holds: a row filter of the publication (PostgreSQL 15 and later; for updates and deletes it may name only columns of the replica identity).',
      example: "region = 'eu'",
    }),
  ),
  only: optional(
    list(text({ summary: 'A column.' }), { summary: 'Only these columns; keys must be among them.', minItems: 1 }),
  ),
  except: optional(list(text({ summary: 'A column.' }), { summary: 'All columns but these.', minItems: 1 })),
  hash: optional(
    list(text({ summary: 'A column.' }), {
      summary: 'These columns leave the source as a keyed hash (HMAC-SHA-256 with `hashKey`); null stays null.',
      minItems: 1,
    }),
  ),
  mask: optional(
    list(text({ summary: 'A column.' }), {
      summary: 'These columns leave the source as `***`; null stays null.',
      minItems: 1,
    }),
  ),
} satisfies Fields

export const cdcFields = {
  url: secret({
    summary: 'Connection string of the database, `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`.',
    example: { $env: 'ORDERS_PG' },
  }),
  slot: text({
    summary: 'The replication slot. It belongs to this source alone.',
    example: 'tailrace_orders',
    pattern: '^[a-z0-9_]{1,63}$',
  }),
  publication: text({
    summary: 'The publication that says which tables the server sends.',
    example: 'tailrace_orders',
  }),
  tables: list(text({ summary: tableName, example: 'public.orders' }), {
    summary: `The tables to read. ${tableName} \`schema.*\` takes all tables that the schema has at a start.`,
    example: ['public.orders', 'public.order_lines'],
    minItems: 1,
  }),
  create: flag({
    summary:
      'Makes the slot and the publication when they are missing, and adds missing tables to a publication that was made this way. `tailrace plan` shows the SQL. Neither is ever dropped.',
    default: false,
  }),
  snapshot: section(
    {
      mode: choice(['initial', 'never'], {
        summary: '`initial`: the rows that are there at the first start come first; `never`: changes only.',
        default: 'initial',
      }),
      workers: integer({
        summary: 'Connections that read the snapshot at the same time.',
        default: 2,
        min: 1,
        max: 16,
      }),
      range: size({
        summary: 'Tables are read in ranges of pages of this size, so that several connections share a large one.',
        default: 64 * 1024 * 1024,
      }),
    },
    { summary: 'What is read of the rows that are there already.' },
  ),
  format: choice(['native', 'flat', 'debezium'], {
    summary:
      "The value of a record. `native`: operation, row before and after; `flat`: the row alone, a tombstone for a deletion; `debezium`: Debezium's envelope and tombstones.",
    default: 'native',
  }),
  options: list(
    section(tableOptionFields, {
      summary: 'Options of one table.',
      example: { table: 'public.customers', mask: ['email'] },
    }),
    { summary: 'Rows and columns that are left out, hashed or masked, table by table.', default: [] },
  ),
  hashKey: optional(secret({ summary: 'The key for columns under `hash`.', example: { $env: 'HASH_KEY' } })),
  schemas: optional(
    text({
      summary: 'A topic that gets a record for each table, and for each change of its columns.',
      example: 'shop.schemas',
    }),
  ),
  messages: optional(
    section(
      {
        prefixes: list(text({ summary: 'A prefix.' }), {
          summary: 'Prefixes of `pg_logical_emit_message` that are taken.',
          minItems: 1,
        }),
        to: text({ summary: 'The topic that gets them.', example: 'shop.messages' }),
      },
      { summary: 'Logical messages as records.', example: { prefixes: ['outbox'], to: 'shop.messages' } },
    ),
  ),
  streaming: flag({
    summary:
      'Takes large transactions while they are still running and keeps them in spool files until they commit; otherwise the server holds them back.',
    default: true,
  }),
  heartbeat: duration({
    summary:
      'While the tables are quiet, a logical message this often lets the slot move on and the server forget old WAL. Needs no table.',
    default: 10_000,
  }),
  limits: section(
    {
      retainedWal: size({
        summary: 'A warning when the slot makes the server keep more WAL than this.',
        default: 4 * 1024 ** 3,
      }),
      spool: size({
        summary: 'Most bytes of spool files for transactions that are still running.',
        default: 16 * 1024 ** 3,
      }),
    },
    { summary: 'Bounds of what piles up.' },
  ),
} satisfies Fields

export type CdcSettings = SettingsOf<typeof cdcFields>
export type TableOptions = CdcSettings['options'][number]
