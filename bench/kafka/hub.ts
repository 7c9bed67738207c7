// The hub as users run it, with nothing but its port for Kafka clients, and topics that come and go with each run.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import { startServer, type Server } from './child.js'

export type Durability = 'written' | 'fsync'

export const topicName = 'bench'

export interface BenchHub extends Server {
  readonly broker: string
  /** Makes the topic anew, so that each run finds an empty one and the disk holds the bytes of one run. */
  renewTopic(partitions: number, durability: Durability): Promise<void>
}

/** The directory must not exist. BENCH_NODE_OPTIONS are for a profile of the hub, such as `--cpu-prof`. */
export async function startHub(directory: string): Promise<BenchHub> {
  mkdirSync(directory)
  const pipelineFile = join(directory, 'pipeline.json')
  writeFileSync(pipelineFile, JSON.stringify({ version: 1, name: 'bench' }))
  const profiling = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter((option) => option !== '')
  const command = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
  const ports = ['--kafka', '127.0.0.1:0', '--http', 'off']
  const data = ['--data', join(directory, 'data')]
  const program = {
    command: process.execPath,
    arguments: [...profiling, command, 'run', pipelineFile, ...data, ...ports],
  }
  const server = await startServer(program, /^tailrace ready .*kafka=127\.0\.0\.1:(\d+)/)
  const broker = `127.0.0.1:${server.port}`
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR }).admin()
  await admin.connect()
  let hasTopic = false
  return {
    ...server,
    broker,
    async renewTopic(numPartitions, durability) {
      if (hasTopic) await admin.deleteTopics({ topics: [topicName] })
      const configEntries = [{ name: 'tailrace.durability', value: durability }]
      await admin.createTopics({ topics: [{ topic: topicName, numPartitions, configEntries }] })
      hasTopic = true
    },
    async stop() {
      await admin.disconnect()
      await server.stop()
    },
  }
}
