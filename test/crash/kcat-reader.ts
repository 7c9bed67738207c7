// Reads a partition from its beginning to its end with kcat (librdkafka).

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface ReadRecord {
  readonly offset: number
  /** The client's clock when it sent what stands there. */
  readonly timestampMs: number
  readonly text: string
}

/** In the order in which they were read. */
export interface ReadPartition {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ReadRecord[]
}

export interface KcatReading {
  readonly topic: string
  readonly partition: number
  readonly isolation: 'read_committed' | 'read_uncommitted'
}

const mostReadMs = 60_000
const mostBytes = 256 * 1024 * 1024

/** Throws when kcat fails, or prints what is no record. */
export async function readWithKcat(
  address: string,
  { topic, partition, isolation }: KcatReading,
): Promise<ReadPartition> {
  const from = ['-b', address, '-X', `isolation.level=${isolation}`, '-t', topic, '-p', String(partition)]
  const what = ['-C', '-q', '-e', '-o', 'beginning', ...from]
  const options = { timeout: mostReadMs, maxBuffer: mostBytes }
  const { stdout } = await promisify(execFile)('kcat', [...what, '-f', '%o %T %s\n'], options)
  const lines = stdout.split('\n')
  if (lines.pop() !== '') throw new Error(`${topic} ${partition}: kcat was cut off`)
  const records = lines.map((line) => {
    const [offset, timestampMs] = line.split(' ', 2)
    const text = line.slice(`${offset} ${timestampMs} `.length)
    return { offset: Number(offset), timestampMs: Number(timestampMs), text }
  })
  return { topic, partition, records }
}
