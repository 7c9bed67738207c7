import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../../../connectors/file/declaration.js'
import { encodingOf, lineFormOf } from '../../../core/format/text-encoding.js'
import { readSettings } from '../../../core/connector/fields.js'
import { makeDirectory, Tail } from './kit.js'

function settingsOf(raw: Record<string, unknown>): never {
  return readSettings(fileSource.fields, { include: ['/var/log/*.log'], ...raw }) as never
}

function problems(raw: Record<string, unknown>): string[] {
  return (fileSource.check?.(settingsOf(raw), '/base') ?? []).map(
    ({ path: at, message }) => `${at.join('.')}: ${message}`,
  )
}

/** As core/format says it. */
function isAmbiguous(encoding: string, delimiter: string): boolean {
  try {
    lineFormOf(encodingOf(encoding), delimiter)
    return false
  } catch {
    return true
  }
}

describe('the settings of a file source', () => {
  it('have the documented defaults', () => {
    expect(settingsOf({})).toEqual({
      include: ['/var/log/*.log'],
      exclude: [],
      startAt: 'beginning',
      ignoreOlder: undefined,
      multiline: undefined,
      encoding: 'utf-8',
      delimiter: '\n',
      maxLine: 1024 * 1024,
      onLongLine: 'truncate',
      partialLine: 5000,
      metadata: [],
      followOutside: false,
      watch: 'auto',
      rescan: 1000,
      deleteAfter: undefined,
    })
  })

  it('are told all their mistakes at once, each with its place', () => {
    const found = problems({
      include: ['/ok/*.log', '/bad/[x'],
      exclude: ['{a'],
      multiline: { preset: 'go', start: '(' },
      maxLine: '1GiB',
      rescan: '1ms',
    })
    expect(found.map((problem) => problem.split(':')[0])).toEqual([
      'include.1',
      'exclude.0',
      'multiline.preset',
      'multiline.start',
      'maxLine',
      'rescan',
    ])
  })

  it('refuse to remove what startAt passed over', () => {
    expect(problems({ deleteAfter: '1h', startAt: 'end' })).toHaveLength(1)
    expect(problems({ deleteAfter: '1h' })).toEqual([])
  })

  it('refuse multiline without a rule, and a delimiter that the encoding hides', () => {
    expect(problems({ multiline: {} })).toEqual(['multiline: needs a preset, or a pattern in start or continuation'])
    for (const encoding of ['gbk', 'gb18030', 'big5', 'shift_jis', 'euc-jp', 'euc-kr', 'latin1', 'utf-16']) {
      for (const delimiter of ['\n', ' ', '/', '0', 'x']) {
        const isRefused = problems({ encoding, delimiter }).length > 0
        expect(isRefused, `${encoding} ${delimiter}`).toBe(isAmbiguous(encoding, delimiter))
      }
    }
  })

  it('say what they read, so that no sink feeds its own source', () => {
    const footprint = fileSource.footprint?.(settingsOf({ include: ['logs/**'] }), '/base')
    expect(footprint?.reads('/base/logs/out')).toBe(true)
    expect(footprint?.reads('/base/lake')).toBe(false)
  })

  it('say what a change means for what was remembered', () => {
    const effects = fileSource.effects?.(settingsOf({}), settingsOf({ encoding: 'gbk', startAt: 'end' })) ?? []
    expect(effects.map(({ setting, dangerous }) => [setting, dangerous])).toEqual([
      ['startAt', false],
      ['encoding', true],
    ])
  })
})

describe('examining a file source', () => {
  it('names what cannot be read and how far behind each file is', async () => {
    const directory = makeDirectory()
    const settings = { include: ['*.log'] }
    const tail = await Tail.start({ directory, settings })
    fs.writeFileSync(path.join(directory, 'a.log'), 'one\ntwo\n')
    await tail.settle()
    fs.appendFileSync(path.join(directory, 'a.log'), 'three\n')
    fs.symlinkSync('/etc/hostname', path.join(directory, 'out.log'))
    const findings = (await fileSource.examine?.(tail.settings as never, tail.context())) ?? []
    expect(findings.map(({ level, message }) => `${level} ${message}`)).toEqual([
      expect.stringContaining('warning file_link_outside'),
      `good ${path.join(directory, 'a.log')}: 8 bytes emitted, 0 skipped, 6 to read`,
      'good 1 files match, 1 have a resume point',
    ])
    await tail.stop()
  })

  it('warns when nothing matches', async () => {
    const tail = await Tail.start({ directory: makeDirectory(), settings: { include: ['*.log'] } })
    const findings = (await fileSource.examine?.(tail.settings as never, tail.context())) ?? []
    expect(findings).toMatchObject([{ level: 'warning', message: 'no file matches; 1 directories were looked at' }])
    await tail.stop()
  })
})
