// What changes between the files that a data directory last ran and the files given now, and what each change does to
// what was remembered. Pure; docs/changing-a-pipeline.md tells the same story for people.

import type { ChangeEffect, ConnectorDeclaration } from '../core/connector/declaration.js'
import { readSettings } from '../core/connector/fields.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import type { Values } from './document.js'
import { declarationOf } from './draft.js'
import type { EdgeSection } from './pipeline-schema.js'
import { printable } from './print.js'
import { withUnresolvedReferences } from './references.js'
import { transformEffects } from './transform-effects.js'
import { SchemaValidator } from './validate.js'

export type ChangeKind = 'added' | 'removed' | 'changed'

/** One setting, with both values as they stand in the files; undefined where it is absent. */
export interface SettingChange {
  readonly path: readonly string[]
  readonly previous: unknown
  readonly next: unknown
}

export interface Change {
  readonly kind: ChangeKind
  readonly pipeline: string
  readonly what: 'pipeline' | 'source' | 'transform' | 'sink' | 'topic' | 'defaults'
  /** Id of the edge, name of the topic or pipeline. */
  readonly id: string
  readonly settings: readonly SettingChange[]
  readonly effects: readonly ChangeEffect[]
}

/** A pipeline as the data directory last ran it. */
export interface AppliedPipeline {
  readonly name: string
  readonly document: Values
}

/** What running `next` would change. Equal files give an empty list. */
export function differences(
  previous: readonly AppliedPipeline[],
  next: readonly PipelinePlan[],
  declarations: readonly ConnectorDeclaration[],
): readonly Change[] {
  const validator = new SchemaValidator(declarations)
  // What a running hub tells of its files is printable already; so both sides have to be.
  const before = new Map(previous.map(({ name, document }) => [name, printable(document) as Values]))
  const after = new Map(next.map(({ name, document }) => [name, printable(document) as Values]))
  const names = [...new Set([...before.keys(), ...after.keys()])]
  const gone = names.filter((name) => !after.has(name))
  return names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)]
    const whole = old !== undefined && now !== undefined ? [] : [pipelineChange(name, now !== undefined, gone)]
    // What another version wrote may have another shape, which connectors could not read.
    const known = old !== undefined && validator.accepts(old) ? declarations : []
    return [...whole, ...documentChanges({ name, before: old ?? {}, after: now ?? {}, declarations: known })]
  })
}

interface Comparison {
  readonly name: string
  readonly before: Values
  readonly after: Values
  /** Of the connectors that can read both. */
  readonly declarations: readonly ConnectorDeclaration[]
}

/** `gone`: pipelines that ran and are no more, of which a new one may be the new name. */
function pipelineChange(name: string, added: boolean, gone: readonly string[]): Change {
  const effects = added ? gone.map((old) => renameEffect('name', old)) : []
  return { kind: added ? 'added' : 'removed', pipeline: name, what: 'pipeline', id: name, settings: [], effects }
}

function renameEffect(setting: string, old: string): ChangeEffect {
  const effect = `if this is "${old}" renamed: it starts from the beginning, and what was delivered is delivered again`
  return dangerous(setting, effect)
}

function documentChanges(comparison: Comparison): readonly Change[] {
  const { name, before, after } = comparison
  const defaults = settingChanges(before['defaults'], after['defaults'], [])
  const shared: readonly Change[] =
    defaults.length === 0
      ? []
      : [{ kind: 'changed', pipeline: name, what: 'defaults', id: 'defaults', settings: defaults, effects: [] }]
  return [
    ...shared,
    ...entryChanges(comparison, 'topics', 'topic', topicEffects),
    ...entryChanges(comparison, 'sources', 'source', sourceEffects),
    ...entryChanges(comparison, 'transforms', 'transform', transformChangeEffects),
    ...entryChanges(comparison, 'sinks', 'sink', sinkEffects),
  ]
}

interface EntryPair {
  readonly kind: ChangeKind
  readonly id: string
  readonly previous: Values
  readonly next: Values
  readonly settings: readonly SettingChange[]
  /** Ids of this section that are no more, by connector type. */
  readonly removed: ReadonlyMap<string, string>
  readonly declarations: readonly ConnectorDeclaration[]
}

function entryChanges(
  comparison: Comparison,
  section: 'topics' | 'transforms' | EdgeSection,
  what: Change['what'],
  effectsOf: (pair: EntryPair) => readonly ChangeEffect[],
): readonly Change[] {
  const { name, declarations } = comparison
  const before = entriesOf(comparison.before, section)
  const after = entriesOf(comparison.after, section)
  const removed = new Map<string, string>()
  for (const [id, { type }] of before) {
    if (!after.has(id) && typeof type === 'string') removed.set(type, id)
  }
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id): readonly Change[] => {
    const [previous, next] = [before.get(id), after.get(id)]
    const kind = previous === undefined ? 'added' : next === undefined ? 'removed' : 'changed'
    const settings = kind === 'changed' ? settingChanges(previous, next, []) : []
    if (kind === 'changed' && settings.length === 0) return []
    const pair: EntryPair = { kind, id, previous: previous ?? {}, next: next ?? {}, settings, removed, declarations }
    return [{ kind, pipeline: name, what, id, settings, effects: effectsOf(pair) }]
  })
}

function entriesOf(document: Values, section: string): ReadonlyMap<string, Values> {
  return new Map(Object.entries((document[section] ?? {}) as Readonly<Record<string, Values>>))
}

/** Leaves that differ; a list counts as one value, an absent section as an empty one. */
function settingChanges(previous: unknown, next: unknown, path: readonly string[]): readonly SettingChange[] {
  const [left, right] = [asSection(previous), asSection(next)]
  if (left !== undefined && right !== undefined) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])]
    return keys.flatMap((key) => settingChanges(left[key], right[key], [...path, key]))
  }
  return JSON.stringify(previous) === JSON.stringify(next) ? [] : [{ path, previous, next }]
}

function asSection(value: unknown): Values | undefined {
  if (value === undefined) return {}
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : undefined
}

const harmless = (setting: string, effect: string): ChangeEffect => ({ setting, effect, dangerous: false })
const dangerous = (setting: string, effect: string): ChangeEffect => ({ setting, effect, dangerous: true })

function topicEffects({ kind, settings }: EntryPair): readonly ChangeEffect[] {
  if (kind === 'removed')
    return [harmless('topic', 'the topic and its records stay; delete it with `tailrace topics delete`')]
  return settings.flatMap(({ path, previous, next }): readonly ChangeEffect[] => {
    const [first] = path
    if (first === 'partitions') {
      if (Number(next ?? 1) < Number(previous ?? 1))
        return [dangerous('partitions', 'refused: partitions are never taken away')]
      return [dangerous('partitions', 'keys move to other partitions: the order of a key holds only from here on')]
    }
    if (first === 'retention')
      return [dangerous(path.join('.'), 'records beyond the new limit are deleted, unless a sink still needs them')]
    if (first === 'cleanup')
      return [dangerous('cleanup', 'the new policy holds for the records that are there as well')]
    if (first === 'timestampType') return [harmless('timestampType', 'holds from the next append on')]
    if (first === 'durability') return [harmless('durability', 'holds from the next append on')]
    return []
  })
}

function sourceEffects(pair: EntryPair): readonly ChangeEffect[] {
  if (pair.kind === 'removed') {
    return [harmless('source', 'its resume points stay: under the same id it goes on where it was')]
  }
  if (pair.kind === 'added') return renameEffects(pair)
  const common = pair.settings.flatMap(({ path }): readonly ChangeEffect[] => {
    const [first] = path
    if (first === 'type')
      return [dangerous('type', 'another connector takes over the id: give the new source a new id')]
    if (first === 'to') return [harmless('to', 'new records go to the new topic; the old ones stay where they are')]
    if (first === 'key')
      return [harmless('key', 'new records get the new key: the order of a key holds only from here on')]
    if (first === 'parse') return [harmless('parse', 'holds for new records; those in the log stay as they are')]
    return []
  })
  return [...common, ...connectorEffects(pair, 'sources')]
}

function transformChangeEffects(pair: EntryPair): readonly ChangeEffect[] {
  const { kind, previous, next, settings, declarations } = pair
  // What ran last has another shape: nobody can say what its steps were.
  if (kind === 'changed' && declarations.length === 0) return []
  const changed = [...new Set(settings.map(({ path }) => path[0]!))]
  return transformEffects({ kind, previous, next, changed })
}

function sinkEffects(pair: EntryPair): readonly ChangeEffect[] {
  if (pair.kind === 'removed') {
    return [harmless('sink', 'its offsets stay, but records are no longer kept for it beyond retention')]
  }
  if (pair.kind === 'added') {
    return [harmless('sink', 'begins with the oldest record of its topics'), ...renameEffects(pair)]
  }
  const common = pair.settings.flatMap(({ path }): readonly ChangeEffect[] => {
    const [first] = path
    if (first === 'type') return [dangerous('type', 'another connector takes over the id: give the new sink a new id')]
    if (first === 'from') {
      return [harmless('from', 'a new topic is read from its oldest record; of one left out the offsets stay')]
    }
    return []
  })
  return [...common, ...connectorEffects(pair, 'sinks')]
}

/** A new id is a new edge: of a renamed one, what was remembered stays behind under the old id. */
function renameEffects({ next, removed }: EntryPair): readonly ChangeEffect[] {
  const old = removed.get(String(next['type']))
  return old === undefined ? [] : [renameEffect('id', old)]
}

/** What the connector itself says of the change. */
function connectorEffects(pair: EntryPair, section: EdgeSection): readonly ChangeEffect[] {
  const { previous, next, declarations } = pair
  const declaration = declarationOf(declarations, section, next['type'])
  if (declaration?.effects === undefined || previous['type'] !== next['type']) return []
  const settings = [previous, next].map((raw) =>
    readSettings(declaration.fields, withUnresolvedReferences(raw) as Values),
  )
  return declaration.effects(settings[0] as never, settings[1] as never)
}
