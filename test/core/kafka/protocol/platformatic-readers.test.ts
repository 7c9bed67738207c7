import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Api } from '../../../../core/kafka/protocol/apis.js'
import { apiByKey } from '../../../../core/kafka/protocol/apis.js'
import { MessageWriter } from '../../../../core/message/message-writer.js'
import { hasVersion } from '../../../../core/message/versions.js'
import { repositoryRoot } from '../../../architecture/source-files.js'
import type { PlainMessage } from '../../message/arbitrary-message.js'
import { failureOf } from '../../message/codec-laws.js'
import { declaredApis } from './declarations.js'
import { arbitraryPlainResponse } from './plain-response.js'

// @platformatic/kafka has a parser for each API and version, written by hand from Kafka's documents: its modules are
// loaded by path, because the package exports only the clients made of them.

const clientFolder = join(repositoryRoot, 'node_modules/@platformatic/kafka/dist')
const runs = 40

interface ForeignReader {
  readonly remaining: number
}

interface ForeignApi {
  readonly api: { readonly key: number; readonly version: number }
  readonly parseResponse: (correlationId: number, key: number, version: number, reader: ForeignReader) => unknown
}

/** Parsers that take something else than Kafka's documents say. */
const mistakes: Readonly<Record<string, string>> = {
  'Metadata 9': 'takes one byte for the four of clusterAuthorizedOperations',
  'Metadata 10': 'takes one byte for the four of clusterAuthorizedOperations',
  'Metadata 11': 'takes a byte for clusterAuthorizedOperations, which ends with version 10',
  'OffsetForLeaderEpoch 4': 'takes the partition before the error code',
  'DescribeConfigs 2': 'takes configType and documentation, which begin with version 3',
  'DescribeTopicPartitions 0': 'leaves the tagged fields of the cursor',
}

async function foreignApis(): Promise<readonly ForeignApi[]> {
  const found: ForeignApi[] = []
  for (const group of ['admin', 'consumer', 'metadata', 'producer', 'security']) {
    const folder = join(clientFolder, 'apis', group)
    for (const file of readdirSync(folder).filter((name) => /-v\d+\.js$/.test(name))) {
      found.push((await import(pathToFileURL(join(folder, file)).href)) as ForeignApi)
    }
  }
  return found.sort((a, b) => a.api.key - b.api.key || a.api.version - b.api.version)
}

function isResponseError(failure: unknown): boolean {
  return failure instanceof Error && failure.constructor.name === 'ResponseError'
}

describe('responses as @platformatic/kafka reads them', async () => {
  const readerFile = join(clientFolder, 'protocol/reader.js')
  const { Reader } = (await import(pathToFileURL(readerFile).href)) as {
    readonly Reader: { from(bytes: Buffer): ForeignReader }
  }
  const declared = new Map((await declaredApis()).map(({ api }) => [api.key, api]))
  const ours = (await foreignApis()).filter(({ api }) => {
    const here = declared.get(api.key)
    return here !== undefined && hasVersion(here.response.versions, api.version)
  })
  const named = ours.map((foreign) => [declared.get(foreign.api.key)!.name, foreign.api.version, foreign] as const)

  it('are there for most APIs', () => {
    expect(existsSync(readerFile)).toBe(true)
    expect(new Set(ours.map(({ api }) => api.key)).size).toBeGreaterThan(30)
  })

  it.each(named)('%s version %i: takes every byte but the closing count of tagged fields', (name, version, foreign) => {
    const { response } = declared.get(foreign.api.key)!
    const api = apiByKey(foreign.api.key) as Api<unknown, PlainMessage>
    const property = fc.property(arbitraryPlainResponse(response, version), (message) => {
      const writer = new MessageWriter()
      api.encodeResponse(writer, message, version)
      const reader = Reader.from(Buffer.concat(writer.finish()))
      // Failed records of Produce are thrown as an error when the response has been read.
      const failure = failureOf(() => foreign.parseResponse(0, api.key, version, reader))
      if (failure !== undefined && !isResponseError(failure)) throw failure
      expect(reader.remaining, `bytes left of ${name}`).toBe(hasVersion(response.flexible, version) ? 1 : 0)
    })
    if (mistakes[`${name} ${version}`] === undefined) fc.assert(property, { numRuns: runs })
    else expect(() => fc.assert(property, { numRuns: runs })).toThrow()
  })
})
