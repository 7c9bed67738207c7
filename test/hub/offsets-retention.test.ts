// That the hub's setting reaches its engine and its port; the rules stand in test/core/coordination/offset-expiry.test.ts.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { afterEach, expect, it } from 'vitest'
import { startHub, type Hub } from '../../hub/start-hub.js'

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs
const directory = mkdtempSync(join(tmpdir(), 'tailrace-retention-'))
let hub: Hub

afterEach(async () => {
  await hub.close()
  rmSync(directory, { recursive: true })
})

it('a hub forgets groups after its time for them, and tells clients that time', async () => {
  hub = await startHub({ dataDirectory: directory, kafka: '127.0.0.1:0', offsetsRetentionMs: 120 })
  await hub.engine.topics.create({ name: 't', partitions: 1 })
  expect(await hub.admin.resetGroup('g', { to: { kind: 'latest' }, topics: ['t'] })).toHaveLength(1)
  await expect.poll(() => hub.admin.groups(), { timeout: 20_000 }).toEqual([])
  const kafka = new Kafka({ brokers: [hub.kafka ?? ''], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  const configNames = ['offsets.retention.minutes']
  const resources = [{ type: ConfigResourceTypes.BROKER, name: '1', configNames }]
  const { resources: described } = await admin.describeConfigs({ resources, includeSynonyms: false })
  await admin.disconnect()
  expect(described[0]?.configEntries).toMatchObject([{ configName: 'offsets.retention.minutes', configValue: '1' }])
})
