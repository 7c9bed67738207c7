// The store of our tests, held against s3rver for what that knows, and for the rest against the documented answers of
// Amazon S3 (user guide: "Prevent object overwrites with conditional writes", "Checking object integrity").

import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openForeignServer } from './foreign-server.js'
import { S3Server } from './s3-server.js'

const Bucket = 'test-bucket'
const mebibyte = 1024 ** 2

interface Opened {
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  close(): Promise<void>
}

const servers: Readonly<Record<string, () => Promise<Opened>>> = {
  'our server': async () => {
    const server = await S3Server.open()
    server.addBucket(Bucket)
    const keys = { accessKeyId: 'tailrace', secretAccessKey: 'a secret' }
    return { url: server.url, ...keys, close: () => server.close() }
  },
  s3rver: async () => {
    const server = await openForeignServer(Bucket)
    return { ...server, accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }
  },
}

function clientOf({ url, accessKeyId, secretAccessKey }: Opened): S3Client {
  return new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  })
}

const failure = (name: string, status: number) =>
  expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode: status }) })

describe.each(Object.entries(servers))('%s', (_, open) => {
  let opened: Opened
  let client: S3Client

  beforeAll(async () => {
    opened = await open()
    client = clientOf(opened)
  })

  afterAll(async () => {
    client.destroy()
    await opened.close()
  })

  const textOf = async (Key: string): Promise<string | undefined> =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()

  it('gives back what was put, with type and metadata', async () => {
    const Metadata = { one: '1', 'two-words': 'a b' }
    const put = new PutObjectCommand({ Bucket, Key: 'a/ä b+c.txt', Body: 'text', ContentType: 'text/plain', Metadata })
    const { ETag } = await client.send(put)
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a/ä b+c.txt' }))
    expect(head).toMatchObject({ ETag, ContentLength: 4, ContentType: 'text/plain', Metadata })
    expect(await textOf('a/ä b+c.txt')).toBe('text')
  })

  it('gives a range', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'ranged', Body: '0123456789' }))
    const part = await client.send(new GetObjectCommand({ Bucket, Key: 'ranged', Range: 'bytes=2-4' }))
    expect([await part.Body?.transformToString(), part.ContentRange]).toEqual(['234', 'bytes 2-4/10'])
  })

  it('says what is not there', async () => {
    await expect(client.send(new GetObjectCommand({ Bucket, Key: 'none' }))).rejects.toThrow(failure('NoSuchKey', 404))
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'none' }))).rejects.toThrow(failure('NotFound', 404))
    const elsewhere = new ListObjectsV2Command({ Bucket: 'no-such-bucket' })
    await expect(client.send(elsewhere)).rejects.toThrow(failure('NoSuchBucket', 404))
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'none' }))
  })

  it('lists by prefix, behind a key, and in folders', async () => {
    for (const Key of ['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/d']) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: Key }))
    }
    const all = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/' }))
    expect(all.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual(
      ['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/d'].map((key) => [key, key.length]),
    )
    const rest = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', StartAfter: 'l/b/1' }))
    expect(rest.Contents?.map(({ Key }) => Key)).toEqual(['l/b/2', 'l/c', 'l/d'])
    const folders = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', Delimiter: '/' }))
    expect(folders.CommonPrefixes).toEqual([{ Prefix: 'l/b/' }])
    expect(folders.Contents?.map(({ Key }) => Key)).toEqual(['l/a', 'l/c', 'l/d'])
  })

  it('makes an object of parts, which is not there before', async () => {
    const Key = 'in parts'
    const started = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, Metadata: { made: 'of parts' } }))
    const upload = { Bucket, Key, UploadId: started.UploadId }
    const bodies = [Buffer.alloc(5 * mebibyte, 'a'), Buffer.from('the end')]
    const Parts: { PartNumber: number; ETag: string | undefined }[] = []
    for (const [index, Body] of bodies.entries()) {
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: index + 1, Body }))
      Parts.push({ PartNumber: index + 1, ETag })
    }
    await expect(client.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toThrow(failure('NotFound', 404))
    const { ETag } = await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
    expect(head).toMatchObject({ ETag, ContentLength: 5 * mebibyte + 7, Metadata: { made: 'of parts' } })
  })
})

describe('our server, beyond what s3rver knows', () => {
  let server: S3Server
  let client: S3Client

  beforeAll(async () => {
    server = await S3Server.open()
    server.addBucket(Bucket)
    client = clientOf({
      url: server.url,
      accessKeyId: 'tailrace',
      secretAccessKey: 'a secret',
      close: () => Promise.resolve(),
    })
  })

  afterAll(async () => {
    client.destroy()
    await server.close()
  })

  const startUpload = async (Key: string): Promise<{ Bucket: string; Key: string; UploadId: string | undefined }> => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    return { Bucket, Key, UploadId }
  }

  it('takes a body whose sum comes behind it', async () => {
    const Body = Readable.from([Buffer.from('one '), Buffer.from('two')])
    await client.send(new PutObjectCommand({ Bucket, Key: 'streamed', Body, ContentLength: 7 }))
    expect(server.buckets.get(Bucket)?.objects.get('streamed')?.bytes.toString()).toBe('one two')
  })

  it('goes on with a list where a page ended', async () => {
    for (const Key of ['p/1', 'p/2', 'p/3']) await client.send(new PutObjectCommand({ Bucket, Key, Body: '' }))
    const first = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'p/', MaxKeys: 2 }))
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 2 })
    const ContinuationToken = first.NextContinuationToken
    const rest = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'p/', ContinuationToken }))
    expect([...first.Contents!, ...rest.Contents!].map(({ Key }) => Key)).toEqual(['p/1', 'p/2', 'p/3'])
  })

  it('refuses a signature by another secret, and a key that it does not know', async () => {
    const keys = { accessKeyId: 'tailrace', secretAccessKey: 'a secret' }
    for (const [wrong, code] of [
      [{ ...keys, secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
      [{ ...keys, accessKeyId: 'nobody' }, 'InvalidAccessKeyId'],
    ] as const) {
      const other = clientOf({ url: server.url, ...wrong, close: () => Promise.resolve() })
      const put = other.send(new PutObjectCommand({ Bucket, Key: 'never', Body: '' }))
      await expect(put).rejects.toThrow(failure(code, 403))
      other.destroy()
    }
  })

  it('puts and completes with If-None-Match only where nothing stands', async () => {
    const put = { Bucket, Key: 'once', IfNoneMatch: '*' }
    await client.send(new PutObjectCommand({ ...put, Body: 'first' }))
    const again = client.send(new PutObjectCommand({ ...put, Body: 'second' }))
    await expect(again).rejects.toThrow(failure('PreconditionFailed', 412))
    const upload = await startUpload('once')
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'third' }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    const complete = { ...upload, MultipartUpload, IfNoneMatch: '*' }
    await expect(client.send(new CompleteMultipartUploadCommand(complete))).rejects.toThrow(
      failure('PreconditionFailed', 412),
    )
    expect(server.buckets.get(Bucket)?.objects.get('once')?.bytes.toString()).toBe('first')
    await client.send(new AbortMultipartUploadCommand(upload))
  })

  it('lists uploads and their parts until they end', async () => {
    const first = await startUpload('u/1')
    const second = await startUpload('u/2')
    await client.send(new UploadPartCommand({ ...first, PartNumber: 3, Body: 'three' }))
    const { Parts } = await client.send(new ListPartsCommand(first))
    expect(Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([[3, 5]])
    const list = async (MaxUploads?: number, more = {}) =>
      client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'u/', MaxUploads, ...more }))
    const page = await list(1)
    expect([page.Uploads?.map(({ Key }) => Key), page.IsTruncated]).toEqual([['u/1'], true])
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page
    expect((await list(1, { KeyMarker, UploadIdMarker })).Uploads?.map(({ Key }) => Key)).toEqual(['u/2'])
    await client.send(new AbortMultipartUploadCommand(first))
    await client.send(new AbortMultipartUploadCommand(second))
    expect((await list()).Uploads).toBeUndefined()
    const gone = client.send(new UploadPartCommand({ ...first, PartNumber: 1, Body: 'late' }))
    await expect(gone).rejects.toThrow(failure('NoSuchUpload', 404))
  })

  it('holds bodies, parts and whole objects against the sums that come along', async () => {
    const wrong = 'AAAAAA=='
    const put = client.send(new PutObjectCommand({ Bucket, Key: 'bad', Body: 'text', ChecksumCRC32C: wrong }))
    await expect(put).rejects.toThrow(failure('BadDigest', 400))
    const upload = await startUpload('bad')
    const part = { ...upload, PartNumber: 1, Body: 'text' }
    await expect(client.send(new UploadPartCommand({ ...part, ChecksumCRC32C: wrong }))).rejects.toThrow(
      failure('BadDigest', 400),
    )
    const { ETag } = await client.send(new UploadPartCommand(part))
    const complete = { ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }
    const sums = { ChecksumCRC32C: wrong, ChecksumType: 'FULL_OBJECT' as const }
    await expect(client.send(new CompleteMultipartUploadCommand({ ...complete, ...sums }))).rejects.toThrow(
      failure('BadDigest', 400),
    )
    expect(server.buckets.get(Bucket)?.objects.has('bad')).toBe(false)
  })

  it('refuses parts that are missing, small or out of order', async () => {
    const upload = await startUpload('parts')
    const etags: (string | undefined)[] = []
    for (const PartNumber of [1, 2]) {
      etags.push((await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: `${PartNumber}` }))).ETag)
    }
    const complete = (...numbers: readonly number[]) => {
      const Parts = numbers.map((PartNumber) => ({ PartNumber, ETag: etags[PartNumber - 1] ?? '"none"' }))
      return client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
    }
    await expect(complete(1, 2)).rejects.toThrow(failure('EntityTooSmall', 400))
    await expect(complete(2, 1)).rejects.toThrow(failure('InvalidPartOrder', 400))
    await expect(complete(3)).rejects.toThrow(failure('InvalidPart', 400))
  })

  it('keeps encryption, class and tags with the object', async () => {
    const how = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key-1', StorageClass: 'STANDARD_IA' } as const
    await client.send(new PutObjectCommand({ Bucket, Key: 'stored', Body: '', Tagging: 'a=1&b=2', ...how }))
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'stored' }))
    expect(head).toMatchObject(how)
  })

  it('reads the bucket from the host, too', async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: 'by path', Body: 'x' }))
    const hosted = new S3Client({
      endpoint: `http://s3.localhost:${server.port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'tailrace', secretAccessKey: 'a secret' },
      maxAttempts: 1,
    })
    // No name below localhost has to be known to the system: the connection goes where the server is.
    hosted.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { hostname: string; headers: Record<string, string> }
        expect(request.hostname).toBe(`${Bucket}.s3.localhost`)
        request.hostname = '127.0.0.1'
        return next(args)
      },
      { step: 'deserialize', priority: 'low' },
    )
    const { ContentLength } = await hosted.send(new HeadObjectCommand({ Bucket, Key: 'by path' }))
    expect(ContentLength).toBe(1)
    hosted.destroy()
  })

  it('names the region of a bucket that lies elsewhere', async () => {
    server.addBucket('far-away', 'eu-central-1')
    const list = client.send(new ListObjectsV2Command({ Bucket: 'far-away' }))
    await expect(list).rejects.toThrow(
      expect.objectContaining({ name: 'AuthorizationHeaderMalformed', Region: 'eu-central-1' }),
    )
  })
})
