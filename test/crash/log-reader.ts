// Reads the segments of a topic with a reader of its own and judges the numbered lines in them.

import fs from 'node:fs'
import { join } from 'node:path'
import { type ReadableDirectory, readPartition, type StoredBatch } from '../support/segment-reader.js'
import { DeliveredLines } from './delivered-lines.js'

const disk: ReadableDirectory = { list: (path) => fs.readdirSync(path), read: (path) => fs.readFileSync(path) }

/** The batches of each partition of a topic, by partition. Throws where the bytes break the format. */
export function readTopic(
  dataDirectory: string,
  topic: string,
  partitions: number,
): readonly (readonly StoredBatch[])[] {
  return Array.from({ length: partitions }, (_, partition) =>
    readPartition(disk, join(dataDirectory, 'topics', `${topic}-${partition}`)).flatMap(({ batches }) => batches),
  )
}

/** Throws where offsets have gaps. */
export function deliveredIn(partitions: readonly (readonly StoredBatch[])[]): DeliveredLines {
  const delivered = new DeliveredLines()
  for (const [partition, batches] of partitions.entries()) {
    let nextOffset = batches[0]?.baseOffset ?? 0
    for (const { records } of batches) {
      for (const { offset, key, value } of records) {
        if (offset !== nextOffset) throw new Error(`partition ${partition}: offset ${offset} follows ${nextOffset - 1}`)
        nextOffset++
        const text = Buffer.from(value ?? '', 'latin1').toString('utf8')
        delivered.add(text, { where: `offset ${partition}:${offset}`, partition, key: key ?? '' })
      }
    }
  }
  return delivered
}
