// What the sink does when the store, the network, the clock or the settings fail it.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TailraceError } from '../../../../core/errors/tailrace-error.js'
import type { Action } from '../../../support/s3/s3-answer.js'
import type { Interception } from '../../../support/s3/s3-server.js'
import { deliver, deliverAndClose, openLake, steady } from '../lake-run.js'
import type { LakeRun, LakeRunOptions } from '../lake-run.js'
import { textRecord } from '../test-log.js'
import { bucketName, openS3Site } from './s3-site.js'
import type { S3Site } from './s3-site.js'

let site: S3Site

beforeEach(async () => {
  site = await openS3Site()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await site.close()
})

const raw = { format: { type: 'raw' } }
const inParts = { ...raw, partBytes: '100B', uploads: 2 }
const key = 'orders/0-00000000000000000000.log'
const refusal = (code: string) => expect.objectContaining({ code })

/** One file of so many lines of 50 bytes. */
function fill(count: number): string {
  const of = site.log.add('orders', 0)
  const lines = Array.from({ length: count }, (_, offset) => `${offset}`.padEnd(49, '.'))
  for (const line of lines) site.log.append(of, [textRecord(line)])
  return `${lines.join('\n')}\n`
}

/** The first requests of an action meet what is listed. */
function meet(action: Action, ...fates: Interception[]): void {
  site.server.intercept = (asked) =>
    asked.action === action && !asked.key.includes('.tailrace/') ? fates.shift() : undefined
}

const uploadsLeft = (): number => site.server.buckets.get(bucketName)!.uploads.size

/** A run that has taken everything and published nothing. */
async function taken(options: LakeRunOptions): Promise<LakeRun> {
  const run = await openLake(options)
  await run.sink.check(steady)
  await deliver(run, site.log)
  return run
}

describe('a store that fails for a moment', () => {
  const slowDown: Interception = { what: 'refuse', status: 503, code: 'SlowDown', headers: { 'retry-after': '1' } }
  const internal: Interception = { what: 'refuse', status: 500, code: 'InternalError' }
  const cases: readonly (readonly [Action, Interception])[] = [
    ['PutObject', slowDown],
    ['PutObject', { what: 'cut', when: 'amid-body' }],
    ['PutObject', { what: 'cut', when: 'after' }],
    ['PutObject', { what: 'delay', ms: 100 }],
    ['HeadObject', internal],
    ['CreateMultipartUpload', internal],
    ['CreateMultipartUpload', { what: 'cut', when: 'after' }],
    ['UploadPart', slowDown],
    ['UploadPart', { what: 'cut', when: 'amid-body' }],
    ['UploadPart', { what: 'cut', when: 'after' }],
    ['CompleteMultipartUpload', internal],
    ['CompleteMultipartUpload', { what: 'cut', when: 'after' }],
    ['CompleteMultipartUpload', { what: 'error-in-200', code: 'InternalError' }],
    ['CompleteMultipartUpload', { what: 'refuse', status: 409, code: 'ConditionalRequestConflict' }],
    ['PutObject', { what: 'refuse', status: 409, code: 'ConditionalRequestConflict' }],
  ]

  it.each(cases)('at %s (%o) has the object once, whole, and nothing besides', async (action, fate) => {
    const text = fill(20)
    meet(action, fate)
    await deliverAndClose(site.options(action === 'PutObject' ? raw : inParts))
    expect([...site.objects()].map(([name, bytes]) => [name, bytes.toString()])).toEqual([[key, text]])
    expect(uploadsLeft()).toBe(0)
  })

  it('is waited for when it does not recover at once, with no upload left meanwhile', async () => {
    const text = fill(20)
    const run = await taken(site.options(inParts))
    site.server.intercept = ({ action }) => (action === 'UploadPart' ? internal : undefined)
    await expect(run.sink.flush(steady)).rejects.toMatchObject({ code: 's3_busy', retry: 'timed' })
    expect(uploadsLeft()).toBe(0)
    site.server.intercept = undefined
    await run.sink.flush(steady)
    expect(site.objects().get(key)?.toString()).toBe(text)
    await run.sink.close()
  })

  it('that is away is waited for, and what was left under way is aborted', async () => {
    const text = fill(20)
    const run = await taken(site.options(inParts))
    const { port } = site.server
    let away: Promise<void> | undefined
    site.server.intercept = ({ action }) => {
      if (action !== 'UploadPart') return undefined
      away ??= site.server.close()
      return { what: 'cut', when: 'before' }
    }
    const failure = expect.objectContaining({ code: 's3_unreachable', retry: 'timed' })
    await expect(run.sink.flush(steady)).rejects.toThrow(failure)
    await expect(run.sink.flush(steady)).rejects.toThrow(failure)
    expect(uploadsLeft()).toBe(1)
    await away
    site.server.intercept = undefined
    await site.server.listen(port)
    await run.sink.flush(steady)
    expect(site.objects().get(key)?.toString()).toBe(text)
    expect(uploadsLeft()).toBe(0)
    await run.sink.close()
  })

  it('that does not go on with a request is given up, in time', async () => {
    fill(1)
    const run = await taken(site.options({ ...raw, timeout: '200ms' }))
    let release: () => void = () => undefined
    const until = new Promise<void>((resolve) => (release = resolve))
    site.server.intercept = () => ({ what: 'hold', until: () => until })
    await expect(run.sink.flush(steady)).rejects.toThrow(refusal('s3_unreachable'))
    release()
    await run.sink.close()
  })
})

describe('clocks and credentials', () => {
  it.each([-3600_000, 3600_000])('a clock that differs by %d ms is corrected', async (ms) => {
    const text = fill(2)
    site.server.clockAheadMs = ms
    await deliverAndClose(site.options(raw))
    expect(site.objects().get(key)?.toString()).toBe(text)
  })

  it('credentials that expire are read again from where they came', async () => {
    const text = fill(4)
    const { server } = site
    const file = join(site.options().base, 'credentials')
    const write = (name: string): void =>
      writeFileSync(
        file,
        `[lake]\naws_access_key_id = ${name}\naws_secret_access_key = s\naws_session_token = t-${name}\n`,
      )
    for (const name of ['first', 'second']) server.identities.set(name, { secret: 's', token: `t-${name}` })
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
    vi.stubEnv('AWS_CONFIG_FILE', join(site.options().base, 'none'))
    write('first')
    const { credentials: _, ...settings } = site.options({ ...raw, credentials: undefined }).settings
    const options = { ...site.options(), settings: { ...settings, credentials: { profile: 'lake' } } }
    const run = await taken(options)
    server.identities.get('first')!.isExpired = true
    await expect(run.sink.flush(steady)).rejects.toMatchObject({ code: 's3_credentials_expired', retry: 'timed' })
    write('second')
    await run.sink.flush(steady)
    expect(site.objects().get(key)?.toString()).toBe(text)
    await run.sink.close()
  })

  it.each([
    [{ secret: 'another' }, 's3_credentials_refused'],
    [undefined, 's3_credentials_refused'],
    [{ secret: 'a secret', isExpired: true }, 's3_credentials_expired'],
  ])('%o makes it %s', async (identity, code) => {
    if (identity === undefined) site.server.identities.delete('tailrace')
    else site.server.identities.set('tailrace', identity)
    const run = await openLake(site.options(raw))
    await expect(run.sink.check(steady)).rejects.toThrow(refusal(code))
    await run.sink.close()
  })

  it('without any credentials says so', async () => {
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/none')
    vi.stubEnv('AWS_CONFIG_FILE', '/none')
    const { credentials: _, ...settings } = site.options(raw).settings
    const run = await openLake({ ...site.options(), settings })
    await expect(run.sink.check(steady)).rejects.toThrow(refusal('s3_credentials_missing'))
    await run.sink.close()
  })
})

describe('settings that do not fit the store', () => {
  async function checked(settings: Readonly<Record<string, unknown>>): Promise<TailraceError> {
    const run = await openLake(site.options({ ...raw, ...settings }))
    const failure: unknown = await run.sink.check(steady).catch((error: unknown) => error)
    await run.sink.close()
    return failure as TailraceError
  }

  it('name a bucket that is not there', async () => {
    const { code, message } = await checked({ bucket: 'another' })
    expect([code, message]).toEqual(['s3_bucket_missing', `there is no bucket another at ${site.server.url}`])
  })

  it('name another region than that of the bucket', async () => {
    site.server.addBucket('far', 'eu-central-1')
    const { code, message } = await checked({ bucket: 'far', region: 'us-east-2' })
    expect(code).toBe('s3_region_wrong')
    expect(message).toBe('the bucket far lies in eu-central-1; the sink asked us-east-2')
    expect(await checked({ bucket: 'far', region: 'eu-central-1' })).toBeUndefined()
  })

  it('have no region for a bucket of Amazon, and neither has the environment', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/none')
    vi.stubEnv('AWS_CONFIG_FILE', '/none')
    expect((await checked({ endpoint: undefined })).code).toBe('s3_region_missing')
  })

  it.each([
    ['ListObjectsV2', 's3:ListBucket'],
    ['GetObject', 's3:GetObject'],
    ['PutObject', 's3:PutObject'],
  ] as const)('lack the right for %s, which the message names', async (action, right) => {
    site.server.denied.add(action)
    const { code, message } = await checked({})
    expect(code).toBe('s3_denied')
    expect(message).toMatch(new RegExp(`^${right} on s3://lake`))
  })

  it('give keys that are too long, with the name of a topic', async () => {
    site.log.append(site.log.add('t'.repeat(200), 0), [textRecord('one')])
    const run = await openLake(site.options({ ...raw, prefix: 'p/'.repeat(420) }))
    await expect(deliver(run, site.log)).rejects.toThrow(refusal('lake_path_unfit'))
    await run.sink.close()
  })

  it('lack the right to remove objects, so that no small ones are merged', async () => {
    fill(6)
    site.server.denied.add('DeleteObject')
    const compact = { below: '1KiB', to: '4KiB', after: '0s', every: '0s' }
    const settings = { ...raw, rotate: { records: 2 }, compact }
    await deliverAndClose(site.options(settings))
    const before = new Map(site.objects())
    expect(before.size).toBe(3)
    site.server.denied.clear()
    await deliverAndClose(site.options(settings))
    expect(site.objects().size).toBe(1)
    expect([...site.objects().values()].join('')).toBe([...before.values()].join(''))
  })

  it('lack the right to list uploads, which is no reason to stop', async () => {
    const text = fill(20)
    site.server.denied.add('ListMultipartUploads')
    await deliverAndClose(site.options(inParts))
    expect(site.objects().get(key)?.toString()).toBe(text)
  })

  it('lack the right to list uploads, which is no reason to stop when one may be left', async () => {
    const text = fill(20)
    site.server.denied.add('ListMultipartUploads')
    meet('CreateMultipartUpload', { what: 'cut', when: 'after' })
    await deliverAndClose(site.options(inParts))
    expect(site.objects().get(key)?.toString()).toBe(text)
  })

  it('name a store that cannot list uploads', async () => {
    const text = fill(20)
    site.server.intercept = ({ action }) =>
      action === 'ListMultipartUploads' ? { what: 'refuse', status: 501, code: 'NotImplemented' } : undefined
    await deliverAndClose(site.options(inParts))
    expect(site.objects().get(key)?.toString()).toBe(text)
  })
})

describe('a name that is taken', () => {
  const putForeign = (bytes = 'foreign'): void => {
    const bucket = site.server.buckets.get(bucketName)!
    bucket.objects.set(key, { bytes: Buffer.from(bytes), etag: '"x"', headers: {}, modifiedMs: 0 })
  }

  it('is not overwritten, and stops the sink before anything is planned', async () => {
    const text = fill(2)
    const run = await taken(site.options(raw))
    // The same bytes even, but nobody knows from which records.
    putForeign(text)
    await expect(run.sink.flush(steady)).rejects.toThrow(refusal('lake_name_taken'))
    expect(site.server.buckets.get(bucketName)?.objects.get(key)?.headers).toEqual({})
    expect(run.context.state.entries('')).toEqual([])
    await run.sink.close()
  })

  it.each([raw, inParts])(
    'at the last moment is not overwritten either, and the next start goes on (%o)',
    async (settings) => {
      const text = fill(20)
      const run = await taken(site.options(settings))
      const last = settings === raw ? 'PutObject' : 'CompleteMultipartUpload'
      site.server.intercept = ({ action }) => {
        if (action === last) putForeign()
        return undefined
      }
      await expect(run.sink.flush(steady)).rejects.toThrow(refusal('lake_name_taken'))
      expect(site.objects().get(key)?.toString()).toBe('foreign')
      expect(uploadsLeft()).toBe(0)
      await run.sink.close()
      site.server.intercept = undefined
      const again = await openLake(site.options(settings))
      await expect(deliver(again, site.log)).rejects.toThrow(refusal('lake_name_taken'))
      await again.sink.close()
      site.server.buckets.get(bucketName)!.objects.delete(key)
      await deliverAndClose(site.options(settings))
      expect(site.objects().get(key)?.toString()).toBe(text)
    },
  )

  it('is accepted when it is the object of the same range, of a hub whose state was lost meanwhile', async () => {
    fill(2)
    await deliverAndClose(site.options(raw))
    const before = site.server.buckets.get(bucketName)?.objects.get(key)
    writeFileSync(join(site.options().base, 'hub/state.json'), '[]')
    await deliverAndClose(site.options(raw))
    expect(site.server.buckets.get(bucketName)?.objects.get(key)).toBe(before)
  })

  it('by a store that ignores conditions is looked at before', async () => {
    await site.close()
    site = await openS3Site({ knowsConditions: false })
    fill(2)
    const run = await taken(site.options(raw))
    const head = { done: false }
    site.server.intercept = ({ action }) => {
      if (action === 'HeadObject' && head.done) putForeign()
      head.done ||= action === 'HeadObject'
      return undefined
    }
    await expect(run.sink.flush(steady)).rejects.toThrow(refusal('lake_name_taken'))
    expect(site.objects().get(key)?.toString()).toBe('foreign')
    await run.sink.close()
  })
})

describe('a prefix', () => {
  it('belongs to the hub that wrote below it first', async () => {
    fill(1)
    await deliverAndClose(site.options({ ...raw, prefix: 'shop' }))
    const foreign = await openLake({ ...site.options({ ...raw, prefix: 'shop/' }), hubId: 'hub-2' })
    await expect(foreign.sink.check(steady)).rejects.toThrow('s3://lake/shop belongs to hub hub-1; this is hub hub-2')
    await foreign.sink.close()
    await deliverAndClose({ ...site.options({ ...raw, prefix: 'other' }), hubId: 'hub-2', sink: 'another' })
  })

  it('is taken by one of two hubs that start at the same moment', async () => {
    fill(1)
    const outcomes = await Promise.allSettled(
      ['hub-1', 'hub-2'].map(async (hubId) => {
        const base = join(site.options().base, hubId)
        mkdirSync(base)
        await deliverAndClose({ ...site.options(raw), hubId, base, sink: hubId })
      }),
    )
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const [loser] = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(loser?.reason).toMatchObject({ code: 'lake_foreign_root' })
  })

  it('is shared by sinks whose names cannot be equal, and by no others', async () => {
    fill(1)
    await deliverAndClose(site.options({ ...raw, path: 'a/{topic}/{partition}-{first}' }))
    await deliverAndClose({ ...site.options({ ...raw, path: 'b/{topic}/{partition}-{first}' }), sink: 'second' })
    const third = await openLake({ ...site.options(raw), sink: 'third' })
    await expect(third.sink.check(steady)).rejects.toThrow(refusal('lake_root_shared'))
    await third.sink.close()
  })
})

describe('a plan of a place that the settings do not name any more', () => {
  async function interrupted(): Promise<string> {
    const text = fill(20)
    const run = await taken(site.options({ ...inParts, prefix: 'old' }))
    site.server.intercept = ({ action }) =>
      action === 'CompleteMultipartUpload' ? { what: 'refuse', status: 403, code: 'AccessDenied' } : undefined
    await expect(run.sink.flush(steady)).rejects.toThrow(refusal('s3_denied'))
    await run.sink.close()
    site.server.intercept = undefined
    return text
  }

  it('is finished there', async () => {
    const text = await interrupted()
    await deliverAndClose(site.options({ ...raw, prefix: 'new' }))
    expect([...site.objects()].map(([name, bytes]) => [name, bytes.toString()])).toEqual([[`old/${key}`, text]])
  })

  it('stops the sink when that place is not what it was', async () => {
    await interrupted()
    site.server.buckets.get(bucketName)!.objects.delete('old/.tailrace/hub.json')
    const run = await openLake(site.options({ ...raw, prefix: 'new' }))
    await expect(deliver(run, site.log)).rejects.toThrow(refusal('lake_plan_root_missing'))
    await run.sink.close()
  })
})

describe('a file under way that somebody changes', () => {
  it.each([raw, inParts])('does not become an object (%o)', async (settings) => {
    const text = fill(20)
    const run = await taken(site.options(settings))
    const work = await run.context.workDirectory()
    site.server.intercept = ({ action }) => {
      if (action !== 'HeadObject') return undefined
      const [name] = readdirSync(work)
      writeFileSync(join(work, name!), text.replace('7', '8'))
      return undefined
    }
    await expect(run.sink.flush(steady)).rejects.toThrow(refusal('lake_file_changed'))
    expect(site.objects().size).toBe(0)
    await run.sink.close()
    site.server.intercept = undefined
    await deliverAndClose(site.options(settings))
    expect(site.objects().get(key)?.toString()).toBe(text)
    expect(uploadsLeft()).toBe(0)
  })
})
