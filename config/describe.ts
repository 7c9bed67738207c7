// The documentation of settings, made from the same fields as the schema: for `tailrace connectors TYPE`, and for the
// tables of docs/pipeline-file.md, which a test holds equal to these.

import type { ConnectorDeclaration } from '../core/connector/declaration.js'
import type { Field, Fields, JsonSchema } from '../core/connector/fields.js'
import { defaultsFields, sinkEdgeFields, sourceEdgeFields, topicFields, transformEdgeFields } from './file-fields.js'

export interface SettingRow {
  /** With dots, such as `rotate.bytes`. */
  readonly path: string
  /** What may stand there, in words. */
  readonly kind: string
  /** As it would stand in the file; undefined when there is none. */
  readonly defaultText: string | undefined
  readonly required: boolean
  readonly summary: string
  readonly example: string | undefined
}

/** One row for each setting, those inside a section under its path. */
export function settingRows(fields: Fields, prefix = ''): readonly SettingRow[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const row = rowOf(path, field)
    return field.inside === undefined ? [row] : [row, ...settingRows(field.inside, `${path}.`)]
  })
}

/** The tables of the pipeline file that belong to no connector, by the name of their section. */
export function fileSettings(): Readonly<Record<string, readonly SettingRow[]>> {
  return {
    topics: settingRows(topicFields),
    sources: settingRows(sourceEdgeFields),
    transforms: settingRows(transformEdgeFields),
    sinks: settingRows(sinkEdgeFields),
    defaults: [rowOf('topic', defaultsFields.topic), rowOf('onError', defaultsFields.onError)],
  }
}

/** Rows as a Markdown table. */
export function settingTable(rows: readonly SettingRow[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const lines = rows.map((row) => {
    const value = row.required ? '*must be given*' : row.defaultText === undefined ? '' : `\`${row.defaultText}\``
    const example = row.example === undefined ? '' : `\`${row.example}\``
    return `| \`${row.path}\` | ${cell(row.kind)} | ${value} | ${cell(row.summary)} | ${cell(example)} |`
  })
  return ['| setting | value | default | meaning | example |', '| --- | --- | --- | --- | --- |', ...lines].join('\n')
}

/** A connector's page, in Markdown. */
export function connectorPage(declaration: ConnectorDeclaration): string {
  const isSink = declaration.role === 'sink'
  const delivery = declaration.delivery === 'exactly-once' ? 'exactly once' : 'at least once'
  return [
    `# ${declaration.type} (${isSink ? 'sink' : 'source'})`,
    declaration.summary,
    `Delivery: ${delivery}.`,
    settingTable(settingRows(declaration.fields)),
    `Every ${isSink ? 'sink' : 'source'} also has:`,
    settingTable(settingRows(isSink ? sinkEdgeFields : sourceEdgeFields)),
    ...templateText(declaration),
  ].join('\n\n')
}

function templateText(declaration: ConnectorDeclaration): readonly string[] {
  const fields = declaration.role === 'source' ? (declaration.toFields ?? []) : []
  if (fields.length === 0) return []
  return [`In \`to\` may stand: ${fields.map((field) => `\`{${field}}\``).join(', ')}.`]
}

function rowOf(path: string, field: Field<unknown>): SettingRow {
  return {
    path,
    kind: kindOf(field.schema),
    defaultText: field.defaultText === undefined ? undefined : JSON.stringify(field.defaultText),
    required: field.required,
    summary: field.summary,
    example: field.example === undefined ? undefined : JSON.stringify(field.example),
  }
}

const kindOfFormat: Readonly<Record<string, string>> = {
  'duration-text': 'duration',
  'size-text': 'size',
  'duration-or-unlimited': 'duration',
  'size-or-unlimited': 'size',
}

function kindOf(schema: JsonSchema): string {
  if (schema['$ref'] === '#/$defs/secret') return 'secret'
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${JSON.stringify(value)}\``).join(' ')
  if (typeof schema['format'] === 'string') return kindOfFormat[schema['format']] ?? schema['format']
  if (schema['type'] === 'array') return `list of ${kindOf(schema['items'] as JsonSchema)}`
  if (schema['type'] === 'integer') return `${String(schema['minimum'])} to ${String(schema['maximum'])}`
  if (schema['type'] === 'string') return 'text'
  if (schema['type'] === 'boolean') return '`true` or `false`'
  return 'section'
}
