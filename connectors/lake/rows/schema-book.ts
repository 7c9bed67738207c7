// The schema of a topic's table, which all partitions and files of a sink share. It only grows. In the sink's state it
// is durable before the dead letters that it caused, and before a plan is sealed.

import type { ConnectorState, Json } from '../../../core/connector/context.js'
import { FieldReader } from '../bookkeeping.js'
import type { TableSchema } from '../table/column-type.js'
import { readTableSchema } from './table-schema-json.js'

const version = 1
const keyPrefix = 'schema/'

export class SchemaBook {
  readonly topic: string
  /** Does it stay as it was given? */
  readonly isFixed: boolean
  #schema: TableSchema
  #saved: TableSchema | undefined

  constructor(topic: string, schema: TableSchema, { isFixed }: { readonly isFixed: boolean }) {
    this.topic = topic
    this.isFixed = isFixed
    this.#schema = schema
  }

  /** As the state has it. Errors: lake_bookkeeping_malformed. */
  static remembered(state: ConnectorState, topic: string): TableSchema | undefined {
    const key = keyPrefix + topic
    const value = state.get(key)
    if (value === undefined) return undefined
    const fields = new FieldReader(value, `the sink's state under ${key}`)
    fields.version(version)
    return readTableSchema(fields.object('schema'))
  }

  get schema(): TableSchema {
    return this.#schema
  }

  grow(schema: TableSchema): void {
    this.#schema = schema
  }

  /** What has to be put into the state; undefined when it has it. */
  unsaved(): readonly [string, Json] | undefined {
    if (this.#schema === this.#saved) return undefined
    return [keyPrefix + this.topic, { version, schema: this.#schema } as unknown as Json]
  }

  /** The schema is in the state. */
  saved(schema: TableSchema): void {
    this.#saved = schema
  }
}
