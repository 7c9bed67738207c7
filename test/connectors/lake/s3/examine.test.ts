import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettings } from '../../../../core/connector/fields.js'
import type { Finding } from '../../../../core/connector/declaration.js'
import { examineS3 } from '../../../../connectors/lake/s3/examine.js'
import { s3Fields } from '../../../../connectors/lake/s3/settings.js'
import { deliver, deliverAndClose, openLake, steady } from '../lake-run.js'
import type { LakeRunOptions } from '../lake-run.js'
import { textRecord } from '../test-log.js'
import { bucketName, openS3Site } from './s3-site.js'
import type { S3Site } from './s3-site.js'

let site: S3Site

beforeEach(async () => {
  site = await openS3Site()
  const of = site.log.add('orders', 0)
  for (let offset = 0; offset < 20; offset++) site.log.append(of, [textRecord(`${offset}`.padEnd(49, '.'))])
})

afterEach(() => site.close())

const settings = { format: { type: 'raw' }, partBytes: '100B' }

async function examined(options: LakeRunOptions = site.options(settings)): Promise<readonly Finding[]> {
  const { sink, context } = await openLake(options)
  const before = site.server.buckets.get(bucketName)!.objects.size
  const findings = await examineS3(readSettings(s3Fields, options.settings), context)
  expect(site.server.buckets.get(bucketName)!.objects.size).toBe(before)
  await sink.close()
  return findings
}

const texts = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ level, message }) => `${level}: ${message}`)

describe('examining a lake in a bucket', () => {
  it('says what a prefix is before the first start, and after', async () => {
    expect(texts(await examined())).toEqual([
      'good: s3://lake can be reached and listed',
      'good: s3://lake belongs to no hub yet',
      'good: whether the store knows If-None-Match is found out at the first start',
      'good: no uploads are under way',
    ])
    await deliverAndClose(site.options(settings))
    expect(texts(await examined()).slice(1, 3)).toEqual([
      'good: s3://lake belongs to this hub',
      'good: the store knows If-None-Match',
    ])
  })

  it('shows uploads that were left, and plans that are open', async () => {
    const run = await openLake(site.options(settings))
    await run.sink.check(steady)
    await deliver(run, site.log)
    site.server.denied.add('CompleteMultipartUpload').add('AbortMultipartUpload')
    await expect(run.sink.flush(steady)).rejects.toMatchObject({ code: 's3_denied' })
    await run.sink.close()
    expect(texts(await examined()).slice(3)).toEqual([
      'warning: 1 uploads are under way or were left: orders/0-00000000000000000000.log',
      'warning: orders-0: 1 files for offsets 0 to below 20 are being published below s3://lake',
    ])
  })

  it('finds another owner, a store without conditions, a right that is missing, and a bucket that is', async () => {
    await deliverAndClose({ ...site.options(settings), hubId: 'hub-2' })
    site.server.denied.add('ListMultipartUploads')
    const [, owner, , uploads] = await examined()
    expect(owner?.message).toBe('s3://lake belongs to hub hub-2; this is hub hub-1')
    expect(uploads?.message).toMatch(/^s3:ListBucketMultipartUploads on s3:\/\/lake/)
    const [missing, ...more] = await examined(site.options({ ...settings, bucket: 'none' }))
    expect([missing?.level, missing?.message.startsWith('there is no bucket none'), more]).toEqual([
      'problem',
      true,
      [],
    ])
    await site.close()
    site = await openS3Site({ knowsConditions: false })
    site.log.append(site.log.add('orders', 0), [textRecord('one')])
    await deliverAndClose(site.options(settings))
    expect((await examined())[2]).toMatchObject({ level: 'warning', message: 'the store does not know If-None-Match' })
  })
})
