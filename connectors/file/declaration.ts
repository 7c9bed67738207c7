// What the file source says of itself. Light: the rest is loaded when a source is created or examined.

import { declareSource, type ChangeEffect, type SettingProblem } from '../../core/connector/declaration.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { compileGlobs } from './glob.js'
import { compilePattern } from './multiline.js'
import { PathScope } from './path-scope.js'
import { type FileSettings, fileFields, type MultilineSettings } from './settings.js'

/** A window holds a group and a line, so that the longest line bounds the memory of a source. */
const mostLineBytes = 8 * 1024 * 1024

/** Less is no line, and could not hold one character of every encoding. */
const leastLineBytes = 16

/**
 * The second byte of their characters may look like any character from `0` on. core/format says the same, but knows the
 * encodings themselves, which a declaration must not load.
 */
const doubleByteEncodings: ReadonlySet<string> = new Set([
  'gbk',
  'gb18030',
  'big5',
  'shift_jis',
  'euc-jp',
  'euc-kr',
] satisfies FileSettings['encoding'][])

export const fileSource = declareSource({
  role: 'source',
  type: 'file',
  summary: 'Follows text files, through rotation, truncation and compression: each line is a record.',
  delivery: 'exactly-once',
  fields: fileFields,
  check: checkSettings,
  footprint: (settings, baseDirectory) => {
    const scope = new PathScope(settings, baseDirectory)
    return { writes: [], reads: (directory) => scope.reads(directory) }
  },
  effects: effectsOf,
  examine: async (settings, context) => (await import('./examine.js')).examine(settings, context),
  load: () => import('./source.js'),
})

function checkSettings(settings: FileSettings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  for (const [name, patterns] of Object.entries({ include: settings.include, exclude: settings.exclude })) {
    patterns.forEach((pattern, index) => {
      problems.push(...problemOf([name, String(index)], () => compileGlobs(`/${pattern}`, { matchHidden: false })))
    })
  }
  if (settings.multiline !== undefined) problems.push(...checkMultiline(settings.multiline))
  if (doubleByteEncodings.has(settings.encoding) && settings.delimiter >= '0') {
    problems.push({ path: ['delimiter'], message: `may be a part of another character in ${settings.encoding}` })
  }
  if (settings.maxLine < leastLineBytes || settings.maxLine > mostLineBytes) {
    problems.push({
      path: ['maxLine'],
      message: `must be between ${leastLineBytes}B and ${mostLineBytes / 1024 ** 2}MiB`,
    })
  }
  if (settings.deleteAfter !== undefined && settings.startAt === 'end') {
    problems.push({
      path: ['deleteAfter'],
      message: 'cannot be given with startAt "end": what was passed over would be removed',
    })
  }
  if (settings.rescan < 50) problems.push({ path: ['rescan'], message: 'must be at least 50ms' })
  return problems
}

function checkMultiline(multiline: MultilineSettings): readonly SettingProblem[] {
  const { preset, start, continuation } = multiline
  const problems: SettingProblem[] = []
  if (preset === undefined && start === undefined && continuation === undefined) {
    problems.push({ path: ['multiline'], message: 'needs a preset, or a pattern in start or continuation' })
  }
  if (preset !== undefined && (start !== undefined || continuation !== undefined)) {
    problems.push({ path: ['multiline', 'preset'], message: 'cannot be given together with start or continuation' })
  }
  for (const [name, pattern] of Object.entries({ start, continuation })) {
    if (pattern !== undefined) problems.push(...problemOf(['multiline', name], () => compilePattern(pattern)))
  }
  return problems
}

function problemOf(path: readonly string[], attempt: () => unknown): readonly SettingProblem[] {
  try {
    attempt()
    return []
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error
    return [{ path, message: error.message }]
  }
}

function effectsOf(previous: FileSettings, next: FileSettings): readonly ChangeEffect[] {
  const effects: ChangeEffect[] = []
  const isChanged = (name: keyof FileSettings): boolean => JSON.stringify(previous[name]) !== JSON.stringify(next[name])
  const tell = (setting: keyof FileSettings, effect: string, dangerous = false): void => {
    if (isChanged(setting)) effects.push({ setting, effect, dangerous })
  }
  tell(
    'include',
    'files that are included now are read from their beginning; those that are not any more keep their resume points',
  )
  tell('exclude', 'as for include: what was read of a file is remembered while it is excluded')
  tell('startAt', 'none: it counts at the very first start only')
  tell(
    'encoding',
    'holds from the resume point of each file on, also where the bytes before it were read otherwise',
    true,
  )
  tell('delimiter', 'holds from the resume point of each file on')
  tell('multiline', 'holds from the resume point of each file on; the record that is open then may be split')
  tell('maxLine', 'holds for lines that begin behind the resume points')
  tell(
    'deleteAfter',
    'files that were read before are removed too, once they are old enough',
    next.deleteAfter !== undefined,
  )
  return effects
}
