import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Api, ApiName } from '../../../../core/kafka/protocol/apis.js'
import { apis } from '../../../../core/kafka/protocol/apis.js'
import { MessageWriter } from '../../../../core/message/message-writer.js'
import { hasVersion } from '../../../../core/message/versions.js'
import type { PlainMessage } from '../../message/arbitrary-message.js'
import { declaredApis } from './declarations.js'
import { arbitraryPlainResponse } from './plain-response.js'

// kafkajs never sends a flexible version: its parsers are the judges of the older half of the protocol.

const runs = 40
const require = createRequire(import.meta.url)
const requestsFolder = 'kafkajs/src/protocol/requests'

interface ForeignApi {
  readonly name: ApiName
  readonly version: number
  readonly decode: Decode
}

type Decode = (response: Buffer) => Promise<unknown>

function foreignApis(): readonly ForeignApi[] {
  const names = readdirSync(join(require.resolve(requestsFolder), '..')).filter((name) => Object.hasOwn(apis, name))
  return (names as ApiName[]).flatMap((name) => {
    const versions = readdirSync(join(require.resolve(`${requestsFolder}/${name}`), '..'))
    return versions
      .filter((folder) => /^v\d+$/.test(folder))
      .map((folder) => ({
        name,
        version: Number(folder.slice(1)),
        decode: decoderIn(require(`${requestsFolder}/${name}/${folder}/response`) as ResponseModule),
      }))
  })
}

/** DeleteRecords alone makes its decoder for a request. */
type ResponseModule = { readonly decode: Decode } | ((request: object) => { readonly decode: Decode })

function decoderIn(module: ResponseModule): Decode {
  return typeof module === 'function' ? module({ topics: [] }).decode : module.decode
}

/** How far the decoder of each buffer came: the class counts in its property `offset`, which is replaced here. */
function watchOffsets(): (buffer: Buffer) => number | undefined {
  const decoderClass = require('kafkajs/src/protocol/decoder') as { readonly prototype: object }
  const offsets = new WeakMap<object, number>()
  Object.defineProperty(decoderClass.prototype, 'offset', {
    get(this: { readonly buffer: Buffer }) {
      return offsets.get(this.buffer) ?? 0
    },
    set(this: { readonly buffer: Buffer }, offset: number) {
      offsets.set(this.buffer, offset)
    },
  })
  return (buffer) => offsets.get(buffer)
}

describe('responses as kafkajs reads them', async () => {
  const offsetIn = watchOffsets()
  const declared = new Map((await declaredApis()).map(({ api }) => [api.key, api]))
  const ours = foreignApis().filter(({ name, version }) => {
    return hasVersion(declared.get(apis[name].key)!.response.versions, version)
  })

  it('are there for most APIs', () => {
    expect(new Set(ours.map(({ name }) => name)).size).toBeGreaterThan(20)
  })

  it.each(ours)('$name version $version: takes every byte', async ({ name, version, decode }) => {
    const { response } = declared.get(apis[name].key)!
    const api = apis[name] as Api<unknown, never> as Api<unknown, PlainMessage>
    const property = fc.asyncProperty(arbitraryPlainResponse(response, version), async (message) => {
      const writer = new MessageWriter()
      api.encodeResponse(writer, message, version)
      const frame = Buffer.concat(writer.finish())
      await decode(frame)
      expect(offsetIn(frame)).toBe(frame.length)
    })
    await fc.assert(property, { numRuns: runs })
  })
})
