import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { engineErrors } from '../../../../core/engine/errors.js'
import { withAppend } from '../../../core/pipeline/rig.js'
import { type Answer, HttpSite, type SiteOptions } from '../site.js'
import { bytes, double, fixed32, fixed64, integer, message, text } from './protobuf-text.js'

const sites: HttpSite[] = []

async function open(options: SiteOptions = {}): Promise<HttpSite> {
  const site = await HttpSite.open({ ...options, source: { protocol: 'otlp', ...options.source } })
  sites.push(site)
  return site
}

afterEach(async () => {
  for (const site of sites.splice(0)) await site.close()
})

/** The log takes nothing at the moment. */
const busy: SiteOptions = {
  wrap: (engine) => withAppend(engine, () => Promise.reject(engineErrors.make('log_disk_full', 'no room'))),
}

const path = '/in/v1/logs'
const asJson = { 'content-type': 'application/json' }
const asProtobuf = { 'content-type': 'application/x-protobuf' }

const json = (site: HttpSite, request: unknown): Promise<Answer> =>
  site.send({ path, headers: asJson, body: typeof request === 'string' ? request : JSON.stringify(request) })

const protobuf = (site: HttpSite, body: Uint8Array): Promise<Answer> => site.send({ path, headers: asProtobuf, body })

const logs = (...logRecords: unknown[]): unknown => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] })

/** One log with this body. */
const withBody = (body: string): string => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${body}}]}]}]}`

/** One log with these fields. */
const inLog = (...fields: Uint8Array[]): Uint8Array => message(1, message(2, message(2, ...fields)))

const everyField = {
  resourceLogs: [
    {
      resource: {
        attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }],
        droppedAttributesCount: 1,
      },
      schemaUrl: 'https://example.org/r',
      scopeLogs: [
        {
          scope: { name: 'lib', version: '1.2', attributes: [{ key: 'a', value: { boolValue: true } }] },
          schemaUrl: 'https://example.org/s',
          logRecords: [
            {
              timeUnixNano: '1544712660300000001',
              observedTimeUnixNano: '1544712660300000002',
              severityNumber: 9,
              severityText: 'INFO',
              eventName: 'bought',
              body: { stringValue: 'a "quoted" body' },
              attributes: [
                { key: 'int', value: { intValue: '9223372036854775807' } },
                { key: 'double', value: { doubleValue: 1.5 } },
                { key: 'bytes', value: { bytesValue: 'AQID' } },
                { key: 'list', value: { arrayValue: { values: [{ intValue: '-1' }, {}, { stringValue: 'x' }] } } },
                { key: 'map', value: { kvlistValue: { values: [{ key: 'k', value: { boolValue: false } }] } } },
                { key: 'nothing' },
              ],
              droppedAttributesCount: 2,
              flags: 1,
              traceId: '5B8EFFF798038103D269B633813FC60C',
              spanId: 'EEE19B7EC3C1B174',
            },
          ],
        },
      ],
    },
  ],
}

const everyFieldAsRecord =
  '{"timeUnixNano":"1544712660300000001","observedTimeUnixNano":"1544712660300000002","severityNumber":9,' +
  '"severityText":"INFO","eventName":"bought","body":"a \\"quoted\\" body","attributes":{"int":9223372036854775807,' +
  '"double":1.5,"bytes":"AQID","list":[-1,null,"x"],"map":{"k":false},"nothing":null},"droppedAttributesCount":2,' +
  '"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","flags":1,' +
  '"resource":{"attributes":{"service.name":"shop"},"droppedAttributesCount":1,"schemaUrl":"https://example.org/r"},' +
  '"scope":{"name":"lib","version":"1.2","attributes":{"a":true},"schemaUrl":"https://example.org/s"}}'

/** The same, with what the logs belong to behind them, and fields that nobody knows. */
const everyFieldInProtobuf = message(
  1,
  text(3, 'https://example.org/r'),
  message(
    2,
    message(
      2,
      fixed64(1, 1544712660300000001n),
      integer(2, 9n),
      text(3, 'INFO'),
      message(5, text(1, 'a "quoted" body')),
      message(6, text(1, 'int'), message(2, integer(3, 9223372036854775807n))),
      message(6, message(2, double(4, 1.5)), text(1, 'double')),
      message(6, text(1, 'bytes'), message(2, bytes(7, Uint8Array.of(1, 2, 3)))),
      message(
        6,
        text(1, 'list'),
        message(2, message(5, message(1, integer(3, -1n)), message(1), message(1, text(1, 'x')))),
      ),
      message(6, text(1, 'map'), message(2, message(6, message(1, text(1, 'k'), message(2, integer(2, 0n)))))),
      message(6, text(1, 'nothing')),
      integer(7, 2n),
      fixed32(8, 1),
      bytes(9, Buffer.from('5b8efff798038103d269b633813fc60c', 'hex')),
      bytes(10, Buffer.from('eee19b7ec3c1b174', 'hex')),
      fixed64(11, 1544712660300000002n),
      text(12, 'bought'),
      text(1000, 'unknown'),
    ),
    text(3, 'https://example.org/s'),
    message(1, text(1, 'lib'), text(2, '1.2'), message(3, text(1, 'a'), message(2, integer(2, 1n)))),
  ),
  message(1, message(1, text(1, 'service.name'), message(2, text(1, 'shop'))), integer(2, 1n)),
  integer(15, 7n),
)

describe('logs of OpenTelemetry', () => {
  it('become records with all that they say, the same from both encodings', async () => {
    const site = await open()
    const first = await json(site, everyField)
    expect([first.status, first.headers['content-type'], first.text]).toEqual([200, 'application/json', '{}'])
    const second = await protobuf(site, everyFieldInProtobuf)
    expect([second.status, second.headers['content-type'], second.text]).toEqual([200, 'application/x-protobuf', ''])
    expect(await site.values()).toEqual([everyFieldAsRecord, everyFieldAsRecord])
    expect((await site.records()).map(({ timestampMs }) => timestampMs)).toEqual([1544712660300, 1544712660300])
  })

  it('may be packed', async () => {
    const site = await open()
    const headers = { ...asProtobuf, 'content-encoding': 'gzip' }
    expect((await site.send({ path, headers, body: gzipSync(everyFieldInProtobuf) })).status).toBe(200)
    expect(await site.values()).toEqual([everyFieldAsRecord])
  })

  it('have the time that they were observed at when they know none, else when they came', async () => {
    const site = await open()
    const before = Date.now()
    await json(site, logs({ observedTimeUnixNano: 1_700_000_000_123_456_789n.toString() }, { timeUnixNano: '0' }))
    const [observed, none] = await site.records()
    expect(observed?.timestampMs).toBe(1_700_000_000_123)
    expect(none?.timestampMs).toBeGreaterThanOrEqual(before)
    expect(none?.value).toBe('{"attributes":{},"resource":{"attributes":{}},"scope":{"attributes":{}}}')
  })

  it('keep each time and each integer of 64 bits to its last digit', async () => {
    const site = await open()
    const anyTime = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })
    const anyInteger = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    let count = 0
    await fc.assert(
      fc.asyncProperty(anyTime, anyInteger, async (time, value) => {
        await protobuf(site, inLog(fixed64(1, time), message(5, integer(3, value))))
        await json(site, logs({ timeUnixNano: time.toString(), body: { intValue: value.toString() } }))
        count += 2
        const expected = `{"timeUnixNano":"${time}","body":${value},`
        for (const record of (await site.records()).slice(count - 2)) {
          expect(record.value?.startsWith(expected)).toBe(true)
          expect(record.timestampMs).toBe(Number(time / 1_000_000n))
        }
      }),
      { numRuns: 25 },
    )
  })

  it.each([
    ['{"doubleValue":"NaN"}', '"NaN"'],
    ['{"doubleValue":"-Infinity"}', '"-Infinity"'],
    ['{"doubleValue":1e300}', '1e+300'],
    ['{"doubleValue":12345678901234567890}', '12345678901234567890'],
    ['{"intValue":9007199254740993}', '9007199254740993'],
    ['{"intValue":null,"stringValue":"s"}', '"s"'],
    ['{"somethingNew":1}', 'null'],
    ['{"kvlistValue":{"values":[{"key":"__proto__","value":{"intValue":1}}]}}', '{"__proto__":1}'],
    ['{"kvlistValue":{"values":[{"key":"a"},{"key":"a","value":{"intValue":1}}]}}', '{"a":null,"a":1}'],
    ['{"arrayValue":{}}', '[]'],
    ['{"stringValue":"\\ud800"}', '"\\ud800"'],
  ])('have the body %s as %s', async (body, expected) => {
    const site = await open()
    expect((await json(site, withBody(body))).status).toBe(200)
    expect((await site.values())[0]?.startsWith(`{"body":${expected},`)).toBe(true)
  })

  it('that are too large for their topic are told as rejected, and the others are taken', async () => {
    const large = 'x'.repeat(2 * 1024 * 1024)
    const site = await open()
    const answer = await json(site, logs({ body: { stringValue: large } }, { body: { stringValue: 'small' } }))
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({ partialSuccess: { rejectedLogRecords: '1' } })
    const second = await protobuf(site, inLog(message(5, text(1, large))))
    const reason = '1 records are larger than their topic takes'
    expect(second.text).toBe(Buffer.from(message(1, integer(1, 1n), text(2, reason))).toString())
    expect(await site.values()).toHaveLength(1)
  })

  it('that come again under a key are answered the same, and not taken', async () => {
    const site = await open()
    const headers = { ...asJson, 'idempotency-key': 'k' }
    const body = JSON.stringify(logs({ body: { stringValue: 'x'.repeat(2 * 1024 * 1024) } }, {}))
    const first = await site.send({ path, headers, body })
    const second = await site.send({ path, headers, body })
    expect(JSON.parse(first.text)).toMatchObject({ partialSuccess: { rejectedLogRecords: '1' } })
    expect(second.text).toBe(first.text)
    expect(await site.values()).toHaveLength(1)
  })

  it('are refused when a small body would write a large resource without end', async () => {
    const site = await open()
    const resource = message(1, message(1, text(1, 'large'), message(2, text(1, 'x'.repeat(2 * 1024 * 1024)))))
    const body = message(1, resource, message(2, ...Array<Buffer>(1000).fill(message(2))))
    const answer = await protobuf(site, body)
    expect(answer.status).toBe(413)
    expect(await site.values()).toEqual([])
  })

  it('may be none', async () => {
    const site = await open()
    for (const body of ['{}', '{"resourceLogs":[]}', '{"resourceLogs":null}']) {
      expect((await json(site, body)).text).toBe('{}')
    }
    expect((await protobuf(site, Buffer.alloc(0))).status).toBe(200)
    expect(await site.values()).toEqual([])
  })
})

describe('what is no log of OpenTelemetry', () => {
  it.each([
    ['no JSON', '{"resourceLogs":'],
    ['no object', '[]'],
    ['a list that is none', '{"resourceLogs":{}}'],
    ['a list of something else', '{"resourceLogs":[1]}'],
    ['a trace id that is not hex', logs({ traceId: 'xyz' })],
    ['half a byte of a trace id', logs({ traceId: 'abc' })],
    ['a time that is no number', logs({ timeUnixNano: 'now' })],
    ['a negative time', logs({ timeUnixNano: '-1' })],
    ['a severity by name', logs({ severityNumber: 'INFO' })],
    ['a severity with a fraction', logs({ severityNumber: 1.5 })],
    ['a text that is a number', logs({ severityText: 1 })],
    ['a body that is a text', logs({ body: 'x' })],
    ['an integer with a fraction', logs({ body: { intValue: 1.5 } })],
    ['an integer of 20 digits', withBody('{"intValue":"12345678901234567890"}')],
    ['a double that is none', logs({ body: { doubleValue: 'one' } })],
    ['bytes that are not base64', logs({ body: { bytesValue: '*' } })],
    ['a value that is too deep', withBody('{"arrayValue":{"values":['.repeat(40) + ']}}'.repeat(40))],
  ])('is refused in JSON: %s', async (_, request) => {
    const site = await open()
    const answer = await json(site, request)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 3 })
    expect(await site.values()).toEqual([])
  })

  it.each([
    ['text', Buffer.from('{"resourceLogs":[]}')],
    ['a message that is cut off', everyFieldInProtobuf.subarray(0, everyFieldInProtobuf.length - 1)],
    ['a text that is no UTF-8', inLog(message(5, bytes(1, Uint8Array.of(0xff))))],
    ['a value that is too deep', inLog(nested(5, 33))],
  ])('is refused in Protocol Buffers: %s', async (_, body) => {
    const site = await open()
    const answer = await protobuf(site, body)
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('application/x-protobuf')
    expect([...Buffer.from(answer.text).subarray(0, 3)]).toEqual([0x08, 3, 0x12])
    expect(await site.values()).toEqual([])
  })

  it('takes values in values as deep as they may be', async () => {
    const site = await open()
    expect((await protobuf(site, inLog(nested(5, 32)))).status).toBe(200)
  })

  it.each([
    ['POST', '/in/v1/traces', 404, asJson],
    ['POST', '/in/v1/metrics', 404, asProtobuf],
    ['POST', '/in', 404, asJson],
    ['GET', '/in/v1/logs', 405, asJson],
    ['POST', path, 415, { 'content-type': 'text/plain' }],
    ['POST', path, 415, {}],
  ])('is refused by what it asks for: %s %s with %i', async (method, of, status, headers) => {
    const site = await open()
    expect((await site.send({ method, path: of, headers, body: '{}' })).status).toBe(status)
  })

  it('is told when it may come again', async () => {
    const site = await open(busy)
    const answer = await json(site, logs({}))
    expect(answer.status).toBe(503)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(JSON.parse(answer.text)).toMatchObject({ code: 14 })
  })

  it('is refused with 400, or taken, whatever the bytes are', async () => {
    const site = await open()
    const changed = fc
      .tuple(fc.nat({ max: everyFieldInProtobuf.length - 1 }), fc.nat({ max: 255 }))
      .map(([at, byte]) => {
        const body = Buffer.from(everyFieldInProtobuf)
        body[at] = byte
        return body
      })
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, fc.uint8Array({ maxLength: 80 })), async (body) => {
        expect([200, 400]).toContain((await protobuf(site, body)).status)
      }),
      { numRuns: 120 },
    )
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (body, attributes) => {
        expect([200, 400]).toContain((await json(site, logs({ body, attributes }))).status)
      }),
      { numRuns: 60 },
    )
    for (const value of await site.values()) expect(() => void JSON.parse(value!)).not.toThrow()
  })
})

/** A body of arrays in arrays, of this depth. */
function nested(field: number, depth: number): Uint8Array {
  return depth === 1 ? message(field) : message(field, message(5, nested(1, depth - 1)))
}
