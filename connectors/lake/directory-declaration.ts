// What a sink of type `directory` says of itself. Light: the sink itself is loaded when it is run.

import { resolve } from 'node:path'
import { declareSink } from '../../core/connector/declaration.js'
import type { ChangeEffect, Footprint } from '../../core/connector/declaration.js'
import { text, type SettingsOf } from '../../core/connector/fields.js'
import { unfitRecords } from './format-settings.js'
import { checkLakeSettings, lakeFields } from './settings.js'

export const directoryFields = {
  root: text({
    summary: 'The directory that is filled; made when it is missing. Relative to the pipeline file.',
    example: './lake',
  }),
  ...lakeFields,
}

type DirectorySettings = SettingsOf<typeof directoryFields>

export const directorySink = declareSink({
  role: 'sink',
  type: 'directory',
  summary:
    'Writes records into files of a directory: lines of bytes or of JSON, compressed if wanted, each record exactly once.',
  delivery: 'exactly-once',
  fields: directoryFields,
  check: (settings) => checkLakeSettings(settings),
  footprint,
  effects,
  refusesReplay: ({ path }) => (path.includes('{topic}') ? undefined : 'its path does not hold {topic}'),
  givesUp: ({ format }) => unfitRecords(format),
  examine: async (settings, context) => (await import('./examine.js')).examineDirectory(settings, context),
  load: () => import('./directory-sink.js'),
})

function footprint(settings: DirectorySettings, baseDirectory: string): Footprint {
  return { writes: [resolve(baseDirectory, settings.root)], reads: () => false }
}

function effects(previous: DirectorySettings, next: DirectorySettings): readonly ChangeEffect[] {
  const found: ChangeEffect[] = []
  if (previous.root !== next.root) {
    found.push({
      setting: 'root',
      effect:
        'the new root begins with the next record; files stay where they are, and those under way are finished in the old root, which must still be there',
      dangerous: false,
    })
  }
  for (const setting of ['path', 'format', 'columns'] as const) {
    if (JSON.stringify(previous[setting]) === JSON.stringify(next[setting])) continue
    found.push({ setting, effect: 'holds from the next file on; files that exist stay as they are', dangerous: false })
  }
  return found
}
