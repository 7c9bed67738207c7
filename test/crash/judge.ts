// Asks the judge's process, and holds its verdict.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { JudgeRequest, LakeVerdict } from './judge-process.js'
import type { Verdict } from './delivered-lines.js'

const program = fileURLToPath(new URL('judge-process.js', import.meta.url))

export class Judge {
  readonly #child: ChildProcess = fork(program)

  async ask(request: JudgeRequest): Promise<readonly LakeVerdict[]> {
    this.#child.send(request)
    const [answer] = (await once(this.#child, 'message')) as [{ verdicts?: readonly LakeVerdict[]; failure?: string }]
    if (answer.verdicts === undefined) throw new Error(`the judge: ${answer.failure}`)
    return answer.verdicts
  }

  dismiss(): void {
    this.#child.kill()
  }
}

/** Throws unless each line is there once, in order. */
export function requireExact(what: string, verdict: Verdict & { readonly changed?: readonly string[] }): void {
  const { lost, twice, disordered, foreign, findings, changed = [] } = verdict
  if (lost + twice + disordered + foreign + changed.length === 0) return
  const counts = `${lost} lost, ${twice} twice, ${disordered} out of order, ${foreign} foreign, ${changed.length} changed`
  throw new Error([`${what}: ${counts}`, ...findings, ...changed.slice(0, 5)].join('\n  '))
}

/** Throws when a verdict does not find what was planted. */
export function requireCaught(what: string, verdict: Verdict, kind: 'lost' | 'twice'): void {
  if (verdict[kind] === 0) throw new Error(`a control that must fail held: ${what}`)
}
