import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Hub, startHub } from '../../hub/library.js'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tailrace-steps-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const line = (second: number, fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ts: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(), ...fields })

const lines = [
  line(1, { id: 1, service: 'web', status: 503, mail: 'ann@example.com' }),
  line(2, { id: 1, service: 'web', status: 503, mail: 'ann@example.com' }),
  line(3, { id: 2, service: 'web', status: 200 }),
  line(4, { id: 3, service: 'api', status: 500 }),
  line(5, { id: 4, service: 'api', status: 'odd' }),
  line(61, { id: 5, service: 'api', status: 500 }),
  line(125, { id: 6, service: 'api', status: 500 }),
]

const pipeline = {
  version: 1,
  name: 'shop',
  defaults: { onError: { deadLetter: 'dead' } },
  topics: { 'app.logs': {}, dead: {} },
  sources: {
    logs: {
      type: 'file',
      include: ['app.log'],
      parse: { format: 'json', time: 'ts' },
      key: 'service',
      steps: [{ redact: { fields: ['mail'], detect: ['email'] } }, { set: { env: "'prod'" } }],
      to: 'app.logs',
    },
  },
  transforms: {
    errors: {
      from: ['app.logs'],
      to: 'app.errors',
      steps: [{ dedupe: { key: 'id', window: '1h' } }, { filter: 'status >= 500' }],
    },
    minutes: {
      from: ['app.errors'],
      to: 'app.minutes',
      steps: [
        { aggregate: { by: { service: 'service', env: 'env' }, window: '1m', values: { errors: { count: true } } } },
        { set: { perSecond: 'errors / 60' } },
      ],
    },
  },
  sinks: {
    out: {
      type: 'directory',
      from: ['app.errors'],
      root: 'out',
      format: { type: 'ndjson' },
      rotate: { records: 4 },
      steps: [{ drop: ['ts', 'mail'] }],
    },
  },
}

describe('steps from a source through transforms to a sink', () => {
  it('shape, leave out, count and set aside what comes', async () => {
    await writeFile(join(cwd, 'app.log'), `${lines.join('\n')}\n`)
    await writeFile(join(cwd, 'p.json'), JSON.stringify(pipeline))
    const hub = await startHub({ files: [join(cwd, 'p.json')] })
    const minutes = await tapped(hub, 'app.minutes', 3)
    const dead = await tapped(hub, 'dead', 1)
    await vi.waitFor(() => expect(written()).toHaveLength(4), { timeout: 20_000, interval: 20 })
    await hub.close()
    const window = (minute: number) => ({
      start: `2026-01-01T00:0${minute}:00.000Z`,
      end: `2026-01-01T00:0${minute + 1}:00.000Z`,
      env: 'prod',
      errors: 1,
      perSecond: 1 / 60,
    })
    expect(minutes).toEqual([
      { service: 'web', ...window(0) },
      { service: 'api', ...window(0) },
      { service: 'api', ...window(1) },
    ])
    expect(dead).toMatchObject([{ id: 4, status: 'odd', env: 'prod' }])
    expect(written()).toEqual([
      { id: 1, service: 'web', status: 503, env: 'prod' },
      { id: 3, service: 'api', status: 500, env: 'prod' },
      { id: 5, service: 'api', status: 500, env: 'prod' },
      { id: 6, service: 'api', status: 500, env: 'prod' },
    ])
  })
})

async function tapped(hub: Hub, topic: string, count: number): Promise<readonly unknown[]> {
  const values: unknown[] = []
  const { signal } = new AbortController()
  for await (const { value } of hub.admin.tap(topic, { from: { kind: 'earliest' }, count }, signal)) {
    values.push(JSON.parse(String(value)))
  }
  return values
}

/** What the sink has published. */
function written(): readonly unknown[] {
  const folder = join(cwd, 'out/app.errors')
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((text) => JSON.parse(text) as unknown)
}
