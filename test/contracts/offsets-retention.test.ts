// Expiry of offsets through both engines: what is gone is gone from the log too.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import type { LogEngine } from '../../core/engine/log-engine.js'
import { openMemoryEngine } from '../../core/engine/memory/memory-engine.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger as logger } from '../../core/telemetry/logger.js'
import { silentRecorder as recorder } from '../../core/telemetry/recorder.js'
import { ManualClock } from '../support/manual-clock.js'
import { Consumer, stable } from './log-engine/group-words.js'

const hour = 3600_000
const offsetsRetentionMs = 24 * hour
const of = { topic: 't', partition: 0 }

describe.each(['embedded', 'memory'] as const)('the %s engine', (kind) => {
  const root = mkdtempSync(join(tmpdir(), 'tailrace-offsets-'))
  const clock = new ManualClock()
  const world = { ...nodeWorld(), clock }
  const { random } = world
  let engine: LogEngine

  async function open(retentionMs = offsetsRetentionMs): Promise<void> {
    const options = { logger, offsetsRetentionMs: retentionMs }
    const directory = join(root, 'data')
    // Looking after segments is no part of this: not within the days that pass.
    const rest = { maintenanceMs: 1000 * hour, idleCheckpointMs: 1000 * hour }
    engine =
      kind === 'memory'
        ? await openMemoryEngine({ ...options, clock, random })
        : await openEmbeddedEngine({ ...options, ...rest, directory, world, recorder })
  }

  afterEach(async () => {
    await engine.close()
    rmSync(root, { recursive: true, force: true })
  })

  const groups = (): string[] => engine.groups.list().map(({ group }) => group)

  test('forgets a group that was left for the retention time, and keeps the others', async () => {
    await open()
    await engine.topics.create({ name: 't', partitions: 1 })
    const [gone, here] = [
      new Consumer(engine.groups),
      new Consumer(engine.groups, { group: 'h', sessionTimeoutMs: hour / 2 }),
    ]
    await stable(gone)
    await stable(here)
    await gone.commit({ ...of, offset: 0 })
    await here.commit({ ...of, offset: 0 })
    await gone.leave()
    for (let passed = 0; passed < offsetsRetentionMs - hour / 3; passed += hour / 3) {
      await clock.advance(hour / 3)
      await here.heartbeat()
    }
    await here.leave()
    expect(groups()).toEqual(['g', 'h'])
    await clock.advance(hour)
    // The removal waits for the device, which no clock moves.
    for (let step = 0; step < 1000 && groups().length > 1; step++) await engine.status()
    expect(groups()).toEqual(['h'])
    if (kind === 'memory') return
    await engine.close()
    await open(Infinity)
    expect(groups()).toEqual(['h'])
  })
})
