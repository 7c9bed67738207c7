// Connectors for the tests of configuration: every kind of field, rules of their own, a footprint, a template of topics.

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

/** Writes a topic for each table, and further ones. */
const tables = declareSource({
  role: 'source',
  type: 'tables',
  summary: 'Reads tables.',
  delivery: 'exactly-once',
  fields: {
    tables: list(text({ summary: 'Names, or `*`.' }), { summary: 'What to read.', minItems: 1 }),
    schemas: optional(text({ summary: 'One more topic.' })),
    format: choice(['whole', 'changes'], { summary: 'What a record holds.', default: 'whole' }),
  },
  toFields: ['schema', 'table'],
  givesKeys: true,
  topics(settings, to) {
    const named = settings.tables.filter((table) => table !== '*')
    const names = named.map((table) => to.replace('{schema}', 'public').replace('{table}', table))
    const all = [...names, ...(settings.schemas === undefined ? [] : [settings.schemas])]
    return named.length === settings.tables.length ? { names: all } : { names: all, pattern: /^shop\.[a-z]+$/ }
  },
  checkTopics(settings, topics) {
    const compacted = topics.filter(({ cleanup }) => cleanup !== 'delete').map(({ name }) => name)
    if (settings.format === 'whole' || compacted.length === 0) return []
    return [{ path: ['format'], message: `cannot be "changes" with ${compacted.join(', ')} compacted` }]
  },
  load: unused,
})

/** Takes whole transactions, which lie in one partition. */
const replica = declareSink({
  role: 'sink',
  type: 'replica',
  summary: 'Writes tables.',
  delivery: 'exactly-once',
  fields: { apply: choice(['records', 'transactions'], { summary: 'What is written at once.', default: 'records' }) },
  checkTopics: (settings, topics) =>
    settings.apply === 'records' || (topics.length === 1 && topics[0]?.partitions === 1)
      ? []
      : [
          {
            path: ['apply'],
            message: `needs one topic with one partition: ${topics.map(({ name, partitions }) => `${name} has ${partitions}`).join(', ')}`,
          },
        ],
  load: unused,
})

export const sampleDeclarations: readonly ConnectorDeclaration[] = [feed, lake]

/** With those that know of topics. */
export const topicDeclarations: readonly ConnectorDeclaration[] = [feed, tables, lake, replica]

function within(inner: string, outer: string): boolean {
  return isAbsolute(inner) && `${inner}/`.startsWith(join(outer, '/'))
}
