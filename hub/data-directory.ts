// Where a hub keeps everything: DIR of --data, else `.tailrace` beside the first pipeline file, else `.tailrace` here.
// The engine makes the directory (mode 0700), its `tailrace.json` and its owner; the hub adds `admin.token` and, while
// its admin API listens, `admin.json`: {"http": "HOST:PORT"}, by which commands find it.

import { dirname, join, resolve } from 'node:path'
import type { Files } from '../core/runtime/files.js'
import { runtimeErrors } from '../core/runtime/errors.js'

const defaultName = '.tailrace'
const announcementFile = 'admin.json'

/** Absolute. */
export function dataDirectoryOf(given: string | undefined, firstPipelineFile?: string): string {
  if (given !== undefined) return resolve(given)
  return resolve(firstPipelineFile === undefined ? '.' : dirname(firstPipelineFile), defaultName)
}

/** Whether a hub has used the directory before. */
export async function isDataDirectory(files: Files, directory: string): Promise<boolean> {
  return (await files.stat(join(directory, 'tailrace.json'))) !== undefined
}

/** Read from the file, since a running hub may own the directory; empty when none has used it yet. */
export async function hubIdOf(files: Files, directory: string): Promise<string> {
  if (!(await isDataDirectory(files, directory))) return ''
  const bytes = await files.readAll(join(directory, 'tailrace.json'))
  const { hubId } = JSON.parse(bytes.toString('utf8')) as { readonly hubId: string }
  return hubId
}

/** Says where the admin API of the owner listens. */
export async function announceAdminApi(files: Files, directory: string, http: string): Promise<void> {
  await files.replace(join(directory, announcementFile), Buffer.from(`${JSON.stringify({ http })}\n`))
}

/** Takes the announcement back; fine when there is none. */
export async function withdrawAdminApi(files: Files, directory: string): Promise<void> {
  try {
    await files.unlink(join(directory, announcementFile))
  } catch (error) {
    if (!runtimeErrors.is(error, 'not_found')) throw error
  }
}

/** Where the owner's admin API listens; undefined when it has none. */
export async function announcedAdminApi(files: Files, directory: string): Promise<string | undefined> {
  const path = join(directory, announcementFile)
  if ((await files.stat(path)) === undefined) return undefined
  const { http } = JSON.parse((await files.readAll(path)).toString('utf8')) as { readonly http?: unknown }
  return typeof http === 'string' ? http : undefined
}
