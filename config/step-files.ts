// What steps bring along beside the pipeline file: JSON Schemas, which have to mean something, and modules, which have to
// be there. Modules are not loaded here: a check runs no code.

import { resolve } from 'node:path'
import { messageOf } from '../core/errors/tailrace-error.js'
import type { ModuleSettings, ValidateSettings } from '../core/pipeline/steps/kinds/declarations.js'
import { problemAt } from './check-inputs.js'
import type { Draft } from './draft.js'
import type { Problem } from './problem.js'
import type { SecretReader } from './references.js'

type Reader = Pick<SecretReader, 'readFile'>

/** Every schema that cannot be used and every file that cannot be read. */
export async function stepFileProblems(drafts: readonly Draft[], reader: Reader): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const draft of drafts) {
    for (const { section, id, passage } of draft.edges) {
      for (const [index, { kind, settings }] of (passage?.steps ?? []).entries()) {
        const fault = await faultOf(kind, settings, { reader, baseDirectory: draft.baseDirectory })
        if (fault === undefined) continue
        const place = [section, id, 'steps', String(index), kind, fault.setting]
        problems.push(problemAt(draft, place, fault.message))
      }
    }
  }
  return problems
}

interface Fault {
  readonly setting: string
  readonly message: string
}

interface Surroundings {
  readonly reader: Reader
  readonly baseDirectory: string
}

async function faultOf(
  kind: string,
  settings: unknown,
  { reader, baseDirectory }: Surroundings,
): Promise<Fault | undefined> {
  if (kind !== 'module' && kind !== 'validate') return undefined
  const { file, schema } = settings as Partial<ModuleSettings & ValidateSettings>
  const setting = file === undefined ? 'schema' : 'file'
  try {
    const bytes = file === undefined ? undefined : await reader.readFile(resolve(baseDirectory, file))
    if (kind === 'module') return undefined
    const { validateStep } = await import('../core/pipeline/steps/kinds/validate-step.js')
    const read: unknown = bytes === undefined ? schema : JSON.parse(bytes.toString())
    if (typeof read !== 'object' || read === null) return { setting, message: 'the file holds no JSON object' }
    validateStep(read as Readonly<Record<string, unknown>>, 'the schema')
    return undefined
  } catch (error) {
    return { setting, message: messageOf(error) }
  }
}
