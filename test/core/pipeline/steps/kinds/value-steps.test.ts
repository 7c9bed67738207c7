import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../../../../core/connector/secret.js'
import { convertValue } from '../../../../../core/pipeline/steps/kinds/value-steps.js'
import { makeRecordSteps } from '../../../../../core/pipeline/steps/make-record-steps.js'
import { RecordSteps } from '../../../../../core/pipeline/steps/record-step.js'
import { StepRecord } from '../../../../../core/pipeline/steps/step-record.js'
import { nodeFiles } from '../../../../../core/runtime/node/node-files.js'
import { planOf, stepsOf, valuesOf } from './step-rig.js'

describe('parse', () => {
  it('makes an object of a value that is a text, and takes the time from it', async () => {
    const run = await stepsOf([{ parse: { format: 'logfmt', time: 'ts' } }])
    expect(run('level=info ts=2026-11-23T06:00:00Z')).toMatchObject([
      { value: '{"level":"info","ts":"2026-11-23T06:00:00Z"}', timeMs: Date.UTC(2026, 10, 23, 6) },
    ])
    expect(run('no pairs here')).toBe('parse_not_logfmt')
  })

  it('reads a field into another, or beside the others', async () => {
    const value = '{"m":"{\\"a\\":1}","x":2}'
    expect(await valuesOf([{ parse: { format: 'json', field: 'm', into: 'm' } }], value)).toEqual([
      '{"m":{"a":1},"x":2}',
    ])
    expect(await valuesOf([{ parse: { format: 'json', field: 'm' } }], value)).toEqual([
      '{"m":"{\\"a\\":1}","x":2,"a":1}',
    ])
  })

  it('keeps the bytes of JSON, and does with what it cannot read what it is told', async () => {
    expect(await valuesOf([{ parse: { format: 'json' } }], '{"a": 1.0}')).toEqual(['{"a": 1.0}'])
    expect(await valuesOf([{ parse: { format: 'json', onFail: 'keep' } }], 'x')).toEqual(['x'])
    expect(await valuesOf([{ parse: { format: 'json', onFail: 'drop' } }], 'x')).toEqual([])
    expect(await valuesOf([{ parse: { format: 'json', field: 'n' } }], '{"n":1}')).toBe('step_value')
  })

  it('passes the failure of a later step on as such', async () => {
    expect(await valuesOf([{ parse: { format: 'json', onFail: 'keep' } }, { filter: 'a > 1' }], '{}')).toBe(
      'expression_failed',
    )
  })
})

describe('convert', () => {
  it.each([
    ['42', 'integer', 42],
    [' -7 ', 'integer', -7],
    ['9007199254740993', 'integer', 9007199254740993n],
    ['4.2', 'integer', undefined],
    [4.2, 'integer', undefined],
    [true, 'integer', 1],
    ['4.2e1', 'number', 42],
    ['x', 'number', undefined],
    ['1e999', 'number', undefined],
    ['yes', 'boolean', true],
    [0, 'boolean', false],
    ['maybe', 'boolean', undefined],
    ['constructor', 'boolean', undefined],
    [12, 'string', '12'],
    ['2026-11-23 06:00:00', 'time', '2026-11-23T06:00:00.000Z'],
    [1763877600, 'milliseconds', 1763877600000],
    ['2025-11-23T06:00:00.5Z', 'seconds', 1763877600],
    ['never', 'time', undefined],
  ] as const)('%s as %s is %s', (value, to, result) => {
    expect(convertValue(value, to)).toBe(result)
  })

  it('passes missing fields and null over, and does with the rest what it is told', async () => {
    const fields = { a: 'integer', b: 'integer', c: 'integer' }
    const value = '{"a":"1","b":"x","c":null}'
    expect(await valuesOf([{ convert: { fields } }], value)).toBe('step_value')
    expect(await valuesOf([{ convert: { fields, onFail: 'keep' } }], value)).toEqual(['{"a":1,"b":"x","c":null}'])
    expect(await valuesOf([{ convert: { fields, onFail: 'null' } }], value)).toEqual(['{"a":1,"b":null,"c":null}'])
  })
})

describe('redact', () => {
  const detect = ['email', 'card', 'ipv4', 'ipv6', 'jwt']

  it.each([
    ['mail joe.doe+x@mail.example.com.', 'mail [email].'],
    ['joe@localhost a@b', 'joe@localhost a@b'],
    ['card 4111 1111 1111 1111, and 4111-1111-1111-1111', 'card [card], and [card]'],
    ['4111111111111112', '4111111111111112'],
    ['4111111111111111 2026', '[card] 2026'],
    ['0000000000000000', '0000000000000000'],
    ['from 10.0.0.1:80, 256.1.1.1, 1.2.3.4.5', 'from [ipv4]:80, 256.1.1.1, 1.2.3.4.5'],
    ['at 2001:db8::1 and ::1, ::ffff:10.1.2.3', 'at [ipv6] and [ipv6], [ipv6]'],
    ['12:34:56 std::vector ns::b', '12:34:56 std::vector ns::b'],
    ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'Bearer [jwt]'],
    ['eyJhbGci only', 'eyJhbGci only'],
  ])('finds what it is to find in "%s"', async (text, clean) => {
    const out = await valuesOf([{ redact: { detect } }], JSON.stringify({ text }))
    expect(out).toEqual([JSON.stringify({ text: clean })])
  })

  it('looks at texts as JSON means them, at numbers and in lists', async () => {
    const value = '{"a":["joe\\u0040mail.example.com",{"n":4111111111111111}], "b":1}'
    expect(await valuesOf([{ redact: { detect } }], value)).toEqual(['{"a":["[email]",{"n":"[card]"}],"b":1}'])
  })

  it('leaves the bytes of a value in which nothing is found', async () => {
    expect(await valuesOf([{ redact: { detect } }], '{"a": 1.0}')).toEqual(['{"a": 1.0}'])
  })

  it('looks at a value that is no JSON as one text, unless it is to look into fields', async () => {
    expect(await valuesOf([{ redact: { detect } }], 'x joe@mail.example.com')).toEqual(['x [email]'])
    expect(await valuesOf([{ redact: { detect, fields: ['a'] } }], 'x joe@mail.example.com')).toBe('value_not_object')
  })

  it('looks into the fields it is given only, and takes whole fields', async () => {
    const value = '{"a":"joe@mail.example.com","b":"joe@mail.example.com","c":{"d":1}}'
    expect(await valuesOf([{ redact: { detect, fields: ['a'] } }], value)).toEqual([
      '{"a":"[email]","b":"joe@mail.example.com","c":{"d":1}}',
    ])
    expect(await valuesOf([{ redact: { fields: ['a', 'c'] } }], value)).toEqual([
      '{"a":"[redacted]","b":"joe@mail.example.com","c":"[redacted]"}',
    ])
    expect(await valuesOf([{ redact: { fields: ['a', 'c'], by: 'remove' } }], value)).toEqual([
      '{"b":"joe@mail.example.com"}',
    ])
  })

  it('gives equal texts equal hashes under one key, and others under another', async () => {
    const hashed = (key: string) =>
      valuesOf(
        [{ redact: { patterns: ['c-[0-9]+'], by: 'hash', key: new Secret(key) } }],
        '{"a":"c-1","b":"x c-1 c-2"}',
      )
    const [first] = (await hashed('one')) as string[]
    const { a, b } = JSON.parse(first!) as { a: string; b: string }
    expect(a).toMatch(/^\[redacted:[0-9a-f]{16}\]$/)
    expect(b.startsWith(`x ${a} [redacted:`)).toBe(true)
    expect(await hashed('one')).toEqual([first])
    expect(await hashed('two')).not.toEqual([first])
  })

  it('takes no longer for texts made to be searched for long', async () => {
    const texts = [
      '@'.repeat(200_000),
      'a'.repeat(200_000),
      'eyJ'.repeat(70_000),
      '1 '.repeat(100_000),
      ':'.repeat(200_000),
    ]
    const run = await stepsOf([{ redact: { detect, patterns: ['(a+)+$'] } }])
    for (const text of texts) expect(run(JSON.stringify({ text }))).toHaveLength(1)
  })
})

describe('the redacted form of a record that failed', () => {
  const hide = { redact: { fields: ['id'] } }
  const redacted = async (steps: readonly Readonly<Record<string, unknown>>[], text: string) => {
    const record = new StepRecord()
    const plans = steps.map(planOf)
    const made = await makeRecordSteps(plans, { baseDirectory: '/', files: nodeFiles })
    const [value, key] = [Buffer.from(text), null]
    record.readParts({ key, value, valueStart: 0, valueEnd: value.length, timestampMs: 0, headers: null }, 'app.logs')
    return new RecordSteps(made, record, () => undefined).redact() ? record.rawText() : undefined
  }

  it('follows fields to the names that they get before they are redacted', async () => {
    const steps = [{ set: { n: 'n + 1' } }, { rename: { ssn: 'id' } }, hide, { filter: 'n > 1' }]
    expect(await redacted(steps, '{"ssn":"123","n":1}')).toBe('{"n":1,"id":"[redacted]"}')
    expect(await redacted([{ parse: { format: 'logfmt' } }, hide], 'id=123 n=1')).toBe('{"id":"[redacted]","n":"1"}')
  })

  it('is nothing at all where the steps cannot do their work', async () => {
    expect(await redacted([hide], 'id=123')).toBeUndefined()
    expect(await redacted([{ split: { field: 'ids' } }, hide], '{"ids":["123"]}')).toBeUndefined()
  })
})

describe('steps that bring files along', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tailrace-steps-'))
    await writeFile(join(directory, 'order.schema.json'), '{"required":["id"]}')
    await writeFile(
      join(directory, 'enrich.mjs'),
      `export const transform = (record, { topic }) => {
         const { value } = record
         if (value.drop) return null
         if (value.fault === 'throws') throw new Error('no')
         if (value.fault === 'nothing') return
         if (value.fault === 'promise') return Promise.resolve(record)
         if (value.fault === 'function') value.f = () => 1
         if (value.fault === 'loop') value.me = value
         value.topic = topic
         return { ...record, key: 'k', headers: { a: 'b' }, time: record.time + 1 }
       }
       export const other = 1`,
    )
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('validate lets go on what fits the schema', async () => {
    for (const validate of [{ file: 'order.schema.json' }, { schema: { required: ['id'] } }]) {
      const run = await stepsOf([{ validate }], directory)
      expect(run('{"id":1}')).toMatchObject([{ value: '{"id":1}' }])
      expect(run('{"x":1}')).toBe('schema_violated')
      expect(run('x')).toBe('value_not_object')
    }
    await expect(stepsOf([{ validate: { schema: { type: 'nonsense' } } }])).rejects.toMatchObject({
      code: 'schema_unusable',
    })
    await expect(stepsOf([{ validate: { file: 'no.json' } }], directory)).rejects.toMatchObject({
      code: 'schema_unusable',
    })
  })

  it('module calls the function for each record', async () => {
    const run = await stepsOf([{ module: { file: 'enrich.mjs' } }], directory)
    expect(run('{"a":1}')).toEqual([
      { value: '{"a":1,"topic":"app.logs"}', key: 'k', timeMs: 1001, to: undefined, headers: { a: 'b' } },
    ])
    expect(run('{"drop":true}')).toEqual([])
    for (const fault of ['throws', 'nothing', 'promise', 'function', 'loop']) {
      expect(run(JSON.stringify({ fault }))).toBe('module_failed')
    }
  })

  it('module says what keeps it from being loaded', async () => {
    const load = (module: object) => stepsOf([{ module }], directory)
    await expect(load({ file: 'missing.mjs' })).rejects.toMatchObject({ code: 'module_unusable' })
    await expect(load({ file: 'enrich.mjs', function: 'other' })).rejects.toThrow('exports no function "other"')
  })
})
