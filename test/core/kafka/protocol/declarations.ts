// All tables of the protocol, found by their files: a table that somebody adds is generated and tested by being there.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ApiDeclaration } from '../../../../core/kafka/protocol/declare-api.js'
import { requestHeader, responseHeader } from '../../../../core/kafka/protocol/messages/headers.js'
import type { MessageDeclaration } from '../../../../core/message/declare.js'
import { repositoryRoot } from '../../../architecture/source-files.js'

export const protocolFolder = join(repositoryRoot, 'core/kafka/protocol')

export interface DeclaredMessage {
  readonly message: MessageDeclaration
  /** The table's file, and the file of its codec, both without a suffix. */
  readonly tableFile: string
  readonly codecFile: string
}

/** Every declared API with the file that declares it, by key. */
export async function declaredApis(): Promise<readonly { readonly api: ApiDeclaration; readonly tableFile: string }[]> {
  const found: { api: ApiDeclaration; tableFile: string }[] = []
  // A build puts types and source maps beside the code.
  for (const name of readdirSync(join(protocolFolder, 'messages')).filter((one) => /^[a-z-]+\.[jt]s$/.test(one))) {
    const module = (await import(pathToFileURL(join(protocolFolder, 'messages', name)).href)) as object
    for (const api of Object.values(module).filter(isApi)) found.push({ api, tableFile: name.replace(/\.[jt]s$/, '') })
  }
  return found.sort((one, other) => one.api.key - other.api.key)
}

/** Every message: headers, then requests and responses by key. */
export async function declaredMessages(): Promise<readonly DeclaredMessage[]> {
  const apis = await declaredApis()
  return [
    { message: requestHeader, tableFile: 'headers', codecFile: 'request-header' },
    { message: responseHeader, tableFile: 'headers', codecFile: 'response-header' },
    ...apis.flatMap(({ api, tableFile }) => [
      { message: api.request, tableFile, codecFile: `${tableFile}-request` },
      { message: api.response, tableFile, codecFile: `${tableFile}-response` },
    ]),
  ]
}

function isApi(value: unknown): value is ApiDeclaration {
  return typeof value === 'object' && value !== null && 'key' in value && 'request' in value && 'response' in value
}
