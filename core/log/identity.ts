// `tailrace.json`: which hub a data directory belongs to, and the version of its format. It is written last when a
// directory is made, so that one without it was never in use.

import { messageOf } from '../errors/tailrace-error.js'
import { runtimeErrors } from '../runtime/errors.js'
import type { Files } from '../runtime/files.js'
import { formatVersion, type DataLayout } from './data-layout.js'
import { logErrors } from './errors.js'

export interface DirectoryIdentity {
  readonly format: number
  readonly hubId: string
  readonly createdAt: string
}

/** What may stand in a directory before it has an identity: what a start that was cut off leaves behind. */
const ownNames = /^(?:owner\..*|.*\.tmp|.*\.new|admin\.token|journal|topics|checkpoint-[01]|reserve|spool|set-aside)$/

/** Undefined for a directory that is new. Throws directory_version and directory_unknown. */
export async function readIdentity(files: Files, layout: DataLayout): Promise<DirectoryIdentity | undefined> {
  let bytes: Buffer
  try {
    bytes = await files.readAll(layout.identityFile)
  } catch (error) {
    if (!runtimeErrors.is(error, 'not_found')) throw error
    await mustBeNew(files, layout)
    return undefined
  }
  const identity = parseIdentity(bytes, layout.identityFile)
  if (identity.format === formatVersion) return identity
  const message = `${layout.root} has format ${identity.format}; this version reads format ${formatVersion}`
  throw logErrors.make('directory_version', message, { details: { format: identity.format, supported: formatVersion } })
}

export async function writeIdentity(files: Files, layout: DataLayout, identity: DirectoryIdentity): Promise<void> {
  await files.replace(layout.identityFile, Buffer.from(`${JSON.stringify(identity, undefined, 2)}\n`))
}

function parseIdentity(bytes: Buffer, path: string): DirectoryIdentity {
  let parsed: unknown
  try {
    parsed = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw logErrors.make('directory_unknown', `${path} is no JSON: ${messageOf(error)}`, { cause: error })
  }
  const { format, hubId, createdAt } = (parsed ?? {}) as Partial<DirectoryIdentity>
  if (typeof format === 'number' && typeof hubId === 'string' && typeof createdAt === 'string')
    return { format, hubId, createdAt }
  throw logErrors.make('directory_unknown', `${path} does not name a format and a hub`)
}

async function mustBeNew(files: Files, layout: DataLayout): Promise<void> {
  for (const name of await files.list(layout.root)) {
    if (!ownNames.test(name)) {
      throw logErrors.make('directory_unknown', `${layout.root} has no tailrace.json but holds "${name}"`)
    }
  }
  if ((await files.stat(layout.topicsDirectory)) === undefined) return
  const [topic] = await files.list(layout.topicsDirectory)
  if (topic !== undefined) {
    const hint = 'Its tailrace.json was lost: restore it from a copy. Nothing was touched.'
    throw logErrors.make('directory_unknown', `${layout.root} has no tailrace.json but holds topics/${topic}`, { hint })
  }
}
