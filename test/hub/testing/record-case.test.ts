import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminService, TapRecord } from '../../../core/admin/admin-service.js'
import { recordCase } from '../../../hub/testing/record-case.js'
import { testFiles } from '../../../hub/testing/test-files.js'

const pipeline = {
  version: 1,
  name: 'shop',
  topics: { orders: {} },
  transforms: {
    sorted: { from: ['orders'], to: 'small', steps: [{ route: { cases: [{ when: 'n > 5', to: 'large' }] } }] },
  },
}

let file: string
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-record-'))
  file = join(directory, 'shop.json')
  await writeFile(file, JSON.stringify(pipeline))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function record(parts: Partial<TapRecord>): TapRecord {
  return { topic: 'orders', partition: 0, offset: 0, timestampMs: 1_000, key: null, headers: [], ...parts }
}

/** A hub that holds these. */
function adminWith(records: readonly TapRecord[]): AdminService {
  return {
    async *tap() {
      yield* records
    },
  } as Partial<AdminService> as AdminService
}

describe('a recorded case', () => {
  it('holds records as they lie in the log and what the steps make of them, and passes', async () => {
    const admin = adminWith([
      record({ value: '{"n":9,"big":12345678901234567890}', key: 'k', headers: [{ key: 'trace', value: '7' }] }),
      record({ valueBase64: '/w==' }),
      record({ value: '{"n":1}' }),
      record({ value: 'no object' }),
      record({ value: '{"n":2}' }),
    ])
    const request = { files: [file], transform: 'sorted', count: 3, from: { kind: 'earliest' } as const }
    const one = await recordCase(admin, request, new AbortController().signal)
    expect(one.in).toMatchObject([
      { $record: { key: 'k', value: '{"n":9,"big":12345678901234567890}', headers: { trace: '7' } } },
      { $record: { value: { n: 1 }, time: '1970-01-01T00:00:01.000Z' } },
      { $record: { value: 'no object' } },
    ])
    expect(one.out).toMatchObject([
      { $record: { topic: 'small', value: { n: 1 } } },
      { $record: { topic: 'large', key: 'k', value: { n: 9 } } },
    ])
    expect(one.deadLetters).toMatchObject([{ $record: { value: 'no object', code: 'value_not_object' } }])
    await writeFile(file, JSON.stringify({ ...pipeline, tests: [one] }))
    expect(await testFiles([file])).toMatchObject({ passed: 1, failed: 0 })
  })

  it('needs a transform that a file has', async () => {
    const request = { files: [file], transform: 'none', count: 1, from: { kind: 'earliest' } as const }
    const recorded = recordCase(adminWith([]), request, new AbortController().signal)
    await expect(recorded).rejects.toMatchObject({ code: 'invalid_test_case' })
  })
})
