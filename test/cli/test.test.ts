import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tailrace, type Ended, runHub } from './tailrace-process.js'

const pipeline = {
  version: 1,
  name: 'shop',
  sources: { logs: { type: 'file', include: ['*.log'], to: 'orders', parse: { format: 'json' } } },
  transforms: { once: { from: ['orders'], to: 'single', steps: [{ dedupe: { key: 'id', window: '1h' } }] } },
}
const good = { name: 'once', transform: 'once', in: [{ id: 1 }, { id: 1 }], out: [{ id: 1 }] }

let cwd: string

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tailrace-test-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

async function command(tests: readonly object[], ...arguments_: readonly string[]): Promise<Ended> {
  await writeFile(join(cwd, 'shop.json'), JSON.stringify({ ...pipeline, tests }))
  return tailrace(['test', 'shop.json', ...arguments_], { cwd })
}

describe('tailrace test', { timeout: 60_000 }, () => {
  it('exits with 0, 1 or 2: all is well, a case fails, a file has a mistake or no case', async () => {
    expect(await command([good])).toEqual({
      exitCode: 0,
      stdout: 'ok      once (shop.json)\n1 passed, 0 failed\n',
      stderr: '',
    })
    const failed = await command([good, { ...good, name: 'twice', out: [{ id: 2 }] }])
    expect(failed).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('FAILED  twice (shop.json)\n') })
    expect(failed.stdout).toContain('    value.id\n      expected 2\n      came     1\n')
    expect(await command([{ ...good, transform: 'onse' }])).toMatchObject({ exitCode: 2 })
    expect((await command([])).stderr).toMatch(/^error no_test_cases: /)
    expect(JSON.parse((await command([good], '--json')).stdout)).toMatchObject({ passed: 1, failed: 0 })
  })

  it('records a case from what a hub holds, which then passes', async () => {
    await writeFile(join(cwd, 'a.log'), '{"id":1,"n":1.0}\n{"id":1}\n{"id":2}\n')
    await writeFile(join(cwd, 'shop.json'), JSON.stringify(pipeline))
    const hub = await runHub(['shop.json', '--kafka', 'off', '--http', '127.0.0.1:0'], { cwd })
    let recorded: Ended
    try {
      recorded = await command([], '--record', 'once', '--count', '3')
    } finally {
      await hub.stop('SIGTERM')
    }
    const one = JSON.parse(recorded.stdout) as { in: readonly object[]; out: readonly object[] }
    expect(one.in).toHaveLength(3)
    expect(one.out).toMatchObject([{ $record: { value: { id: 1 } } }, { $record: { value: { id: 2 } } }])
    expect(await command([one])).toMatchObject({ exitCode: 0 })
  })
})
