// Judges a bucket that a sink fills with events {"event": n}, one a line: each event in one object, each object what its
// metadata says, and none changed since it was seen first. Objects are looked at as they come; of what was looked at
// only the length is kept, so that a proof may fill a bucket far beyond its memory.

import { crc32c } from '../../core/bytes/crc32c.js'
import type { S3Bucket, S3Object } from '../support/s3/s3-objects.js'
import { Findings } from './findings.js'

export type BucketFault = 'lost' | 'repeated' | 'mislabelled' | 'changed' | 'orphaned'

/** Stands for bytes that were looked at. */
const noBytes = Buffer.alloc(64 * 1024 * 1024)

export class BucketTally {
  readonly #counts = new Map<number, number>()
  readonly #seen = new Map<string, S3Object>()
  readonly #findings = new Findings<BucketFault>(['lost', 'repeated', 'mislabelled', 'changed', 'orphaned'])

  get objectCount(): number {
    return this.#seen.size
  }

  get eventCount(): number {
    return this.#counts.size
  }

  /** Looks at what is new. */
  look({ objects }: S3Bucket): void {
    for (const [key, object] of objects) {
      if (key.includes('.tailrace/')) continue
      const seen = this.#seen.get(key)
      if (seen === object) continue
      if (seen !== undefined) this.#findings.find('changed', key)
      this.#count(key, object)
      const kept = { ...object, bytes: noBytes.subarray(0, object.bytes.length) }
      objects.set(key, kept)
      this.#seen.set(key, kept)
    }
    for (const key of this.#seen.keys()) if (!objects.has(key)) this.#findings.find('changed', `${key} is gone`)
  }

  /** All events from 0 to below `eventCount` have to be there by now, and nothing else under way. */
  judge(bucket: S3Bucket, eventCount: number): Findings<BucketFault> {
    this.look(bucket)
    for (let event = 0; event < eventCount; event++) {
      const count = this.#counts.get(event) ?? 0
      if (count === 0) this.#findings.find('lost', `event ${event}`)
      if (count > 1) this.#findings.find('repeated', `event ${event}, ${count} times`)
    }
    for (const { key, parts } of bucket.uploads.values()) {
      this.#findings.find('orphaned', `an upload of ${key} with ${parts.size} parts`)
    }
    return this.#findings
  }

  #count(key: string, { bytes, headers }: S3Object): void {
    const lines = bytes.toString().split('\n').slice(0, -1)
    for (const line of lines) {
      const { event } = JSON.parse(line) as { event: number }
      this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1)
    }
    const label = (name: string): string | undefined => headers[`x-amz-meta-tailrace-${name}`]
    const range = Number(label('next-offset')) - Number(label('first-offset'))
    const isLabelled =
      Number(label('records')) === lines.length &&
      range === lines.length &&
      Number.parseInt(label('crc32c') ?? '', 16) === crc32c(bytes, 0, bytes.length)
    if (!isLabelled) this.#findings.find('mislabelled', `${key}: ${JSON.stringify(headers)}`)
  }
}
