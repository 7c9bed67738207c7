// Two connectors for the tests of configuration: every kind of field, rules of their own, a footprint.

import { isAbsolute, join, resolve } from 'node:path'
import { declareSink, declareSource, type ConnectorDeclaration } from '../../core/connector/declaration.js'
import {
  choice,
  duration,
  flag,
  integer,
  list,
  optional,
  secret,
  section,
  size,
  text,
} from '../../core/connector/fields.js'

const unused = (): Promise<never> => Promise.reject(new Error('a declaration alone is under test'))

const feed = declareSource({
  role: 'source',
  type: 'feed',
  summary: 'Reads a feed.',
  delivery: 'exactly-once',
  fields: {
    include: list(text({ summary: 'Directories.' }), { summary: 'Where to read.', minItems: 1 }),
    startAt: choice(['beginning', 'end'], { summary: 'Where to start.', default: 'beginning' }),
    rescan: duration({ summary: 'How often to look.', default: 1000 }),
    maxLine: size({ summary: 'Longest line.', default: 1024 * 1024 }),
    follow: flag({ summary: 'Follow links.', default: false }),
    token: optional(secret({ summary: 'A secret.' })),
  },
  footprint: (settings, baseDirectory) => ({
    writes: [],
    reads: (directory) => settings.include.some((root) => within(directory, resolve(baseDirectory, root))),
  }),
  load: unused,
})

const lake = declareSink({
  role: 'sink',
  type: 'lake',
  summary: 'Writes files.',
  delivery: 'exactly-once',
  fields: {
    root: text({ summary: 'The directory.' }),
    path: text({ summary: 'Template.', default: '{partition}-{first}' }),
    level: integer({ summary: 'Compression.', default: 6, min: 1, max: 9 }),
    rotate: section(
      {
        bytes: size({ summary: 'Size of a file.', default: 128 * 1024 * 1024 }),
        age: duration({ summary: 'Age of a file.', default: 600_000 }),
      },
      { summary: 'When files are closed.' },
    ),
    password: optional(secret({ summary: 'A secret.' })),
  },
  check: (settings) => (settings.path.includes('{first}') ? [] : [{ path: ['path'], message: 'must hold {first}' }]),
  footprint: (settings, baseDirectory) => ({ writes: [resolve(baseDirectory, settings.root)], reads: () => false }),
  effects: (previous, next) =>
    previous.root === next.root
      ? []
      : [{ setting: 'root', effect: 'files that stand in the old directory stay there', dangerous: false }],
  load: unused,
})

export const sampleDeclarations: readonly ConnectorDeclaration[] = [feed, lake]

function within(inner: string, outer: string): boolean {
  return isAbsolute(inner) && `${inner}/`.startsWith(join(outer, '/'))
}
