// What the sink does between start and close, against a store over HTTP.

import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { crc32c } from '../../../../core/bytes/crc32c.js'
import { assignAll, deliver, deliverAndClose, openLake, steady } from '../lake-run.js'
import type { LakeRunOptions } from '../lake-run.js'
import { textRecord } from '../test-log.js'
import { bucketName, openS3Site } from './s3-site.js'
import type { S3Site } from './s3-site.js'

let site: S3Site

beforeEach(async () => {
  site = await openS3Site()
})

afterEach(() => site.close())

const raw = { format: { type: 'raw' } }
const first = 'orders/0-00000000000000000000.log'

function fill(count: number, length = 10): string {
  const of = site.log.add('orders', 0)
  const lines = Array.from({ length: count }, (_, offset) => `${offset}`.padEnd(length, '.'))
  for (const line of lines) site.log.append(of, [textRecord(line)])
  return `${lines.join('\n')}\n`
}

/** Options of another sink of the hub, with a state of its own. */
const optionsOf = (sink: string, settings: Readonly<Record<string, unknown>>): LakeRunOptions => {
  const options = site.options({ ...settings, path: `${sink}/{topic}/{partition}-{first}` })
  return { ...options, sink, base: join(options.base, sink) }
}

describe('an s3 sink', () => {
  it('brings records into an object that says what it is', async () => {
    const text = fill(3)
    const run = await deliverAndClose(site.options(raw))
    expect([...site.objects()].map(([key, bytes]) => [key, bytes.toString()])).toEqual([[first, text]])
    expect([...run.committed.values()]).toEqual([3])
    const bytes = Buffer.from(text)
    expect(site.server.buckets.get(bucketName)?.objects.get(first)?.headers).toEqual({
      'content-type': 'application/octet-stream',
      'x-amz-meta-tailrace-version': '1',
      'x-amz-meta-tailrace-hub': 'hub-1',
      'x-amz-meta-tailrace-sink': 'shop.lake',
      'x-amz-meta-tailrace-topic': 'orders',
      'x-amz-meta-tailrace-topic-id': 'id-of-orders',
      'x-amz-meta-tailrace-partition': '0',
      'x-amz-meta-tailrace-first-offset': '0',
      'x-amz-meta-tailrace-next-offset': '3',
      'x-amz-meta-tailrace-records': '3',
      'x-amz-meta-tailrace-crc32c': crc32c(bytes, 0, bytes.length).toString(16).padStart(8, '0'),
    })
  })

  it('uploads what is larger than a part in parts, several at once', async () => {
    const text = fill(200, 100)
    await deliverAndClose(site.options({ ...raw, partBytes: '1KiB', uploads: 3 }))
    expect(site.objects().get(first)?.toString()).toBe(text)
    const actions = site.server.asked.map(({ action }) => action)
    expect(actions.filter((action) => action === 'UploadPart').length).toBe(20)
    expect(actions).not.toContain('AbortMultipartUpload')
    expect(site.server.buckets.get(bucketName)?.uploads.size).toBe(0)
  })

  it('calls records durable when their object stands', async () => {
    fill(3)
    const run = await openLake(site.options(raw))
    await run.sink.check(steady)
    expect([...(await assignAll(run, site.log)).values()]).toEqual([0])
    await deliver(run, site.log)
    expect([...run.committed]).toEqual([])
    await run.sink.flush(steady)
    expect([...run.committed.values()]).toEqual([3])
    await run.sink.close()
  })

  it('stores objects as the settings say, of one request and of many', async () => {
    fill(30)
    const how = {
      encryption: { type: 'kms', key: 'key-1' },
      storageClass: 'STANDARD_IA',
      tags: [
        { key: 'team', value: 'a & b' },
        { key: 'kind', value: '' },
      ],
      cacheControl: 'no-store',
      contentEncoding: 'identity',
    }
    await deliverAndClose(optionsOf('a', { ...raw, ...how }))
    await deliverAndClose(optionsOf('b', { ...raw, ...how, partBytes: '100B' }))
    for (const folder of ['a', 'b']) {
      expect(site.server.buckets.get(bucketName)?.objects.get(`${folder}/${first}`)?.headers).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-encoding': 'identity',
        'cache-control': 'no-store',
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
        'x-amz-tagging': 'team=a%20%26%20b&kind=',
      })
    }
  })

  it.each([
    [{ type: 'ndjson', compression: 'zstd' }, undefined, 'application/zstd'],
    [{ type: 'ndjson', compression: 'gzip' }, 'gzip', 'application/x-ndjson'],
    [{ type: 'parquet', compression: 'zstd' }, undefined, 'application/vnd.apache.parquet'],
  ])('gives objects of %o with the encoding %s the type %s', async (format, contentEncoding, type) => {
    const of = site.log.add('orders', 0)
    site.log.append(of, [textRecord('{"id":1}')])
    await deliverAndClose(site.options({ format, contentEncoding }))
    const [object] = [...site.server.buckets.get(bucketName)!.objects].filter(([key]) => key.startsWith('orders/'))
    expect(object?.[1].headers['content-type']).toBe(type)
  })

  it('sends sums with everything, or only where they are required', async () => {
    fill(30)
    const sent: Record<string, number> = {}
    for (const checksums of ['always', 'when-required']) {
      let count = 0
      site.server.observe = ({ headers }) => {
        if (Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-') || name === 'x-amz-trailer')) count++
      }
      await deliverAndClose(optionsOf(checksums, { ...raw, partBytes: '100B', checksums }))
      sent[checksums] = count
    }
    expect(sent).toEqual({ always: expect.any(Number), 'when-required': 0 })
    expect(sent['always']).toBeGreaterThan(8)
  })
})
