// Steps as a file has them, over records as texts.

import { TailraceError } from '../../../../../core/errors/tailrace-error.js'
import type { StepPlan } from '../../../../../core/pipeline/pipeline-plan.js'
import { makeRecordSteps } from '../../../../../core/pipeline/steps/make-record-steps.js'
import { RecordSteps } from '../../../../../core/pipeline/steps/record-step.js'
import { stepDeclarationOf } from '../../../../../core/pipeline/steps/step-declarations.js'
import { StepRecord } from '../../../../../core/pipeline/steps/step-record.js'
import { nodeFiles } from '../../../../../core/runtime/node/node-files.js'

export interface Out {
  readonly value: string | null
  readonly key: string | null
  readonly timeMs: number
  readonly to: string | undefined
  readonly headers: Readonly<Record<string, unknown>>
}

export interface In {
  readonly value: string | null
  readonly key?: string
}

/** A step as it stands in a file, its settings read as a file's are. */
export function planOf(step: Readonly<Record<string, unknown>>): StepPlan {
  const [kind, raw] = Object.entries(step)[0]!
  return { kind, settings: stepDeclarationOf(kind)!.field.read(raw) }
}

/** Gives each record to the steps; what comes out, or the code of the error. */
export async function stepsOf(
  steps: readonly Readonly<Record<string, unknown>>[],
  baseDirectory = '/',
): Promise<(record: In | string) => readonly Out[] | string> {
  const record = new StepRecord()
  const out: Out[] = []
  const made = await makeRecordSteps(steps.map(planOf), { baseDirectory, files: nodeFiles })
  const chain = new RecordSteps(made, record, () => {
    const { key, value, timestampMs, to } = { ...record.plain(), to: record.to }
    const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString())
    out.push({ value: text(value), key: text(key), timeMs: timestampMs, to, headers: { ...record.headerTexts() } })
  })
  return (given) => {
    const { value, key } = typeof given === 'string' ? { value: given, key: undefined } : given
    const bytes = value === null ? null : Buffer.from(value)
    const parts = { key: key === undefined ? null : Buffer.from(key), value: bytes, valueStart: 0 }
    record.readParts({ ...parts, valueEnd: bytes?.length ?? 0, timestampMs: 1000, headers: null }, 'app.logs')
    out.length = 0
    try {
      chain.run()
    } catch (error) {
      if (error instanceof TailraceError) return error.code
      throw error
    }
    return [...out]
  }
}

/** The values that come out of one record, as texts. */
export async function valuesOf(
  steps: readonly Readonly<Record<string, unknown>>[],
  given: In | string,
): Promise<readonly (string | null)[] | string> {
  const out = (await stepsOf(steps))(given)
  return typeof out === 'string' ? out : out.map(({ value }) => value)
}
