import { describe, expect, it } from 'vitest'
import { readSettings } from '../../../../core/connector/fields.js'
import { Secret } from '../../../../core/connector/secret.js'
import { s3Sink } from '../../../../connectors/lake/s3/declaration.js'
import { prefixOf, s3Fields } from '../../../../connectors/lake/s3/settings.js'

const settingsOf = (raw: Readonly<Record<string, unknown>>) => readSettings(s3Fields, { bucket: 'lake', ...raw })
const problemsOf = (raw: Readonly<Record<string, unknown>>): readonly string[] =>
  (s3Sink.check?.(settingsOf(raw), '/base') ?? []).map(({ path, message }) => `${path.join('.')} ${message}`)
const secret = new Secret('x')

describe('the declaration of an s3 sink', () => {
  it('has defaults that are good as they are', () => {
    expect(problemsOf({})).toEqual([])
    expect(settingsOf({})).toMatchObject({
      prefix: '',
      checksums: 'always',
      partBytes: 8 * 1024 ** 2,
      spool: 8 * 1024 ** 3,
      uploads: 4,
      encryption: { type: 'bucket' },
    })
  })

  it.each([
    [{ prefix: '/a' }, 'prefix has a folder without a name: it begins or ends with "/", or has "//"'],
    [{ prefix: 'a/../b' }, 'prefix has a name that begins with ".": ".."'],
    [{ prefix: 'a/{topic}' }, 'prefix holds a brace: placeholders stand in `path`'],
    [{ prefix: 'a/'.repeat(500) }, 'prefix could become 1034 bytes long; 1024 are possible'],
    [{ endpoint: 'minio:9000' }, 'endpoint is no URL of http or https with a host, and nothing behind it'],
    [{ endpoint: 'http://user@minio' }, 'endpoint is no URL of http or https with a host, and nothing behind it'],
    [{ endpoint: 'http://minio/lake' }, 'endpoint is no URL of http or https with a host, and nothing behind it'],
    [
      { credentials: { accessKey: secret } },
      'credentials has one of accessKey and secretKey: both are needed, or none',
    ],
    [
      { credentials: { sessionToken: secret } },
      'credentials.sessionToken belongs to an access key, which is not given',
    ],
    [
      { credentials: { accessKey: secret, secretKey: secret, profile: 'p' } },
      'credentials.profile and accessKey are both given: one of them has to go',
    ],
    [{ compact: { after: '1m' } }, 'compact.after must be at least 10m'],
    [{ encryption: { type: 's3', key: 'k' } }, 'encryption.key is for "kms"; this sink has "s3"'],
    [{ tags: [1, 2].map((value) => ({ key: 'a', value: String(value) })) }, 'tags have one key twice'],
    [{ tags: Array.from({ length: 11 }, (_, key) => ({ key: `${key}`, value: '' })) }, 'tags are 11; 10 are possible'],
    [{ partBytes: '4MiB' }, 'partBytes must be from 5MiB to 512MiB'],
    [
      { rotate: { bytes: '100GiB' }, spool: '200GiB' },
      'rotate.bytes is more than 5000 parts of partBytes, and an object has at most 10000',
    ],
    [{ spool: '1MiB' }, 'spool is less than rotate.bytes: no file would ever become that large'],
    [{ timeout: '10ms' }, 'timeout must be at least 1s'],
    [{ path: '{topic}/{first}' }, 'path must hold {partition}, which keeps the names of files apart'],
  ])('names what is wrong with %o', (raw, problem) => {
    expect(problemsOf(raw)).toEqual([problem])
  })

  it('makes a folder of the prefix', () => {
    expect(['', 'a', 'a/', 'a/b'].map((prefix) => prefixOf({ prefix }))).toEqual(['', 'a/', 'a/', 'a/b/'])
  })

  it('says what a change does to what was remembered, and which do nothing', () => {
    const changed = (raw: Readonly<Record<string, unknown>>): readonly string[] =>
      (s3Sink.effects?.(settingsOf({}), settingsOf(raw)) ?? []).map(({ setting }) => setting)
    expect(
      changed({ bucket: 'other', prefix: 'p', path: '{topic}-{partition}-{first}', storageClass: 'GLACIER_IR' }),
    ).toEqual(['bucket', 'prefix', 'path', 'storageClass'])
    expect(changed({ uploads: 8, rotate: { age: '1m' } })).toEqual([])
  })

  it('takes dead letters again only under a path that keeps topics apart', () => {
    expect(s3Sink.refusesReplay?.(settingsOf({}))).toBeUndefined()
    expect(s3Sink.refusesReplay?.(settingsOf({ path: '{partition}-{first}' }))).toBe('its path does not hold {topic}')
  })
})
