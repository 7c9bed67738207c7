// What `doctor` looks at in a lake in a directory, without changing anything.

import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { DirectoryClaims } from './directory-claims.js'
import { rootOf } from './directory-sink.js'
import type { DirectorySettings } from './directory-sink.js'
import { bookkeepingOf } from './directory-store.js'
import { readAllStates } from './partition-state.js'
import { findRoot } from './root-claim.js'
import { Staging } from './staging.js'

/** Room for this many files of full size is worth a warning when it is missing. */
const roomyFiles = 4

export async function examineDirectory(
  settings: DirectorySettings,
  context: ConnectorContext,
): Promise<readonly Finding[]> {
  const { files } = context
  const root = rootOf(settings, context)
  const stat = await files.stat(root)
  if (stat === undefined)
    return [{ level: 'good', message: `${root} does not exist yet and is made at the first start` }]
  if (stat.kind !== 'directory') return [{ level: 'problem', message: `${root} is no directory` }]
  return [await ownership(root, context), await room(root, settings, context), ...(await work(root, context))]
}

async function ownership(root: string, context: ConnectorContext): Promise<Finding> {
  try {
    const found = await findRoot(new DirectoryClaims(context.files, root), context.hubId)
    return {
      level: 'good',
      message: found === undefined ? `${root} belongs to no hub yet` : `${root} belongs to this hub`,
    }
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error
    return { level: 'problem', message: error.message, hint: error.hint }
  }
}

async function room(root: string, settings: DirectorySettings, context: ConnectorContext): Promise<Finding> {
  const freeBytes = await context.files.freeBytes(root)
  const message = `${roughSize(freeBytes)} are free below ${root}`
  if (freeBytes >= roomyFiles * settings.rotate.bytes) return { level: 'good', message }
  return {
    level: 'warning',
    message: `${message}, less than ${roomyFiles} files of ${roughSize(settings.rotate.bytes)}`,
    hint: 'Free space there. When there is none, the sink waits and goes on by itself afterwards.',
  }
}

/** Plans that a crash left open, or that are being published. */
export function openPlans(context: ConnectorContext): readonly Finding[] {
  const plans = readAllStates(context.state).flatMap(({ plan }) => plan ?? [])
  return plans.map((plan) => ({
    level: 'warning',
    message:
      `${plan.topic}-${plan.partition}: ${plan.objects.length} files for offsets ${plan.firstOffset} to below ` +
      `${plan.nextOffset} are being published below ${plan.root.path}`,
    hint: 'If no hub is running, the next start finishes them.',
  }))
}

/** Open plans, and files under way. */
async function work(root: string, context: ConnectorContext): Promise<readonly Finding[]> {
  const { files, pipeline, connector } = context
  const findings = openPlans(context)
  const staging = new Staging(files, bookkeepingOf(root, { pipeline, sink: connector }).open, '')
  const names = await staging.names()
  if (names.length === 0) return findings
  let bytes = 0
  for (const name of names) bytes += (await files.statLink(staging.pathOf(name)))?.bytes ?? 0
  return [...findings, { level: 'good', message: `${names.length} files with ${roughSize(bytes)} are under way` }]
}

/** For people: the largest unit that it has at least one of, with a decimal. */
function roughSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${units[unit]}`
}
