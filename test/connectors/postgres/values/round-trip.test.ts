import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../../core/connector/secret.js'
import { TypeCatalog } from '../../../../connectors/postgres/values/type-catalog.js'
import { connect, type Session } from '../../../../connectors/postgres/wire/connect.js'
import { CopyOut } from '../../../../connectors/postgres/wire/copy-out.js'
import { availableVersions } from '../../../support/postgres/postgres-binaries.js'
import { type PostgresServer, startPostgres } from '../../../support/postgres/postgres-server.js'
import { encoded } from './one-value.js'
import { roundTrip } from './round-trip.js'
import { ownSamples, ownTypes, samples, withoutInput } from './samples.js'

const never = new AbortController().signal

describe.each(availableVersions())('values of a real server (%s)', (version) => {
  let server: PostgresServer
  let session: Session
  let copy: CopyOut

  beforeAll(async () => {
    server = await startPostgres({ version })
    const url = new Secret(server.url(await server.createDatabase()))
    session = await connect({ url, name: 'tailrace test' }, never)
    copy = CopyOut.take(await connect({ url, name: 'tailrace test' }, never))
    await session.run(ownTypes)
  })

  afterAll(async () => {
    await copy.close()
    await session.close()
    await server.close()
  })

  /** Both tables are made; what the second holds when all was copied. */
  async function expectSame(columns: string, fill: (table: string) => Promise<void>): Promise<string[][]> {
    await session.run('DROP TABLE IF EXISTS public.source, public.target')
    await session.run(`CREATE TABLE public.source (${columns})`)
    await session.run(`CREATE TABLE public.target (${columns})`)
    await fill('public.source')
    const json = await roundTrip({ session, copy, source: 'public.source', target: 'public.target' })
    // Their order is where they found room.
    const rowsOf = async (table: string) =>
      (await session.query<{ readonly row: string }>(`SELECT t::text AS row FROM ${table} t`))
        .map(({ row }) => row)
        .sort()
    const [sent, written] = [await rowsOf('public.source'), await rowsOf('public.target')]
    expect(written).toHaveLength(sent.length)
    const broken = sent.findIndex((row, index) => row !== written[index])
    expect(written[broken]).toBe(sent[broken])
    for (const row of json) for (const value of row) expect(() => JSON.parse(value) as unknown).not.toThrow()
    return json
  }

  it('has a sample of each built-in type that takes input', async () => {
    const types = await session.query<{ readonly name: string }>(
      `SELECT typname::text AS name FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
        WHERE nspname = 'pg_catalog' AND typtype IN ('b', 'e', 'r', 'm') AND typname !~ '^_'
          AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)`,
    )
    const names = types.map(({ name }) => name).filter((name) => !withoutInput.has(name) && !(name in samples))
    expect(names).toEqual([])
  })

  it.each(Object.entries({ ...samples, ...ownSamples }))('%s comes back, alone and in arrays', async (name, values) => {
    const type = name === 'char' ? '"char"' : name === 'bit' ? 'bit(1)' : name
    const isList = name === 'public.number_list'
    await expectSame(`v ${type}, a ${type}[]`, async (table) => {
      await session.query(`INSERT INTO ${table} VALUES (NULL, NULL), (NULL, '{}'), (NULL, '{NULL}')`)
      await session.query(
        `INSERT INTO ${table} SELECT t::${type}, ARRAY[t::${type}, NULL, t::${type}]::${type}[] FROM unnest($1::text[]) u (t)`,
        [values],
      )
      const [first, last] = [values[0], values[values.length - 1]]
      const two = `SELECT $1::text::${type} AS a, $2::text::${type} AS b`
      const row = `ARRAY[a, NULL, b]::${type}[]`
      // Arrays of domains over arrays are built from text alone: ARRAY[…] would take them for dimensions.
      if (isList) return
      await session.query(
        `INSERT INTO ${table} SELECT NULL, x FROM (${two}) t,
           LATERAL (VALUES (ARRAY[${row}, ${row}]::${type}[]), (ARRAY[[${row}], [${row}]]::${type}[]),
                           (('[-1:1]=' || ${row}::text)::${type}[])) v (x)`,
        [first, last],
      )
    })
  })

  it('texts of any kind come back, alone, in arrays, rows, hstore and JSON', async () => {
    const letter = fc.constantFrom(...Array.from('ab"\\\'{}(),;=> \t\n\r\b\f\v/NULLnu.:é日😀\u0001\u007f\u2028'))
    const text = fc.array(letter, { maxLength: 70 }).map((letters) => letters.join(''))
    const rows = fc.sample(
      fc.record({
        v: fc.option(text),
        list: fc.array(fc.option(text), { maxLength: 4 }),
        bytes: fc.uint8Array({ maxLength: 100 }),
        doc: fc.jsonValue(),
        map: fc.dictionary(text, fc.option(text), { maxKeys: 3, noNullPrototype: true }),
        numbers: fc.array(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), { maxLength: 4 }),
      }),
      { numRuns: 3000, seed: 20_261_123 },
    )
    const encoded = JSON.stringify(
      rows.map(({ v, list, bytes, doc, map, numbers }) => ({
        v,
        list,
        bytes: Buffer.from(bytes).toString('hex'),
        doc: doc === null ? false : doc,
        names: Object.keys(map),
        values: Object.values(map),
        numbers: numbers.map((number) => number?.toString() ?? null),
      })),
    ).replaceAll('\\u0000', '?')
    const texts = (member: string) =>
      `ARRAY(SELECT e #>> '{}' FROM jsonb_array_elements(d -> '${member}') WITH ORDINALITY x (e, n) ORDER BY n)`
    const columns =
      'n int, v text, list text[], bytes bytea, blobs bytea[], doc jsonb, docs jsonb[], map public.hstore, pair public.inner_pair, pairs public.inner_pair[], numbers int8[]'
    const json = await expectSame(columns, async (table) => {
      await session.query(
        `INSERT INTO ${table} SELECT n, d ->> 'v', ${texts('list')}, decode(d ->> 'bytes', 'hex'),
           ARRAY[decode(d ->> 'bytes', 'hex'), NULL], d -> 'doc', ARRAY[d -> 'doc', NULL, d -> 'doc'],
           public.hstore(${texts('names')}, ${texts('values')}), ROW(1, d ->> 'v')::public.inner_pair,
           ARRAY[ROW(NULL, d ->> 'v'), NULL, ROW(2, '')]::public.inner_pair[], ${texts('numbers')}::int8[]
         FROM jsonb_array_elements($1::text::jsonb) WITH ORDINALITY t (d, n)`,
        [encoded],
      )
    })
    expect(json).toHaveLength(3000)
    const wanted = JSON.parse(encoded) as { v: string | null; list: string[]; bytes: string }[]
    for (const [n, v, list, bytes] of json) {
      const want = wanted[Number(n) - 1]!
      expect(JSON.parse(v!)).toBe(want.v)
      expect(JSON.parse(list!)).toEqual(want.list)
      expect(Buffer.from(JSON.parse(bytes!) as string, 'base64').toString('hex')).toBe(want.bytes)
    }
  })

  it('a row with other attributes than its type has by now stays the text it is', async () => {
    await session.run('CREATE TYPE public.changing AS (a int, b text)')
    const oid = (
      await session.query<{ readonly oid: string }>(`SELECT 'public.changing'::regtype::oid::text AS oid`)
    )[0]!
    const catalog = new TypeCatalog(session)
    const json = async (text: string) => {
      const [type] = await catalog.resolve([{ typeOid: Number(oid.oid), typmod: -1 }])
      return encoded(type!.encode, text)
    }
    expect(await json('(1,x)')).toBe('{"a":1,"b":"x"}')
    await session.run('ALTER TYPE public.changing ADD ATTRIBUTE c bool')
    expect(await json('(1,x,t)')).toBe('"(1,x,t)"')
    catalog.forget()
    expect(await json('(1,x,t)')).toBe('{"a":1,"b":"x","c":true}')
    expect(await json('(1,x)')).toBe('"(1,x)"')
  })

  it('names types as the server does, and knows which may be stored out of line', async () => {
    const names = [
      'numeric(10,2)',
      'character varying(20)',
      'public.mood',
      'public.inner_pair[]',
      'uuid',
      'public.document',
    ]
    await session.run('DROP TABLE IF EXISTS public.source')
    await session.run(`CREATE TABLE public.source (${names.map((name, index) => `c${index} ${name}`).join(', ')})`)
    const columns = await session.query<{ readonly oid: string; readonly typmod: number }>(
      `SELECT atttypid::text AS oid, atttypmod AS typmod FROM pg_attribute
        WHERE attrelid = 'public.source'::regclass AND attnum > 0 ORDER BY attnum`,
    )
    const types = await new TypeCatalog(session).resolve(
      columns.map(({ oid, typmod }) => ({ typeOid: Number(oid), typmod })),
    )
    expect(types.map(({ name }) => name)).toEqual(names)
    expect(types.map(({ mayBeLarge }) => mayBeLarge)).toEqual([true, true, false, true, false, true])
  })
})
