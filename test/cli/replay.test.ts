import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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

/** All lines of finished files, sorted. */
async function lakeLines(): Promise<readonly string[]> {
  const files = await readdir(join(cwd, 'lake'), { recursive: true, withFileTypes: true })
  const finished = files.filter((file) => file.isFile() && !file.parentPath.includes('.tailrace'))
  const texts = await Promise.all(finished.map((file) => readFile(join(file.parentPath, file.name), 'utf8')))
  return texts.flatMap((text) => text.split('\n').filter((line) => line !== '')).toSorted()
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

  it('brings records that failed a step of a sink through the corrected step, once, through a kill', async () => {
    const step = (expression: string) => ({
      ...pipeline,
      sources: { logs: { type: 'file', include: ['logs/*.log'], to: 'app' } },
      sinks: {
        lake: {
          type: 'directory',
          from: ['app'],
          root: 'lake',
          steps: [{ filter: 'has(n)' }, { set: { twice: expression } }],
          rotate: { age: '1s' },
          onError: { deadLetter: 'dead' },
        },
      },
    })
    const quiet = ['shop.json', '--kafka', 'off', '--http', '127.0.0.1:0']
    await writeFile(join(cwd, 'logs/a.log'), '{"n":1}\n{"n":"7"}\n{"m":1}\n{"n":3}\n')
    await writeFile(join(cwd, 'shop.json'), JSON.stringify(step('n * 2')))
    const first = await runHub(quiet, { cwd })
    try {
      expect(await values('dead', 1)).toEqual(['{"n":"7"}'])
    } finally {
      await first.stop('SIGTERM')
    }
    await writeFile(join(cwd, 'shop.json'), JSON.stringify(step('int(n) * 2')))
    const second = await runHub(quiet, { cwd })
    try {
      const report = await command('replay', 'dead', '--where', 'headers["tailrace.error.step"] == "2 (set)"')
      expect(report.stdout).toContain('  1 of shop.lake into shop.lake.replay\n')
    } finally {
      await second.stop('SIGKILL')
    }
    const third = await runHub(quiet, { cwd })
    try {
      await expect
        .poll(lakeLines, { timeout: 30_000, interval: 200 })
        .toEqual(['{"n":"7","twice":14}', '{"n":1,"twice":2}', '{"n":3,"twice":6}'])
    } finally {
      await third.stop('SIGTERM')
    }
    expect(await lakeLines()).toHaveLength(3)
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
