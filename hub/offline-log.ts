// A data directory looked at, or repaired, while no hub runs on it. It is owned meanwhile, so that none can start.

import { openEmbeddedEngine } from '../core/engine/embedded/embedded-engine.js'
import { dumpLog, type DumpLine } from '../core/log/offline/dump.js'
import { verifyLog, type VerifyReport } from '../core/log/offline/verify.js'
import { runtimeErrors } from '../core/runtime/errors.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import type { Claim } from '../core/runtime/ownership.js'
import type { World } from '../core/runtime/world.js'
import type { Logger } from '../core/telemetry/logger.js'
import { silentRecorder } from '../core/telemetry/recorder.js'
import { dataDirectoryOf, isDataDirectory } from './data-directory.js'
import { hubErrors } from './errors.js'

/** Errors: no_data_directory, directory_owned, directory_version, checkpoint_damaged. */
export function verifyOffline(directory: string): Promise<VerifyReport> {
  return owning(directory, ({ files }, path) => verifyLog(files, path))
}

/** Calls `print` for each line. Errors: as for verifyOffline. */
export function dumpOffline(
  directory: string,
  topic: string | undefined,
  print: (line: DumpLine) => void,
): Promise<void> {
  return owning(directory, async ({ files }, path) => {
    for await (const line of dumpLog(files, path, { topic })) print(line)
  })
}

/**
 * Opens the log and accepts what the journal lost: what cannot be read is set aside and named through the logger.
 * Errors: as for verifyOffline, and what cannot be repaired.
 */
export async function repairOffline(directory: string, logger: Logger): Promise<void> {
  const world = nodeWorld()
  const path = await existing(world, directory)
  const engine = await openEmbeddedEngine({
    directory: path,
    world,
    logger,
    recorder: silentRecorder,
    acceptsLoss: true,
  })
  await engine.close()
}

async function owning<T>(directory: string, use: (world: World, path: string) => Promise<T>): Promise<T> {
  const world = nodeWorld()
  const path = await existing(world, directory)
  const claim = await claimIfPossible(world, path)
  try {
    return await use(world, path)
  } finally {
    await claim?.release()
  }
}

/** A copy on a read-only file system cannot be owned, and needs not to be. */
async function claimIfPossible(world: World, path: string): Promise<Claim | undefined> {
  try {
    return await world.ownership.claim(path)
  } catch (error) {
    if (runtimeErrors.is(error, 'disk_full') || runtimeErrors.is(error, 'denied')) return undefined
    throw error
  }
}

async function existing({ files }: World, directory: string): Promise<string> {
  const path = dataDirectoryOf(directory)
  if (await isDataDirectory(files, path)) return path
  throw hubErrors.make('no_data_directory', `${path} is no data directory`)
}
