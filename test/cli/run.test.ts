import { appendFile, mkdir, mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runHub, tailrace, type Ended, type RunningHub } from './tailrace-process.js'

const pipeline = {
  version: 1,
  name: 'shop',
  topics: { app: { partitions: 2 } },
  sources: { logs: { type: 'file', include: ['logs/*.log'], to: 'app' } },
  sinks: { lake: { type: 'directory', from: ['app'], root: 'lake' } },
}
const anyPort = ['--kafka', '127.0.0.1:0', '--http', '127.0.0.1:0']

let cwd: string
let hubs: RunningHub[]

beforeEach(async () => {
  hubs = []
  cwd = await mkdtemp(join(tmpdir(), 'tailrace-run-'))
  await mkdir(join(cwd, 'logs'))
  await writeFile(join(cwd, 'shop.json'), JSON.stringify(pipeline))
})
afterEach(async () => {
  for (const hub of hubs) await hub.stop('SIGKILL')
  await rm(cwd, { recursive: true, force: true })
})

async function run(...arguments_: readonly string[]): Promise<RunningHub> {
  const hub = await runHub(['shop.json', ...arguments_], { cwd })
  hubs.push(hub)
  return hub
}

async function command(...arguments_: readonly string[]): Promise<Ended> {
  return tailrace(arguments_, { cwd })
}

async function tappedValues(count: number): Promise<readonly string[]> {
  const { stdout, stderr } = await command('tap', 'app', '--from', 'beginning', '--count', String(count), '--json')
  expect(stderr).toBe('')
  return stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { value: string }).value)
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('')

describe('tailrace run', { timeout: 120_000 }, () => {
  it('takes a signal that comes twice, by the process group and by npm, for one', async () => {
    const hub = await run(...anyPort)
    hub.child.kill('SIGTERM')
    hub.child.kill('SIGINT')
    expect(await hub.end).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('"msg":"stopped"') })
  })

  it('says where everything is in one line, moves records, and answers commands over HTTP and without it', async () => {
    await writeFile(join(cwd, 'logs/a.log'), lines(0, 3))
    const hub = await run(...anyPort)
    expect(hub.readyLine).toMatch(/^tailrace ready kafka=127\.0\.0\.1:\d+ http=127\.0\.0\.1:\d+ data=\.\/\.tailrace$/)
    expect(await tappedValues(3)).toEqual(['line 0', 'line 1', 'line 2'])
    expect((await command('topics', 'list')).stdout).toMatch(/^app +2 +3 /m)
    expect((await command('doctor')).stdout).toMatch(/^ok {7}source shop\.logs: running, 3 records/m)
    const doctor = await command('doctor', '--http', hub.http)
    const port = `kafka port: listens on ${hub.kafka} without TLS, nobody has to log in, 0 connections are open`
    expect(doctor).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(port) })
    expect((await command('log', 'verify', '.tailrace')).stderr).toMatch(/^error directory_owned: /)
    const described = await command('groups', 'describe', 'shop.lake')
    expect(described.stdout).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z {2}rebalance begins because member shop.lake\S+ joins$/m,
    )
    const reset = await command('groups', 'reset', 'shop.lake', '--to', 'end')
    expect(reset).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error group_not_empty: /) })
    const made = await command('topics', 'create', 'extra', '--partitions', '3', '--set', 'cleanup=compact')
    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^topic extra made: 3 partitions, id /) })

    const { exitCode, stdout, stderr } = await hub.stop('SIGTERM')
    expect({ exitCode, stdout: stdout.trim() }).toEqual({ exitCode: 0, stdout: hub.readyLine })
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string })
    expect(events.map(({ msg }) => msg)).toContain('a new data directory was made')
    expect(events.at(-1)?.msg).toBe('stopped')

    expect((await command('topics', 'list', '--json')).stdout).toContain('"name": "extra"')
    expect((await command('groups', 'describe', 'shop.lake', '--json')).stdout).toMatch(/"state": "Empty"/)
    expect((await command('plan', 'shop.json')).stdout).toBe('nothing changes\n')
    const resting = (await command('doctor')).stdout
    expect(resting).toMatch(/^ok {7}group shop\.lake: not running, 0 records behind$/m)
    expect(resting).not.toContain('kafka port')
    expect((await command('log', 'verify', '.tailrace')).stdout).toMatch(/all that was acknowledged is there\n$/)
    expect((await command('log', 'dump', '.tailrace', '--topic', 'app')).stdout).toContain('"what":"batch"')
    expect((await stat(join(cwd, '.tailrace'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(cwd, '.tailrace/admin.token'))).mode & 0o777).toBe(0o600)
  })

  it('goes on after SIGKILL with every line once', async () => {
    await writeFile(join(cwd, 'logs/a.log'), lines(0, 50))
    const first = await run(...anyPort)
    expect(await tappedValues(50)).toHaveLength(50)
    await first.stop('SIGKILL')
    await appendFile(join(cwd, 'logs/a.log'), lines(50, 60))
    const second = await run(...anyPort)
    expect(await tappedValues(60)).toEqual(lines(0, 60).trim().split('\n'))
    expect((await second.stop('SIGINT')).exitCode).toBe(0)
  })

  it('lets one process own a data directory and names it to the second', async () => {
    const hub = await run(...anyPort)
    const second = await command('run', 'shop.json', ...anyPort)
    expect(second).toMatchObject({ exitCode: 1, stdout: '' })
    expect(second.stderr).toContain(`is owned by process ${hub.child.pid} on `)
    expect((await command('run', 'shop.json', '--data', 'other', '--http', hub.http)).stderr).toMatch(
      /^.*error address_taken: cannot listen on /ms,
    )
  })

  it('says that the port for Kafka clients is taken, and opens it on this machine alone', async () => {
    const hub = await run(...anyPort)
    const other = ['run', 'shop.json', '--data', 'other', '--http', 'off', '--kafka']
    const taken = await command(...other, hub.kafka)
    expect(taken).toMatchObject({ exitCode: 1, stdout: '' })
    expect(taken.stderr).toMatch(/^.*error kafka_address_taken: cannot listen on .*EADDRINUSE/ms)
    const open = await command(...other, '0.0.0.0:0')
    expect(open).toMatchObject({ exitCode: 2, stdout: '' })
    expect(open.stderr).toMatch(/^.*error kafka_needs_authentication: 0\.0\.0\.0:0 /ms)
  })

  it('takes users from a pipe, with a hub and without, and never keeps their password', async () => {
    const add = (name: string, input: string): Promise<Ended> => tailrace(['users', 'add', name], { cwd, input })
    const hub = await run(...anyPort, '--kafka-sasl')
    expect(await add('ada', 'correct horse\n')).toMatchObject({ exitCode: 0, stdout: 'user ada may log in\n' })
    expect(await add('bob', 'short\n')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error invalid_user: /),
    })
    await hub.stop('SIGTERM')
    expect(await add('eve', 'correct horse')).toMatchObject({ exitCode: 0 })
    expect((await command('users', 'list')).stdout).toBe('ada\neve\n')
    expect((await command('users', 'remove', 'ada')).exitCode).toBe(0)
    expect((await command('users', 'remove', 'ada')).stderr).toMatch(/^error unknown_user: /)
    expect((await command('users', 'list', '--json')).stdout).toBe('[\n  "eve"\n]\n')
    const state = await readFile(join(cwd, '.tailrace/topics/__tailrace_state-0/00000000000000000000.log'))
    expect([state.includes('storedKey'), state.includes('correct horse')]).toEqual([true, false])
  })

  it('takes a certificate with its key only', async () => {
    expect(await command('run', 'shop.json', '--kafka-tls-cert', 'tls.crt')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^error usage: --kafka-tls-cert and --kafka-tls-key belong together/),
    })
    const missing = await command(
      'run',
      'shop.json',
      ...anyPort,
      '--kafka-tls-cert',
      'no.crt',
      '--kafka-tls-key',
      'no.key',
    )
    expect(missing).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('error tls_unusable: ') })
  })

  it('opens no port with --http off, and commands say so', async () => {
    const killed = await run(...anyPort)
    await killed.stop('SIGKILL')
    const hub = await run('--kafka', 'off', '--http', 'off')
    expect(hub.readyLine).toBe('tailrace ready data=./.tailrace')
    const listed = await command('topics', 'list')
    expect(listed).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error api_off: /) })
  })

  it('stops with exit code 1 when the data directory is taken away', async () => {
    const hub = await run(...anyPort)
    await unlink(join(cwd, '.tailrace/owner.sock'))
    const { exitCode, stderr } = await hub.end
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error ownership_lost: .*\nhint: /m)
  })

  it('says what would change before it does', async () => {
    await (await run(...anyPort)).stop('SIGTERM')
    const changed = JSON.stringify(pipeline)
      .replace('"partitions":2', '"partitions":4')
      .replace('"root":"lake"', '"root":"pond"')
    await writeFile(join(cwd, 'shop.json'), changed)
    const { stdout } = await command('plan', 'shop.json')
    expect(stdout).toContain('~ topic shop.app\n    partitions: 2 → 4\n    DANGER of partitions: keys move')
    expect(stdout).toContain('~ sink shop.lake\n    root: "lake" → "pond"\n')
  })

  it('refuses a data directory of another version, and one that is none', async () => {
    await (await run(...anyPort)).stop('SIGTERM')
    const identity = join(cwd, '.tailrace/tailrace.json')
    await writeFile(identity, (await readFile(identity, 'utf8')).replace('"format": 1', '"format": 99'))
    const newer = await command('run', 'shop.json', ...anyPort)
    expect(newer).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error directory_version: .* format 99/m),
    })
    await mkdir(join(cwd, 'mine'))
    await writeFile(join(cwd, 'mine/thesis.txt'), 'precious')
    const foreign = await command('run', 'shop.json', '--data', 'mine', ...anyPort)
    expect(foreign).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error directory_unknown: .*thesis\.txt/m),
    })
  })
})
