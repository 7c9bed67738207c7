// What `tailrace plan` prints.

import type { Change, EdgePreview, PlannedChanges, SettingChange } from '../hub/admin-vocabulary.js'

const marks = { added: '+', removed: '-', changed: '~' } as const

/** The changes one below the other, what runs elsewhere below its edge; edges that do not change come last. */
export function planText({ changes, previews }: PlannedChanges): string {
  const told = new Set<EdgePreview>()
  const texts = changes.flatMap((change) => {
    const own = previews.filter((preview) => isOf(preview, change))
    for (const preview of own) told.add(preview)
    return [...changeLines(change), ...own.flatMap(previewLines)]
  })
  const others = previews.filter((preview) => !told.has(preview))
  const lines = [...texts, ...others.flatMap((preview) => [`= ${edgeName(preview)}`, ...previewLines(preview)])]
  return lines.length === 0 ? 'nothing changes' : lines.join('\n')
}

function isOf({ pipeline, what, id }: EdgePreview, change: Change): boolean {
  return change.kind !== 'removed' && change.pipeline === pipeline && change.what === what && change.id === id
}

function edgeName({ pipeline, what, id }: Pick<Change, 'pipeline' | 'what' | 'id'>): string {
  return `${what} ${pipeline}.${id}`
}

function previewLines({ steps, failure }: EdgePreview): readonly string[] {
  if (failure !== undefined) return [`    what the start would run is not known: ${failure.message}`]
  return steps.flatMap(({ what, text, where }) => {
    return [`    runs in ${where} (${what}):`, ...text.split('\n').map((line) => `        ${line}`)]
  })
}

function changeLines(change: Change): readonly string[] {
  const { kind, pipeline, what, id, settings, effects } = change
  const name =
    what === 'pipeline' ? `pipeline ${id}` : what === 'defaults' ? `defaults of ${pipeline}` : edgeName(change)
  return [
    `${marks[kind]} ${name}`,
    ...settings.map((setting) => `    ${settingText(setting)}`),
    ...effects.map(
      ({ setting, effect, dangerous }) => `    ${dangerous ? 'DANGER' : 'effect'} of ${setting}: ${effect}`,
    ),
  ]
}

function settingText({ path, previous, next }: SettingChange): string {
  const shown = (value: unknown): string => (value === undefined ? '(absent)' : JSON.stringify(value))
  return `${path.join('.')}: ${shown(previous)} → ${shown(next)}`
}
