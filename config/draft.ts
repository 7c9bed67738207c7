// A pipeline on its way from values to a plan. What the schema or a reference found wrong is left out here, so that
// the checks behind it speak only of what can be read; what a wrong edge names (`to`, `from`) still counts as named.

import { dirname, resolve } from 'node:path'
import type { ConnectorDeclaration } from '../core/connector/declaration.js'
import { readSettings } from '../core/connector/fields.js'
import type { StepPlan } from '../core/pipeline/pipeline-plan.js'
import type { Document, Values } from './document.js'
import {
  onErrorFields,
  sourceEdgeFields,
  topicFields,
  transformEdgeFields,
  type OnErrorSettings,
  type TopicFieldSettings,
} from './file-fields.js'
import { sectionOf, type EdgeSection } from './pipeline-schema.js'
import type { Problem } from './problem.js'
import { resolveReferences, type SecretReader } from './references.js'
import type { SchemaValidator } from './validate.js'

export interface DraftEdge {
  readonly section: EdgeSection
  readonly id: string
  /** The topic that it writes; undefined for a sink. */
  readonly to: string | undefined
  /** The topics that it reads; none for a source. */
  readonly from: readonly string[]
  readonly deadLetter: string | undefined
  /** Of a source or sink; undefined when something of it is wrong. */
  readonly valid: ValidEdge | undefined
  /** Of any edge; undefined when something of it is wrong. */
  readonly passage: ValidPassage | undefined
}

/** What happens to the records of an edge, whatever connector it has. */
export interface ValidPassage {
  readonly steps: readonly StepPlan[]
  readonly onError: OnErrorSettings
}

export interface ValidEdge {
  readonly declaration: ConnectorDeclaration
  /** The connector's own. */
  readonly settings: unknown
  readonly onError: OnErrorSettings
  readonly parse: ReturnType<typeof sourceEdgeFields.parse.read>
  readonly key: string | undefined
}

export interface DraftTopic {
  readonly name: string
  /** Undefined when something of the topic is wrong. */
  readonly settings: TopicFieldSettings | undefined
}

export interface Draft {
  readonly document: Document
  /** Absolute path of the file. */
  readonly path: string
  readonly baseDirectory: string
  readonly name: string | undefined
  /** Of topics that nothing declares. */
  readonly defaultTopic: TopicFieldSettings | undefined
  readonly topics: readonly DraftTopic[]
  readonly edges: readonly DraftEdge[]
}

export interface DraftInputs {
  readonly declarations: readonly ConnectorDeclaration[]
  readonly validator: SchemaValidator
  readonly secrets: SecretReader
}

/** What can be read of a document, and everything that the schema and the references found wrong with it. */
export async function draftOf(
  document: Document,
  inputs: DraftInputs,
): Promise<{ readonly draft: Draft; readonly problems: readonly Problem[] }> {
  const path = resolve(document.file)
  const problems = [...inputs.validator.validate(document)]
  const resolved = await resolveReferences(document.values, path, inputs.secrets)
  for (const { path: at, message } of resolved.missing) {
    problems.push({ file: document.file, position: document.valuePosition(at), path: at, message })
  }
  const reading: Reading = { values: resolved.value as Values, problems, declarations: inputs.declarations }
  const { name } = reading.values
  const draft = {
    document,
    path,
    baseDirectory: dirname(path),
    name: isWrong(reading, ['name']) ? undefined : (name as string | undefined),
    defaultTopic: topicSettings(reading, ['defaults', 'topic'], {}),
    topics: Object.entries(objectAt(reading.values, 'topics')).map(([topic, raw]) => ({
      name: topic,
      settings: topicSettings(reading, ['topics', topic], raw),
    })),
    edges: edgeSections.flatMap((section) => edgesOf(reading, section)),
  }
  return { draft, problems }
}

const edgeSections: readonly EdgeSection[] = ['sources', 'transforms', 'sinks']

interface Reading {
  /** With references resolved. */
  readonly values: Values
  readonly problems: readonly Problem[]
  readonly declarations: readonly ConnectorDeclaration[]
}

function edgesOf(reading: Reading, section: EdgeSection): readonly DraftEdge[] {
  return Object.entries(objectAt(reading.values, section)).map(([id, value]) => {
    const raw = asObject(value)
    const from = Array.isArray(raw['from']) ? raw['from'].filter((topic) => typeof topic === 'string') : []
    const { to } = raw
    const defaults = objectAt(objectAt(reading.values, 'defaults'), 'onError')
    const onError = { ...defaultsFor(defaults, [...from, to]), ...objectAt(raw, 'onError') }
    const { deadLetter } = onError as Values
    return {
      section,
      id,
      to: section !== 'sinks' && typeof to === 'string' ? to : undefined,
      from: section === 'sources' ? [] : from,
      deadLetter: typeof deadLetter === 'string' ? deadLetter : undefined,
      valid: validEdge(reading, { section, id, raw, onError }),
      passage: validPassage(reading, { section, id, raw, onError }),
    }
  })
}

/** An edge that reads or writes the default dead-letter topic itself has none: its failures would come back for ever. */
function defaultsFor(defaults: Values, topics: readonly unknown[]): Values {
  return topics.includes(defaults['deadLetter']) ? { ...defaults, deadLetter: undefined } : defaults
}

interface RawEdge {
  readonly section: EdgeSection
  readonly id: string
  readonly raw: Values
  readonly onError: Values
}

function validPassage(reading: Reading, { section, id, raw, onError }: RawEdge): ValidPassage | undefined {
  if (isWrong(reading, [section, id]) || isWrong(reading, ['defaults', 'onError'])) return undefined
  return { steps: transformEdgeFields.steps.read(raw['steps']), onError: readSettings(onErrorFields, onError) }
}

function validEdge(reading: Reading, edge: RawEdge): ValidEdge | undefined {
  const { section, id, raw } = edge
  if (isWrong(reading, [section, id]) || isWrong(reading, ['defaults', 'onError'])) return undefined
  const declaration = declarationOf(reading.declarations, section, raw['type'])
  if (declaration === undefined) return undefined
  return {
    declaration,
    settings: readSettings(declaration.fields, raw),
    onError: readSettings(onErrorFields, edge.onError),
    parse: section === 'sources' ? sourceEdgeFields.parse.read(raw['parse']) : undefined,
    key: section === 'sources' ? sourceEdgeFields.key.read(raw['key']) : undefined,
  }
}

/** The connector of a type in a section of the file. */
export function declarationOf(
  declarations: readonly ConnectorDeclaration[],
  section: EdgeSection,
  type: unknown,
): ConnectorDeclaration | undefined {
  return declarations.find((declaration) => declaration.type === type && sectionOf(declaration) === section)
}

function topicSettings(reading: Reading, path: readonly string[], raw: unknown): TopicFieldSettings | undefined {
  if (isWrong(reading, path) || isWrong(reading, ['defaults', 'topic'])) return undefined
  const defaults = objectAt(objectAt(reading.values, 'defaults'), 'topic')
  return readSettings(topicFields, mergeTopic(defaults, asObject(raw)))
}

/** The topic's own settings over the defaults, each setting inside a section for itself. */
function mergeTopic(defaults: Values, own: Values): Values {
  const merged: Record<string, unknown> = { ...defaults, ...own }
  for (const section of ['retention', 'segment', 'compaction']) {
    merged[section] = { ...objectAt(defaults, section), ...objectAt(own, section) }
  }
  return merged
}

/** Whether a mistake stands at the path or below it. */
function isWrong(reading: Reading, path: readonly string[]): boolean {
  return reading.problems.some((problem) => path.every((key, index) => problem.path[index] === key))
}

function objectAt(values: Values, key: string): Values {
  return asObject(values[key])
}

function asObject(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {}
}
