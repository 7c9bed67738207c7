// The settings of an `s3` sink, besides those of every lake.

import type { SettingProblem } from '../../../core/connector/declaration.js'
import {
  choice,
  duration,
  flag,
  integer,
  list,
  optional,
  secret,
  section,
  size,
  text,
  type SettingsOf,
} from '../../../core/connector/fields.js'
import { readPathTemplate } from '../path-template.js'
import { checkLakeSettings, lakeFields } from '../settings.js'

const mebibyte = 1024 ** 2
/** "Amazon S3 multipart upload limits" of its user guide. */
const fewestPartBytes = 5 * mebibyte
const mostPartBytes = 512 * mebibyte
const mostObjectParts = 10_000
const mostTags = 10
const leastAfterMs = 600_000

const credentialFields = {
  accessKey: optional(secret({ summary: 'The id of an access key.', example: { $env: 'LAKE_ACCESS_KEY' } })),
  secretKey: optional(secret({ summary: 'The secret of the access key.', example: { $env: 'LAKE_SECRET_KEY' } })),
  sessionToken: optional(secret({ summary: 'The token of a session, where the key is a temporary one.' })),
  profile: optional(
    text({ summary: 'A profile of the shared files (~/.aws), which may name a role.', example: 'lake' }),
  ),
}

const encryptionFields = {
  type: choice(['bucket', 's3', 'kms'], {
    summary: 'bucket: as the bucket has it. s3: keys of the store (SSE-S3). kms: keys of its key service (SSE-KMS).',
    default: 'bucket',
  }),
  key: optional(text({ summary: 'For "kms": id or ARN of the key; the account’s own when it is not given.' })),
}

export const s3Fields = {
  bucket: text({
    summary: 'The bucket. It has to be there.',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$',
    example: 'lake',
  }),
  prefix: text({ summary: 'What all keys begin with, as a folder.', default: '', minLength: 0, example: 'shop/lake' }),
  region: optional(
    text({
      summary:
        'The region of the bucket. Without it that of the environment or the profile; of a store with `endpoint` us-east-1.',
      example: 'eu-central-1',
    }),
  ),
  endpoint: optional(
    text({ summary: 'The URL of a store that is not Amazon’s.', example: 'https://minio.example.com:9000' }),
  ),
  pathStyle: optional(
    flag({ summary: 'The bucket stands in the path of URLs, not in their host. Without it: where `endpoint` is set.' }),
  ),
  credentials: section(credentialFields, {
    summary:
      'Without it the usual chain: environment, profile, SSO, web identity, container, machine. What expires is read again.',
    example: { accessKey: { $env: 'LAKE_ACCESS_KEY' }, secretKey: { $env: 'LAKE_SECRET_KEY' } },
  }),
  encryption: section(encryptionFields, { summary: 'How the store encrypts objects.', example: { type: 'kms' } }),
  storageClass: optional(text({ summary: 'Of objects; the store’s default without it.', example: 'STANDARD_IA' })),
  tags: list(
    section(
      { key: text({ summary: 'At most 128 characters.' }), value: text({ summary: 'At most 256.', minLength: 0 }) },
      { summary: 'A tag of each object.' },
    ),
    { summary: `Tags of each object, at most ${mostTags}.`, default: [], example: [{ key: 'team', value: 'shop' }] },
  ),
  contentType: optional(
    text({ summary: 'Content-Type of objects; without it that of the format.', example: 'text/plain' }),
  ),
  contentEncoding: optional(
    text({
      summary: 'Content-Encoding of objects. None without it, since readers of lakes go by the names of files.',
      example: 'gzip',
    }),
  ),
  cacheControl: optional(text({ summary: 'Cache-Control of objects.', example: 'max-age=31536000, immutable' })),
  checksums: choice(['always', 'when-required'], {
    summary:
      'always: the store holds each request and each object against a CRC-32C. when-required: for stores that do not know that.',
    default: 'always',
  }),
  partBytes: size({
    summary: 'Larger files are uploaded in parts of this size (5MiB to 512MiB).',
    default: 8 * mebibyte,
  }),
  uploads: integer({
    summary: 'Requests with a body at the same time; each has one part in memory.',
    default: 4,
    min: 1,
    max: 64,
  }),
  spool: size({
    summary: 'Files under way on the local disk; when they have so much together, the largest are completed early.',
    default: 8 * 1024 * mebibyte,
  }),
  timeout: duration({ summary: 'A request on which nothing moves for so long is given up.', default: 60_000 }),
  ...lakeFields,
}

export type S3Settings = SettingsOf<typeof s3Fields>

/** The prefix of keys: empty, or with a slash at its end. */
export function prefixOf({ prefix }: Pick<S3Settings, 'prefix'>): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
}

/** The rules that a schema cannot say. */
export function checkS3Settings(settings: S3Settings): readonly SettingProblem[] {
  return [
    ...placeProblems(settings),
    ...objectProblems(settings),
    ...sizeProblems(settings),
    ...checkLakeSettings(settings),
  ]
}

function placeProblems(settings: S3Settings): readonly SettingProblem[] {
  const { prefix, path, endpoint, credentials } = settings
  const problems: SettingProblem[] = []
  const complain = (at: readonly string[], message: string): void => void problems.push({ path: at, message })
  if (/[{}]/.test(prefix)) complain(['prefix'], 'holds a brace: placeholders stand in `path`')
  else {
    // What holds for the folders of a path holds for these, and a key may be no longer than both together.
    const ofPath = new Set(readPathTemplate(path).problems)
    const ofBoth = readPathTemplate(prefixOf(settings) + path).problems
    for (const message of ofBoth) if (!ofPath.has(message)) complain(['prefix'], message)
  }
  if (endpoint !== undefined && !isEndpoint(endpoint)) {
    complain(['endpoint'], 'is no URL of http or https with a host, and nothing behind it')
  }
  const { accessKey, secretKey, sessionToken, profile } = credentials
  if ((accessKey === undefined) !== (secretKey === undefined)) {
    complain(['credentials'], 'has one of accessKey and secretKey: both are needed, or none')
  }
  if (sessionToken !== undefined && accessKey === undefined) {
    complain(['credentials', 'sessionToken'], 'belongs to an access key, which is not given')
  }
  if (profile !== undefined && accessKey !== undefined) {
    complain(['credentials', 'profile'], 'and accessKey are both given: one of them has to go')
  }
  return problems
}

function objectProblems({ encryption, tags }: S3Settings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  if (encryption.key !== undefined && encryption.type !== 'kms') {
    problems.push({ path: ['encryption', 'key'], message: `is for "kms"; this sink has "${encryption.type}"` })
  }
  if (tags.length > mostTags) problems.push({ path: ['tags'], message: `are ${tags.length}; ${mostTags} are possible` })
  if (new Set(tags.map(({ key }) => key)).size < tags.length) {
    problems.push({ path: ['tags'], message: 'have one key twice' })
  }
  if (tags.some(({ key, value }) => key.length > 128 || value.length > 256)) {
    problems.push({ path: ['tags'], message: 'have a key of more than 128 or a value of more than 256 characters' })
  }
  return problems
}

function sizeProblems({ partBytes, rotate, spool, timeout, compact }: S3Settings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  if (partBytes < fewestPartBytes || partBytes > mostPartBytes) {
    problems.push({ path: ['partBytes'], message: 'must be from 5MiB to 512MiB' })
  } else if (rotate.bytes > (partBytes * mostObjectParts) / 2) {
    problems.push({
      path: ['rotate', 'bytes'],
      message: `is more than ${mostObjectParts / 2} parts of partBytes, and an object has at most ${mostObjectParts}`,
    })
  }
  if (spool < rotate.bytes) {
    problems.push({ path: ['spool'], message: 'is less than rotate.bytes: no file would ever become that large' })
  }
  if (compact !== undefined && compact.after < leastAfterMs) {
    // A request of a run that died may still arrive, and would put back what was merged away.
    problems.push({ path: ['compact', 'after'], message: 'must be at least 10m' })
  }
  if (timeout < 1000) problems.push({ path: ['timeout'], message: 'must be at least 1s' })
  return problems
}

function isEndpoint(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false
  const { protocol, pathname, search, hash, username, password } = new URL(endpoint)
  const isPlain = pathname === '/' && search === '' && hash === '' && username === '' && password === ''
  return isPlain && (protocol === 'http:' || protocol === 'https:')
}
