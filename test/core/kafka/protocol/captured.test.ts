import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { ApiDeclaration } from '../../../../core/kafka/protocol/declare-api.js'
import { openRequest } from '../../../../core/kafka/protocol/envelope.js'
import { encodeRequestHeader } from '../../../../core/kafka/protocol/generated/request-header.js'
import { MessageWriter } from '../../../../core/message/message-writer.js'
import { hasVersion } from '../../../../core/message/versions.js'
import { repositoryRoot } from '../../../architecture/source-files.js'
import type { Codec } from '../../message/codec-laws.js'
import { codecOf, failureOf } from '../../message/codec-laws.js'
import { declaredApis, protocolFolder } from './declarations.js'
import type { RecordedRequest } from './recording-broker.js'

interface Capture {
  readonly origin: string
  readonly requests: readonly RecordedRequest[]
}

const folder = join(repositoryRoot, 'test/core/kafka/protocol/captured')
const captures = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Capture)

interface Row {
  readonly api: ApiDeclaration
  readonly codec: Codec
}

async function rowsByName(): Promise<ReadonlyMap<string, Row>> {
  const rows = (await declaredApis()).map(async ({ api, tableFile }) => {
    const file = join(protocolFolder, 'generated', `${tableFile}-request.ts`)
    const module = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>
    return [api.name, { api, codec: codecOf(api.request, module) }] as const
  })
  return new Map(await Promise.all(rows))
}

/** Requests that Kafka would not take for what their sender means either; neither is sent to a broker that offers more. */
const mistakes: Readonly<Record<string, string>> = {
  'Metadata 11': 'writes includeClusterAuthorizedOperations, which ends with version 10',
  'DescribeConfigs 2': 'writes includeDocumentation, which begins with version 3',
}

function isMistaken({ api, version, hex }: RecordedRequest): boolean {
  const isPlatformatic = openRequest(Buffer.from(hex, 'hex')).header.clientId === 'platformatic'
  return isPlatformatic && mistakes[`${api} ${version}`] !== undefined
}

/** The request decoded and written again; a rest that was not read makes them differ. */
function writtenAgain({ api, codec }: Row, { version, hex }: RecordedRequest): string {
  const { header, body } = openRequest(Buffer.from(hex, 'hex'))
  expect(header).toMatchObject({ requestApiKey: api.key, requestApiVersion: version })
  const writer = new MessageWriter()
  encodeRequestHeader(writer, header, hasVersion(api.request.flexible, version) ? 2 : 1)
  codec.encode(writer, codec.decode(body, version), version)
  return Buffer.concat(writer.finish()).toString('hex')
}

describe.each(captures)('requests captured from $origin', async ({ requests }) => {
  const rows = await rowsByName()

  it.each(requests.filter((one) => !isMistaken(one)))(
    '$api version $version: are read whole and written back to the same bytes',
    (request) => {
      expect(writtenAgain(rows.get(request.api)!, request)).toBe(request.hex)
    },
  )

  it('are as many as the capture had, and no mistake of a client is listed for nothing', () => {
    expect(requests.length).toBeGreaterThanOrEqual(60)
    for (const request of requests.filter(isMistaken)) {
      const failure = failureOf(() => expect(writtenAgain(rows.get(request.api)!, request)).toBe(request.hex))
      expect(failure, `${request.api} ${request.version} is fine`).toBeInstanceOf(Error)
    }
  })
})
