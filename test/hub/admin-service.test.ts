// One suite for both ways to the admin service: on an engine in this process, and over HTTP from another.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AdminService, TapRecord } from '../../core/admin/admin-service.js'
import { startHttpApi, type HttpApi } from '../../core/admin/http-api.js'
import type { LogEngine } from '../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../core/engine/memory/memory-engine.js'
import type { EdgeStatus } from '../../core/pipeline/pipeline-status.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { userFromPassword, usersOf } from '../../hub/users.js'
import { localAdmin } from '../../hub/local-admin.js'
import { remoteAdmin } from '../../hub/remote-admin.js'

const world = nodeWorld()
const token = 'token'
const edge: EdgeStatus = {
  pipeline: 'shop',
  id: 'lake',
  role: 'sink',
  type: 'directory',
  topics: ['app/logs'],
  state: 'failed',
  sinceMs: 1,
  recordCount: 7,
  valueBytes: 0,
  deadLetterCount: 2,
  lagRecords: 5,
  error: { code: 'disk_full', message: 'no room', hint: 'Make room.', causes: [], atMs: 1 },
  restartCount: 0,
  nextAttemptMs: undefined,
}

let engine: LogEngine
let api: HttpApi | undefined

afterEach(async () => {
  await api?.close()
  api = undefined
  await engine.close()
})

async function append(partition: number, ...values: readonly (string | null)[]): Promise<void> {
  const records = values.map((value) => ({
    key: null,
    value: value === null ? null : Buffer.from(value),
    timestampMs: 1000,
    headers: [],
  }))
  await engine.append([{ topic: 't', partition, batch: encodeBatch(records) }])
}

async function taken(records: AsyncIterable<TapRecord>): Promise<readonly TapRecord[]> {
  const all: TapRecord[] = []
  for await (const record of records) all.push(record)
  return all
}

describe.each(['local', 'remote'] as const)('the admin service, %s', (way) => {
  let admin: AdminService

  beforeEach(async () => {
    engine = await openMemoryEngine({ ...world, logger: silentLogger })
    await engine.topics.create({ name: 't', partitions: 2 })
    const local = localAdmin({
      engine,
      dataDirectory: '/data',
      version: '1.0.0',
      limits: { openFiles: 64 },
      clock: world.clock,
      users: usersOf(engine, world.random),
      startedAtMs: 9,
      edges: () => [edge],
      applied: () => [{ name: 'shop', document: { version: 1, name: 'shop', url: 'pg://me:hunter2@db/x' } }],
      plans: () => Promise.resolve([]),
      examine: () => Promise.resolve([{ subject: 'sink shop.lake', level: 'warning', message: 'look', hint: 'here' }]),
    })
    admin = local
    if (way === 'local') return
    api = await startHttpApi({
      admin: local,
      metrics: () => Promise.resolve(''),
      listen: { host: '127.0.0.1', port: 0 },
      allowedHosts: [],
      token,
      version: '1.0.0',
      logger: silentLogger,
    })
    admin = remoteAdmin({ http: `127.0.0.1:${api.address.port}`, token })
  })

  it('shows what runs and why it is not ready', async () => {
    expect(await admin.status()).toMatchObject({
      version: '1.0.0',
      hubId: engine.hubId,
      edges: [{ id: 'lake', lagRecords: 5 }],
    })
    expect(await admin.readiness()).toEqual({ ready: false, reasons: ['the sink shop.lake is failed: no room'] })
    const document = { version: 1, name: 'shop', url: 'pg://[secret]@db/x' }
    expect(await admin.applied()).toEqual([{ name: 'shop', document }])
  })

  it('finds what is wrong', async () => {
    await engine.topics.create({ name: 'fast', partitions: 1, settings: { durability: 'written' } })
    const findings = await admin.doctor()
    const bad = findings.filter(({ level }) => level !== 'good')
    expect(bad.map(({ level, subject }) => `${level} ${subject}`)).toEqual([
      'warning topic fast',
      'warning descriptors',
      'problem sink shop.lake',
      'warning sink shop.lake',
    ])
  })

  it('makes, describes and deletes topics', async () => {
    await append(1, 'a', 'b')
    expect(await admin.topic('t')).toMatchObject({
      recordCount: 2,
      partitionViews: [{ highWatermark: 0 }, { highWatermark: 2 }],
    })
    await admin.createTopic({ name: 'new', partitions: 1, settings: { cleanup: 'compact' } })
    expect((await admin.topics()).map(({ name }) => name)).toEqual(['new', 't'])
    await admin.deleteTopic('new')
    await expect(admin.topic('new')).rejects.toMatchObject({ code: 'unknown_topic' })
    await expect(admin.createTopic({ name: 't', partitions: 1 })).rejects.toMatchObject({ code: 'topic_exists' })
  })

  it('replays dead letters, and says what cannot go back', async () => {
    await append(0, 'no letter')
    await append(1, 'none', 'either')
    const report = await admin.replay('t', { edge: 'shop.lake', isDryRun: true })
    expect(report).toMatchObject({ topic: 't', isDryRun: true, replayed: 0, targets: [] })
    expect(report.refused).toMatchObject([{ reason: 'no dead letter', count: 3, examples: [{ partition: 0 }, {}, {}] }])
    await expect(admin.replay('gone', { isDryRun: false })).rejects.toMatchObject({ code: 'unknown_topic' })
  })

  it('adds users by their credentials, lists and removes them', async () => {
    const eve = await userFromPassword('eve', 'correct horse')
    await Promise.all(['eve', 'ada'].map((name) => admin.putUser(name, eve)))
    expect(await admin.users()).toEqual(['ada', 'eve'])
    await admin.removeUser('eve')
    expect(await admin.users()).toEqual(['ada'])
    await expect(admin.removeUser('eve')).rejects.toMatchObject({ code: 'unknown_user' })
    const user = await userFromPassword('ada', 'correct horse')
    await expect(admin.putUser('a b', user)).rejects.toMatchObject({ code: 'invalid_user' })
  })

  it('resets groups within the bounds of the log', async () => {
    await append(0, 'a', 'b', 'c')
    expect(await admin.resetGroup('g', { to: { kind: 'offset', offset: 2 }, topics: ['t'] })).toEqual([
      { topic: 't', partition: 0, offset: 2 },
      { topic: 't', partition: 1, offset: 0 },
    ])
    expect(await admin.resetGroup('g', { to: { kind: 'earliest' } })).toMatchObject([{ previous: 2, offset: 0 }, {}])
    expect(await admin.group('g')).toMatchObject({ state: 'Empty', offsets: [{ lagRecords: 3 }, { lagRecords: 0 }] })
    const text = 'offsets are reset: 2 partitions'
    expect((await admin.group('g')).events).toMatchObject([{ atMs: expect.any(Number), text }, { text }])
    expect(await admin.groups()).toMatchObject([{ group: 'g', lagRecords: 3 }])
    await expect(admin.resetGroup('none', { to: { kind: 'latest' } })).rejects.toMatchObject({
      code: 'nothing_to_reset',
    })
    await expect(admin.group('none')).rejects.toMatchObject({ code: 'unknown_group' })
  })

  it('taps what is there and then what comes', async () => {
    await append(0, 'old', null)
    const { signal } = new AbortController()
    const tapped = taken(admin.tap('t', { from: { kind: 'earliest' }, count: 3 }, signal))
    await append(1, 'new')
    expect((await tapped).map(({ partition, offset, value }) => [partition, offset, value])).toEqual(
      expect.arrayContaining([
        [0, 0, 'old'],
        [0, 1, null],
        [1, 0, 'new'],
      ]),
    )
  })

  it('ends a tap that is told to', async () => {
    await append(0, 'one')
    const ending = new AbortController()
    const seen: unknown[] = []
    for await (const record of admin.tap('t', { from: { kind: 'earliest' } }, ending.signal)) {
      seen.push(record)
      ending.abort()
    }
    expect(seen).toHaveLength(1)
  })

  it('says that a topic to tap does not exist', async () => {
    const { signal } = new AbortController()
    await expect(taken(admin.tap('none', { from: { kind: 'latest' } }, signal))).rejects.toMatchObject({
      code: 'unknown_topic',
    })
  })
})
