import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { hasVersion } from '../../../../core/message/versions.js'
import type { Codec } from '../../message/codec-laws.js'
import {
  checkMutations,
  checkRoundTrip,
  checkTruncation,
  checkUnknownTags,
  codecOf,
  versionsOf,
} from '../../message/codec-laws.js'
import { declaredMessages, protocolFolder } from './declarations.js'

/** Per message and version; with 39 APIs and their versions it is some 450 times that. */
const runs = 25

async function codecs(): Promise<readonly Codec[]> {
  const loaded = (await declaredMessages()).map(async ({ message, codecFile }) => {
    const module = (await import(pathToFileURL(join(protocolFolder, 'generated', `${codecFile}.ts`)).href)) as object
    return codecOf(message, module as Readonly<Record<string, unknown>>)
  })
  return Promise.all(loaded)
}

describe('the codecs of every API and version', async () => {
  const all = await codecs()

  it('are there for requests and responses of 39 APIs, and for the headers', () => {
    expect(all.length).toBe(2 * 39 + 2)
  })

  it.each(all.map((codec) => [codec.declared.name, codec] as const))('%s: reads what it writes', (_name, codec) => {
    for (const version of versionsOf(codec.declared)) checkRoundTrip(codec, version, runs)
  })

  it.each(all.map((codec) => [codec.declared.name, codec] as const))('%s: passes over unknown tags', (_name, codec) => {
    const flexible = versionsOf(codec.declared).filter((version) => hasVersion(codec.declared.flexible, version))
    for (const version of flexible) checkUnknownTags(codec, version, runs)
  })

  it.each(all.map((codec) => [codec.declared.name, codec] as const))(
    '%s: refuses what is cut short',
    (_name, codec) => {
      for (const version of versionsOf(codec.declared)) checkTruncation(codec, version, runs)
    },
  )

  it.each(all.map((codec) => [codec.declared.name, codec] as const))('%s: survives mutations', (_name, codec) => {
    for (const version of versionsOf(codec.declared)) checkMutations(codec, version, runs)
  })
})
