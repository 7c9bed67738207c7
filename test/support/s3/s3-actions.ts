// One function for each action of the store: call and bucket in, answer out.

import { createHash, randomBytes } from 'node:crypto'
import type { Action, Answer, Call } from './s3-answer.js'
import { Refusal } from './s3-answer.js'
import { checkSums, etagOf, keptOf } from './s3-objects.js'
import type { S3Bucket, S3Object, S3Part, S3Upload } from './s3-objects.js'
import { elementsOf, textsOf, xmlDocument } from './s3-xml.js'

export interface StoreRules {
  readonly knowsConditions: boolean
  /** Of every part but the last. */
  readonly fewestPartBytes: number
  readonly now: () => number
}

type BucketAction = Exclude<Action, 'ListBuckets' | 'CreateBucket' | 'DeleteBucket'>

export const bucketActions: Readonly<
  Record<BucketAction, (call: Call, bucket: S3Bucket, rules: StoreRules) => Answer>
> = {
  HeadBucket: (_, { region }) => ({ status: 200, headers: { 'x-amz-bucket-region': region } }),
  ListObjectsV2: listObjects,
  ListMultipartUploads: listUploads,
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: getObject,
  DeleteObject: ({ key }, { objects }) => {
    objects.delete(key)
    return { status: 204 }
  },
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  ListParts: listParts,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: (call, bucket) => {
    bucket.uploads.delete(findUpload(call, bucket).uploadId)
    return { status: 204 }
  },
}

function putObject(call: Call, { objects }: S3Bucket, rules: StoreRules): Answer {
  const { key, body } = call
  checkSums(call, body)
  checkCondition(call, objects, rules)
  const object = { bytes: body, etag: etagOf(body), headers: keptOf(call), modifiedMs: rules.now() }
  objects.set(key, object)
  return { status: 200, headers: { etag: object.etag } }
}

/** "Prevent object overwrites with conditional writes" of the user guide. */
function checkCondition({ headers, key }: Call, objects: S3Bucket['objects'], { knowsConditions }: StoreRules): void {
  const condition = headers['if-none-match']
  if (condition === undefined || !knowsConditions) return
  if (condition !== '*')
    throw new Refusal(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented.')
  if (!objects.has(key)) return
  throw new Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    fields: { Condition: 'If-None-Match' },
  })
}

function getObject({ key, headers }: Call, { objects }: S3Bucket): Answer {
  const object = objects.get(key)
  if (object === undefined)
    throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.', { fields: { Key: key } })
  const { 'x-amz-tagging': tagging, ...shown } = object.headers
  const tagCount: Record<string, string> =
    tagging === undefined ? {} : { 'x-amz-tagging-count': String(tagging.split('&').length) }
  const answer = {
    ...shown,
    ...tagCount,
    etag: object.etag,
    'last-modified': new Date(object.modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '')
  if (range === null) return { status: 200, headers: answer, body: object.bytes }
  const first = Number(range[1])
  const last = Math.min(range[2] === '' ? Infinity : Number(range[2]), object.bytes.length - 1)
  if (first > last) throw new Refusal(416, 'InvalidRange', 'The requested range is not satisfiable')
  const contentRange = { 'content-range': `bytes ${first}-${last}/${object.bytes.length}` }
  return { status: 206, headers: { ...answer, ...contentRange }, body: object.bytes.subarray(first, last + 1) }
}

function listObjects({ query }: Call, { name, objects }: S3Bucket): Answer {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const most = Math.min(1000, Number(query.get('max-keys') ?? 1000))
  const token = query.get('continuation-token')
  const after = token === null ? (query.get('start-after') ?? '') : Buffer.from(token, 'base64').toString()
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort(byBytes)
  const folders = new Set<string>()
  const listed: string[] = []
  let last = ''
  let isTruncated = false
  for (const key of keys) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const folder = end < 0 ? undefined : key.slice(0, end + delimiter.length)
    if (folder !== undefined && folders.has(folder)) continue
    if (listed.length + folders.size === most) {
      isTruncated = true
      break
    }
    if (folder === undefined) listed.push(key)
    else folders.add(folder)
    last = folder === undefined ? key : `${folder}\uffff`
  }
  return xml('ListBucketResult', {
    Name: name,
    Prefix: prefix,
    KeyCount: listed.length + folders.size,
    MaxKeys: most,
    IsTruncated: isTruncated,
    NextContinuationToken: isTruncated ? Buffer.from(last).toString('base64') : undefined,
    Contents: listed.map((key) => ({ Key: key, ...describe(objects.get(key)!) })),
    CommonPrefixes: [...folders].map((Prefix) => ({ Prefix })),
  })
}

function describe({ bytes, etag, modifiedMs, headers }: S3Object): Readonly<Record<string, string | number>> {
  const StorageClass = headers['x-amz-storage-class'] ?? 'STANDARD'
  return { LastModified: new Date(modifiedMs).toISOString(), ETag: etag, Size: bytes.length, StorageClass }
}

function listUploads({ query }: Call, { name, uploads }: S3Bucket): Answer {
  const prefix = query.get('prefix') ?? ''
  const most = Math.min(1000, Number(query.get('max-uploads') ?? 1000))
  const keyMarker = query.get('key-marker') ?? ''
  const idMarker = query.get('upload-id-marker') ?? ''
  const found = [...uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((a, b) => byBytes(a.key, b.key) || byBytes(a.uploadId, b.uploadId))
    .filter(({ key, uploadId }) => key > keyMarker || (key === keyMarker && idMarker !== '' && uploadId > idMarker))
  const listed = found.slice(0, most)
  const next = listed.length < found.length ? listed.at(-1) : undefined
  return xml('ListMultipartUploadsResult', {
    Bucket: name,
    Prefix: prefix,
    MaxUploads: most,
    IsTruncated: next !== undefined,
    NextKeyMarker: next?.key,
    NextUploadIdMarker: next?.uploadId,
    Upload: listed.map(({ key, uploadId, startedMs }) => ({
      Key: key,
      UploadId: uploadId,
      StorageClass: 'STANDARD',
      Initiated: new Date(startedMs).toISOString(),
    })),
  })
}

function createUpload(call: Call, { name, uploads }: S3Bucket, { now }: StoreRules): Answer {
  const { key } = call
  const uploadId = randomBytes(16).toString('hex')
  uploads.set(uploadId, { key, uploadId, headers: keptOf(call), startedMs: now(), parts: new Map() })
  return xml('InitiateMultipartUploadResult', { Bucket: name, Key: key, UploadId: uploadId })
}

function uploadPart(call: Call, bucket: S3Bucket): Answer {
  const upload = findUpload(call, bucket)
  const number = Number(call.query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new Refusal(400, 'InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
  }
  checkSums(call, call.body)
  const part = { bytes: call.body, etag: etagOf(call.body) }
  upload.parts.set(number, part)
  return { status: 200, headers: { etag: part.etag } }
}

function listParts(call: Call, bucket: S3Bucket): Answer {
  const { key, uploadId, parts } = findUpload(call, bucket)
  const sorted = [...parts].sort(([a], [b]) => a - b)
  return xml('ListPartsResult', {
    Bucket: bucket.name,
    Key: key,
    UploadId: uploadId,
    IsTruncated: false,
    Part: sorted.map(([PartNumber, { bytes, etag }]) => ({ PartNumber, ETag: etag, Size: bytes.length })),
  })
}

function completeUpload(call: Call, bucket: S3Bucket, rules: StoreRules): Answer {
  const upload = findUpload(call, bucket)
  const parts = namedParts(call, upload, rules)
  const bytes = Buffer.concat(parts.map((part) => part.bytes))
  const size = call.headers['x-amz-mp-object-size']
  if (size !== undefined && Number(size) !== bytes.length) {
    throw new Refusal(400, 'InvalidRequest', 'The provided x-amz-mp-object-size does not match.')
  }
  if (call.headers['x-amz-checksum-type'] === 'FULL_OBJECT') checkSums(call, bytes)
  checkCondition(call, bucket.objects, rules)
  const digests = parts.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex'))
  const etag = `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}"`
  bucket.objects.set(call.key, { bytes, etag, headers: upload.headers, modifiedMs: rules.now() })
  bucket.uploads.delete(upload.uploadId)
  return xml('CompleteMultipartUploadResult', { Bucket: bucket.name, Key: call.key, ETag: etag })
}

/** The parts that the request names, which need not be all. */
function namedParts({ body }: Call, upload: S3Upload, { fewestPartBytes }: StoreRules): readonly S3Part[] {
  const named = elementsOf(body.toString(), 'Part').map((part) => ({
    number: Number(textsOf(part, 'PartNumber')[0]),
    etag: textsOf(part, 'ETag')[0],
  }))
  if (named.length === 0) throw new Refusal(400, 'MalformedXML', 'The XML you provided was not well-formed.')
  const parts = named.map(({ number, etag }, index) => {
    if (index > 0 && number <= named[index - 1]!.number) {
      throw new Refusal(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.')
    }
    const part = upload.parts.get(number)
    if (part !== undefined && unquoted(part.etag) === unquoted(etag ?? '')) return part
    throw new Refusal(400, 'InvalidPart', 'One or more of the specified parts could not be found.')
  })
  if (parts.slice(0, -1).some(({ bytes }) => bytes.length < fewestPartBytes)) {
    throw new Refusal(400, 'EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size')
  }
  return parts
}

function findUpload({ query, key }: Call, { uploads }: S3Bucket): S3Upload {
  const upload = uploads.get(query.get('uploadId') ?? '')
  if (upload !== undefined && upload.key === key) return upload
  throw new Refusal(404, 'NoSuchUpload', 'The specified multipart upload does not exist.')
}

function unquoted(etag: string): string {
  return etag.replaceAll('"', '')
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function xml(name: string, content: Parameters<typeof xmlDocument>[1]): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: xmlDocument(name, content) }
}
