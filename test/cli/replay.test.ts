import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runHub, tailrace, type Ended } from './tailrace-process.js'

const pipeline = {
  version: 1,
  name: 'shop',
  topics: { app: { partitions: 1 }, dead: { partitions: 1 } },
  sources: {
    logs: {
      type: 'file',
      include: ['logs/*.log'],
      to: 'app',
      parse: { format: 'json', onFail: 'dead-letter' },
      onError: { deadLetter: 'dead' },
    },
  },
}

let cwd: string

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tailrace-replay-'))
  await mkdir(join(cwd, 'logs'))
  await writeFile(join(cwd, 'logs/a.log'), '{"n":1}\nno json\n{"n":2}\nnor this\n')
  await writeFile(join(cwd, 'shop.json'), JSON.stringify(pipeline))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

async function command(...arguments_: readonly string[]): Promise<Ended> {
  return tailrace(arguments_, { cwd })
}

async function values(topic: string, count: number): Promise<readonly string[]> {
  const { stdout } = await command('tap', topic, '--from', 'beginning', '--count', String(count), '--json')
  const lines = stdout.trim().split('\n')
  return lines.map((line) => (JSON.parse(line) as { value: string }).value)
}

describe('tailrace replay', { timeout: 120_000 }, () => {
  it('puts letters back through a running hub and then, without one, those that are left, each once', async () => {
    const hub = await runHub(['shop.json', '--kafka', 'off', '--http', '127.0.0.1:0'], { cwd })
    try {
      expect(await values('dead', 2)).toEqual(['no json', 'nor this'])
      const dry = await command('replay', 'dead', '--dry-run')
      expect(dry.stdout).toBe('dead: 2 dead letters would go back\n  2 of shop.logs into app\n')
      const first = await command('replay', 'dead', '--limit', '1', '--edge', 'logs', '--json')
      expect(JSON.parse(first.stdout)).toMatchObject({ replayed: 1, repeated: 0, refused: [] })
    } finally {
      await hub.stop('SIGTERM')
    }
    const rest = await command('replay', 'dead')
    expect(rest.stdout).toBe(
      'dead: 1 dead letter went back\n  1 of shop.logs into app\n1 dead letter went back in an earlier run\n',
    )
    expect((await command('replay', 'dead')).stdout).toContain('dead: 0 dead letters went back')
    expect(await values('app', 4)).toEqual(['{"n":1}', '{"n":2}', 'no json', 'nor this'])
  })

  it('says what is wrong with its arguments, and exits with 2 or 1', async () => {
    const hub = await runHub(['shop.json', '--kafka', 'off', '--http', '127.0.0.1:0'], { cwd })
    try {
      expect(await command('replay', 'dead', '--limit', 'many')).toMatchObject({ exitCode: 2 })
      expect((await command('replay', 'dead', '--since', '12')).stderr).toMatch(/^error invalid_position: /)
      expect(await command('replay', 'gone')).toMatchObject({ exitCode: 1 })
    } finally {
      await hub.stop('SIGTERM')
    }
  })
})
