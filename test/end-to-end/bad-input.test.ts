// What a person sees at the command when files, rights, disks or limits are not as they should be: the code in the
// message, the exit code, and that whatever is well goes on.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Command, eventually, Folder, patienceMs, readLake } from './kit.js'

const isRoot = process.getuid?.() === 0
const anyPort = ['--kafka', '127.0.0.1:0', '--http', '127.0.0.1:0']
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']

/** Resolves when the hub has logged it. */
function logged(hub: Command, pattern: RegExp): Promise<void> {
  return eventually(() => expect(hub.stderr).toMatch(pattern))
}

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`)
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/** A data directory with some delivered lines, and nobody in it. */
async function delivered(folder: Folder): Promise<readonly string[]> {
  const lines = numbered(1, 50)
  folder.declare()
  folder.log('app.log', textOf(lines))
  expect((await folder.deliver(lines)).exitCode).toBe(0)
  return lines
}

function damage(path: string, position: number): void {
  const bytes = fs.readFileSync(path)
  bytes[position] = bytes[position]! ^ 0xff
  fs.writeFileSync(path, bytes)
}

describe('settings', () => {
  it('that name a missing secret are refused with their place', async () => {
    const folder = new Folder()
    folder.declare({ sink: { root: { $env: 'TAILRACE_TEST_MISSING' } } })
    const { exitCode, stdout, stderr } = await folder.command('run', 'end.json', ...anyPort)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/^error invalid_pipeline: /)
    expect(stderr).toMatch(
      /sinks\.lake\.root: the environment variable TAILRACE_TEST_MISSING is not set .*end\.json:\d+:\d+/,
    )
  })
})

describe.skipIf(!isRoot)('without rights (as root, who can give them up)', () => {
  function open(folder: Folder): void {
    fs.chmodSync(folder.path, 0o777)
    fs.chmodSync(folder.at('logs'), 0o755)
  }

  it('to one file and one directory, the others are read', { timeout: 2 * patienceMs }, async () => {
    const folder = new Folder()
    folder.declare({ source: { include: ['logs/**/*.log'] } })
    folder.log('good.log', 'good\n')
    folder.log('closed.log', 'closed\n')
    fs.chmodSync(folder.at('logs/closed.log'), 0)
    fs.mkdirSync(folder.at('logs/private'), { mode: 0o700 })
    open(folder)
    const hub = folder.run({ launcher: nobody })
    await folder.arrived(['good'], hub)
    await logged(hub, /file_unreadable.*closed\.log|closed\.log.*file_unreadable/)
    await logged(hub, /file_directory_denied.*logs\/private|logs\/private.*file_directory_denied/)
    fs.chmodSync(folder.at('logs/closed.log'), 0o644)
    await folder.arrived(['good', 'closed'], hub)
    expect((await hub.stop()).exitCode).toBe(0)
  })

  it('to the place of the data directory, the start is refused', async () => {
    const folder = new Folder()
    folder.declare()
    fs.mkdirSync(folder.at('closed'), { mode: 0o700 })
    open(folder)
    const refused = new Command(folder.path, ['run', 'end.json', '--data', 'closed/data', ...anyPort], nobody)
    const { exitCode, stderr } = await refused.end
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error denied: .*closed\/data.*\nhint: /m)
  })

  it('to the lake, its sink says so and waits', { timeout: 2 * patienceMs }, async () => {
    const folder = new Folder()
    folder.declare()
    folder.log('app.log', 'waits\n')
    fs.mkdirSync(folder.at('lake'), { mode: 0o700 })
    open(folder)
    const hub = folder.run({ launcher: nobody })
    await logged(hub, /"sink":"lake".*denied/)
    fs.chmodSync(folder.at('lake'), 0o777)
    await folder.arrived(['waits'], hub)
    expect((await hub.stop()).exitCode).toBe(0)
  })
})

describe('lines', () => {
  it('of invalid UTF-8 and with NUL bytes arrive byte for byte', { timeout: 2 * patienceMs }, async () => {
    const folder = new Folder()
    folder.declare()
    const lines = ['plain', '\xff\xfe broken \xc3', 'a\0b\0', '\0', '\xed\xa0\x80 surrogate']
    folder.log('app.log', Buffer.from(textOf(lines), 'latin1'))
    expect((await folder.deliver(lines)).exitCode).toBe(0)
  })

  it('of 100 MB are cut, marked, and do not hold up the next one', { timeout: 2 * patienceMs }, async () => {
    const folder = new Folder()
    folder.declare()
    const piece = Buffer.alloc(1024 * 1024, 'x')
    for (let written = 0; written < 100; written++) folder.log('app.log', piece)
    folder.log('app.log', '\nnext\n')
    const hub = folder.run()
    await eventually(() => expect(folder.lakeLines().length, hub.stderr).toBe(2))
    const highWaterKiB = Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${hub.child.pid}/status`, 'utf8'))?.[1])
    expect(highWaterKiB).toBeLessThan(400 * 1024)
    expect((await hub.stop()).exitCode).toBe(0)
    const [long, next] = folder.lakeLines()
    expect([long!.line.equals(piece), next!.line.toString()]).toEqual([true, 'next'])
    expect(long!.headers).toContain('"truncated"')
  })

  it('of a file that shrinks: what is new is read, what was read stays once', { timeout: 2 * patienceMs }, async () => {
    const folder = new Folder()
    folder.declare()
    folder.log('app.log', textOf(numbered(1, 20)))
    const hub = folder.run()
    await folder.arrived(numbered(1, 20), hub)
    fs.writeFileSync(folder.at('logs/app.log'), 'fresh\n')
    await folder.arrived([...numbered(1, 20), 'fresh'], hub)
    expect((await hub.stop()).exitCode).toBe(0)
  })

  it.skipIf(process.platform === 'win32')(
    'behind a link to a file outside are not read',
    { timeout: 2 * patienceMs },
    async () => {
      const folder = new Folder()
      folder.declare()
      fs.writeFileSync(folder.at('secret.txt'), 'secret\n')
      fs.symlinkSync(folder.at('secret.txt'), folder.at('logs/link.log'))
      folder.log('app.log', 'inside\n')
      const hub = folder.run()
      await folder.arrived(['inside'], hub)
      await logged(hub, /file_link_outside.*link\.log|link\.log.*file_link_outside/)
      expect((await hub.stop()).exitCode).toBe(0)
      expect(readLake(folder.at('lake')).map(({ line }) => line.toString())).toEqual(['inside'])
    },
  )
})

describe('a data directory', { timeout: 3 * patienceMs }, () => {
  it('of another version is refused and left as it is', async () => {
    const folder = new Folder()
    await delivered(folder)
    const identity = folder.at('data/tailrace.json')
    fs.writeFileSync(identity, fs.readFileSync(identity, 'utf8').replace('"format": 1', '"format": 99'))
    const { exitCode, stderr } = await folder.run().end
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error directory_version: .*99.*\nhint: /m)
  })

  it('with parts of another hub is refused, and so is a lake of another hub', async () => {
    const folder = new Folder()
    const other = new Folder()
    await delivered(folder)
    await delivered(other)
    for (const slot of ['checkpoint-0', 'checkpoint-1']) {
      if (fs.existsSync(other.at('data', slot))) fs.copyFileSync(other.at('data', slot), folder.at('data', slot))
    }
    const mixed = await folder.run().end
    expect(mixed.exitCode).toBe(1)
    expect(mixed.stderr).toMatch(/^error directory_foreign: .*\nhint: /m)
    other.declare({ sink: { root: folder.at('lake') } })
    const hub = other.run()
    await logged(hub, /lake_root_foreign|lake_root_taken|belongs to hub/)
    await hub.stop()
  })

  it('damaged in the middle of a segment serves nothing of it and names it', async () => {
    const folder = new Folder()
    await delivered(folder)
    const segment = folder.at('data/topics/lines-0/00000000000000000000.log')
    damage(segment, Math.floor(fs.statSync(segment).size / 2))
    const verified = await folder.command('log', 'verify', 'data')
    expect(verified.exitCode).toBe(1)
    expect(verified.stdout + verified.stderr).toContain('lines-0/00000000000000000000.log')
    const hub = folder.run()
    await eventually(() => expect(hub.stdout, hub.stderr).toContain('tailrace ready'))
    const tapped = await folder.command('tap', 'lines', '--from', 'beginning', '--count', '50', '--data', 'data')
    expect(tapped.exitCode).toBe(1)
    expect(tapped.stderr).toMatch(/damaged/)
    expect((await folder.command('doctor', '--data', 'data')).exitCode).toBe(1)
    await hub.stop()
  })

  it('damaged in an index is mended by itself', async () => {
    const folder = new Folder()
    const lines = await delivered(folder)
    for (const name of ['index', 'timeindex']) {
      fs.writeFileSync(folder.at(`data/topics/lines-0/00000000000000000000.${name}`), Buffer.alloc(24, 0xa5))
    }
    const hub = folder.run()
    await eventually(() => expect(hub.stdout, hub.stderr).toContain('tailrace ready'))
    const { exitCode, stdout } = await folder.command(
      ...['tap', 'lines', '--from', 'beginning', '--count', '50', '--json', '--data', 'data'],
    )
    const values = stdout.trim().split('\n')
    expect({ exitCode, values: values.map((line) => (JSON.parse(line) as { value: string }).value) }).toEqual({
      exitCode: 0,
      values: lines,
    })
    expect((await hub.stop()).exitCode).toBe(0)
  })

  it('damaged in one checkpoint starts from the other; in both it is refused', async () => {
    const folder = new Folder()
    const lines = await delivered(folder)
    const slots = ['checkpoint-0', 'checkpoint-1'].map((name) => folder.at('data', name))
    damage(slots.sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs)[0]!, 40)
    folder.log('app.log', 'later\n')
    expect((await folder.deliver([...lines, 'later'])).exitCode).toBe(0)
    for (const slot of slots) damage(slot, 40)
    const { exitCode, stderr } = await folder.run().end
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error checkpoint_damaged: .*\nhint: /m)
  })
})

describe('limits of the system', { timeout: 4 * patienceMs }, () => {
  it('too few descriptors to start are named', async () => {
    const folder = new Folder()
    folder.declare()
    const { exitCode, stderr } = await folder.run({ launcher: ['prlimit', '--nofile=60:60'] }).end
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error too_many_files: .*\nhint: .*ulimit/m)
  })

  it('few descriptors are enough for many files', async () => {
    const folder = new Folder()
    folder.declare()
    const lines = numbered(1, 200)
    for (const [index, line] of lines.entries()) folder.log(`many-${index}.log`, `${line}\n`)
    const hub = folder.run({ launcher: ['prlimit', '--nofile=192:192'] })
    await folder.arrived(lines, hub)
    expect((await hub.stop()).exitCode).toBe(0)
  })

  it.skipIf(!isRoot)(
    'a full disk refuses records, and they go on when there is room (as root, who can mount)',
    async () => {
      const folder = new Folder()
      folder.declare()
      fs.mkdirSync(folder.at('data'))
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=240m', 'tmpfs', folder.at('data')])
      try {
        folder.log('app.log', 'before\n')
        const hub = folder.run()
        await folder.arrived(['before'], hub)
        const filler = folder.at('data', 'filler')
        fs.writeFileSync(filler, '')
        expect(() => {
          for (;;) fs.appendFileSync(filler, Buffer.alloc(1024 * 1024))
        }).toThrow(/ENOSPC/)
        // More than the guard can let through before it has asked the disk again and counted what it gave up.
        const meanwhile = numbered(1, 16_000).map((line) => line.padEnd(1024, '.'))
        folder.log('app.log', textOf(meanwhile))
        await logged(hub, /disk_full|disk_low/)
        expect(folder.lakeLines().length).toBeLessThan(meanwhile.length)
        fs.rmSync(filler)
        await folder.arrived(['before', ...meanwhile], hub)
        expect((await hub.stop()).exitCode).toBe(0)
      } finally {
        execFileSync('umount', ['-l', join(folder.path, 'data')])
      }
    },
  )
})
