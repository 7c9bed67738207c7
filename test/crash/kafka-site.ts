// Where producers meet a hub that is killed: a pipeline file of topics alone, a data directory, and a port that stays
// the same, so that clients find the hub again.

import fs from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import type { HubSite } from './hub-process.js'

export interface KafkaSite extends HubSite {
  /** `HOST:PORT`. */
  readonly kafka: string
  remove(): void
}

/** What producers compress each topic with. */
export const kafkaTopics = { plain: 'none', zipped: 'gzip' } as const
export type KafkaTopic = keyof typeof kafkaTopics
export const kafkaTopicNames = Object.keys(kafkaTopics) as readonly KafkaTopic[]
export const kafkaPartitions = 3

// Below the ports that Linux gives to outgoing connections (32,768 and up): a client that dials such a port again and
// again while nothing listens there is connected to itself in the end, and then holds the port.
const lowestPort = 20_000
const portCount = 12_000
const mostTries = 100

export async function makeKafkaSite(
  random: SeededRandom,
  topicNames: readonly string[] = kafkaTopicNames,
): Promise<KafkaSite> {
  const kafka = `127.0.0.1:${await freePort(random)}`
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-kafka-kills-'))
  const pipelineFile = join(directory, 'proof.json')
  const topics = Object.fromEntries(topicNames.map((topic) => [topic, { partitions: kafkaPartitions }]))
  fs.writeFileSync(pipelineFile, JSON.stringify({ version: 1, name: 'proof', topics }))
  return {
    directory,
    pipelineFile,
    dataDirectory: join(directory, 'data'),
    kafka,
    listeners: ['--kafka', kafka, '--http', 'off'],
    remove: () => fs.rmSync(directory, { recursive: true, force: true }),
  }
}

/** Below the ports of outgoing connections. */
export async function freePort(random: SeededRandom): Promise<number> {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = lowestPort + random.below(portCount)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port in ${mostTries} tries from ${lowestPort} on`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
