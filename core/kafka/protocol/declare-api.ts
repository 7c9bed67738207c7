// One API of Kafka as a table: its key and versions, which its request and its response share, and their fields.
//
// The tables in messages/ follow Kafka's public message definitions, field by field and in their order. The codecs in
// generated/ are made from them: `npx vitest run test/core/kafka/protocol/generated.test.ts -u`.

import type { Fields, MessageDeclaration } from '../../message/declare.js'
import { message } from '../../message/declare.js'

export interface ApiDeclaration {
  readonly key: number
  readonly name: string
  readonly request: MessageDeclaration
  readonly response: MessageDeclaration
  /** What ApiVersions tells: below the first version of the tables when clients need an overlap that none of them uses. */
  readonly advertisedFrom: number
}

export interface ApiTable {
  readonly key: number
  readonly name: string
  readonly versions: string
  readonly flexible: string
  readonly advertisedFrom?: number
  readonly request: Fields
  readonly response: Fields
}

/** Declares an API; the messages are called after it, `NameRequest` and `NameResponse`. */
export function declareApi(table: ApiTable): ApiDeclaration {
  const request = message(`${table.name}Request`, table, table.request)
  return {
    key: table.key,
    name: table.name,
    request,
    response: message(`${table.name}Response`, table, table.response),
    advertisedFrom: table.advertisedFrom ?? request.versions.from,
  }
}
