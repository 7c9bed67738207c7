// A consumer that is killed on a hub with `kafkaEvictOnClose`: its partitions go to others at once.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startHub, type Hub } from '../../hub/start-hub.js'

const program = fileURLToPath(new URL('../../dist/test/kafka/member-process.js', import.meta.url))

let directory: string
let hub: Hub

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tailrace-evict-'))
  hub = await startHub({ dataDirectory: directory, kafka: '127.0.0.1:0', kafkaEvictOnClose: true })
})

afterEach(async () => {
  await hub.close()
  rmSync(directory, { recursive: true })
})

it.each(['kafkajs', 'platformatic'])(
  'a killed consumer of %s is out of its group',
  { timeout: 60_000 },
  async (client) => {
    const { engine, kafka = '' } = hub
    await engine.topics.create({ name: 't', partitions: 1 })
    // So that the group outlives its members.
    await engine.groups.reset('g', [{ topic: 't', partition: 0, offset: 0 }])
    const child = spawn(process.execPath, [program, client, kafka, 't', 'g'], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => line.startsWith('joined') && resolve(line))
    })
    const [member] = engine.groups.describe('g').members
    child.kill('SIGKILL')
    await expect.poll(() => engine.groups.describe('g').state, { timeout: 30_000 }).toBe('Empty')
    const texts = engine.groups.describe('g').events.map(({ text }) => text)
    expect(texts).toContain(`member ${member?.memberId} is dropped: its connection has closed`)
  },
)
