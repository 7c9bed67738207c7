import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codecSource } from '../../../core/message/codec-source.js'
import type { Fields } from '../../../core/message/declare.js'
import { array, int32, message, one, string, struct } from '../../../core/message/declare.js'
import { messageErrors } from '../../../core/message/errors.js'
import { MessageReader } from '../../../core/message/message-reader.js'
import { repositoryRoot } from '../../architecture/source-files.js'
import {
  checkMutations,
  checkRoundTrip,
  checkTruncation,
  checkUnknownTags,
  codecOf,
  failureOf,
  versionsOf,
} from './codec-laws.js'
import * as generated from './generated/sample-message.js'
import { sampleMessage } from './sample-message.js'

const codec = codecOf(sampleMessage, generated)
const runs = 200

describe('a codec made from a table', () => {
  it('is what the table says', async () => {
    const header = '// Generated from test/core/message/sample-message.ts, do not edit.'
    const biome = join(repositoryRoot, 'node_modules/@biomejs/biome/bin/biome')
    const formatted = spawnSync(process.execPath, [biome, 'format', '--stdin-file-path', 'sample.ts'], {
      cwd: repositoryRoot,
      input: codecSource(sampleMessage, header, '../../../../core/message'),
      encoding: 'utf8',
    })
    await expect(formatted.stdout).toMatchFileSnapshot(
      join(repositoryRoot, 'test/core/message/generated/sample-message.ts'),
    )
  })

  it.each(versionsOf(sampleMessage))('reads what it writes, version %i', (version) => {
    checkRoundTrip(codec, version, runs)
  })

  it.each([3, 4, 5])('passes over tagged fields that it does not know, version %i', (version) => {
    checkUnknownTags(codec, version, runs)
  })

  it.each(versionsOf(sampleMessage))('refuses what is cut short, version %i', (version) => {
    checkTruncation(codec, version, runs)
  })

  it.each(versionsOf(sampleMessage))('survives mutations, version %i', (version) => {
    checkMutations(codec, version, runs)
  })
})

describe('a table', () => {
  const ranges = { versions: '0-3', flexible: '2+' }

  it.each<[string, () => Fields, string]>([
    ['a field that no version has', () => ({ late: int32('4+') }), 'in no version'],
    [
      'null where the field is absent',
      () => ({ name: string('2+', { nullable: '1+' }) }),
      'nullable where it is absent',
    ],
    ['a tag in a version without tags', () => ({ name: string('1+', { tag: 0 }) }), 'without tags'],
    ['tags with a gap', () => ({ one: int32('2+', { tag: 0 }), two: int32('2+', { tag: 2 }) }), 'count from 0'],
    ['a tag twice', () => ({ one: int32('2+', { tag: 0 }), two: int32('2+', { tag: 0 }) }), 'each once'],
    ['an older length of something else', () => ({ size: int32('0+', { isNeverFlexible: true }) }), 'never flexible'],
    ['a range that ends before it begins', () => ({ name: string('3-1') }), 'ends before it begins'],
    ['a range in another form', () => ({ name: string('3..') }), 'not a range'],
    [
      'two structs of one name',
      () => ({
        first: one(struct('Same', { a: int32('0+') }), '0+'),
        second: array(struct('Same', { b: int32('0+') }), '0+'),
      }),
      'two structs Same',
    ],
  ])('with %s is refused', (_what, fields, why) => {
    expect(() => message('Odd', ranges, fields())).toThrow(why)
  })

  it('with array elements that take no byte is refused when its codec is made', () => {
    const empty = message('Empty', ranges, { things: array(struct('Thing', { late: int32('3+') }), '0+') })
    expect(() => codecSource(empty, '// Empty', '.')).toThrow('elements without a byte')
  })

  it('with a field named as a variable of generated code is refused when its codec is made', () => {
    const odd = message('Odd', ranges, { reader: int32('0+') })
    expect(() => codecSource(odd, '// Odd', '.')).toThrow('Odd.reader has a name that generated code uses')
  })
})

describe('an error of a decoder', () => {
  it('names the field and its position', () => {
    const frame = Buffer.from([1, 0, 0, 0, 80])
    const failure = failureOf(() => codec.decode(new MessageReader(frame), 1))
    expect(messageErrors.is(failure, 'malformed_message')).toBe(true)
    expect(failure).toMatchObject({ details: { field: 'SampleMessage.total', position: 5 } })
  })
})
