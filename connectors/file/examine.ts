// What `doctor` and `validate --connect` say of a file source: what its globs find, what cannot be read, and how far
// behind each file is, by the resume points that are durable. Changes nothing.

import type { ConnectorContext } from '../../core/connector/context.js'
import type { Finding } from '../../core/connector/declaration.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { Discovery, type Look } from './discovery.js'
import { PathScope } from './path-scope.js'
import { realPathOf } from './real-path.js'
import { decodePoint, type FilePoint, pointPrefix } from './resume-point.js'
import { isGzipName } from './rotated-names.js'
import type { FileSettings } from './settings.js'
import { TextForms } from './text-form.js'
import { multilineRules } from './multiline.js'
import { identityOf } from './tracked-file.js'

/** So many files are named one by one. */
const maxNamed = 20

export async function examine(settings: FileSettings, context: ConnectorContext): Promise<readonly Finding[]> {
  const { files, baseDirectory, dataDirectory } = context
  const findings: Finding[] = []
  if (settings.multiline !== undefined) multilineRules(settings.multiline)
  new TextForms(settings).of('')
  const scope = new PathScope(settings, baseDirectory)
  const discovery = new Discovery({
    files,
    scope,
    followOutside: settings.followOutside,
    dataDirectory: await realPathOf(files, dataDirectory),
  })
  const look = await discovery.look()
  for (const error of look.skipped.values()) {
    findings.push({ level: 'warning', message: `${error.code}: ${error.message}`, hint: error.hint })
  }
  const points = context.state.entries(pointPrefix).map(([key, stored]) => decodePoint(key, stored))
  findings.push(...(await unreadable(look, context)), ...accounts(look, points), summary(look, points))
  return findings
}

async function unreadable(look: Look, context: ConnectorContext): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { realPath } of look.files.values()) {
    if (findings.length === maxNamed) break
    try {
      await (await context.files.open(realPath, 'read')).close()
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      findings.push({ level: 'problem', message: error.message, hint: error.hint })
    }
  }
  return findings
}

/** The files that are behind, the furthest first. */
function accounts(look: Look, points: readonly FilePoint[]): readonly Finding[] {
  const pointOf = new Map(points.map((point) => [identityOf(point), point]))
  const behind = [...look.files.values()]
    .filter(({ path }) => !isGzipName(path))
    .map((sighting) => ({ sighting, point: pointOf.get(identityOf(sighting)) }))
    .map(({ sighting, point }) => ({ sighting, point, behindBytes: sighting.bytes - (point?.position ?? 0) }))
    .filter(({ behindBytes }) => behindBytes > 0)
    .sort((a, b) => b.behindBytes - a.behindBytes)
  return behind.slice(0, maxNamed).map(({ sighting, point, behindBytes }): Finding => {
    const skipped = point?.skipped ?? 0
    const emitted = (point?.position ?? 0) - skipped
    const account = `${emitted} bytes emitted, ${skipped} skipped, ${behindBytes} to read`
    return { level: 'good', message: `${sighting.path}: ${account}` }
  })
}

function summary(look: Look, points: readonly FilePoint[]): Finding {
  const { size } = look.files
  if (size === 0) {
    return {
      level: 'warning',
      message: `no file matches; ${look.directories.size} directories were looked at`,
      hint: 'Check the globs in include; relative ones start at the folder of the pipeline file.',
    }
  }
  return { level: 'good', message: `${size} files match, ${points.length} have a resume point` }
}
