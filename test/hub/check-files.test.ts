// What `validate` warns of, though the files are well.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkFiles } from '../../hub/check-files.js'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'check-'))
})

afterEach(() => rmSync(directory, { recursive: true }))

function check(type: string, more: object, connect = false) {
  const file = join(directory, 'shop.json')
  const lake = { type: 'directory', from: ['logs'], root: 'lake', format: { type }, ...more }
  writeFileSync(file, JSON.stringify({ version: 1, name: 'shop', topics: { logs: {} }, sinks: { lake } }))
  return checkFiles([file], { data: join(directory, 'hub'), connect })
}

it('warns of tables without a topic for records that do not fit, with and without a look at the surroundings', async () => {
  const warning = expect.objectContaining({ subject: 'sink shop.lake', level: 'warning' })
  expect(await check('parquet', {})).toMatchObject({ problems: [], findings: [warning] })
  expect((await check('parquet', {}, true)).findings).toContainEqual(warning)
})

it('has nothing to say where there is one, or where every record fits', async () => {
  expect((await check('parquet', { onError: { deadLetter: 'dead' } })).findings).toEqual([])
  expect((await check('ndjson', {})).findings).toEqual([])
})
