// Answers of a store that is not quite Amazon's.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { LakeBucket } from '../../../../connectors/lake/s3/bucket.js'

let answer = ''
let requests = 0
const server = createServer((_, response) => {
  requests++
  response.setHeader('content-type', 'application/xml').end(answer)
})

afterEach(() => server.close())

it('lists the uploads of a store that tells of more and not where they begin, once', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  answer = `<?xml version="1.0"?><ListMultipartUploadsResult><IsTruncated>true</IsTruncated>
    <Upload><Key>a</Key><UploadId>1</UploadId></Upload></ListMultipartUploadsResult>`
  const bucket = new LakeBucket({
    bucket: 'lake',
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pathStyle: true,
    sums: 'always',
    timeoutMs: 5_000,
    connections: 1,
    credentials: () => ({ accessKeyId: 'key', secretAccessKey: 'secret' }),
    signal: new AbortController().signal,
  })
  expect(await bucket.uploads('')).toEqual([{ key: 'a', uploadId: '1' }])
  expect(requests).toBe(1)
  bucket.close()
})
