// The run of all operations of the log, with an independent reader at its end: its scenario.

import { compareWithDisk } from './disk-comparison.js'
import { runSeed, type RunReport, type Scenario, traceSeed } from './lives.js'
import { examine, type Findings } from './log-examination.js'
import { dataDirectory, operations } from './log-operations.js'
import { LogModel } from './log-model.js'
import { drawPlan, type OperationName } from './log-plan.js'

/** Runs a seed; rejects with the Violation, or with whatever else went wrong, its message naming the seed. */
export function simulate(seed: number): Promise<RunReport> {
  return runSeed(seed, logScenario())
}

/** Runs a seed for its trace, also when it fails. */
export function traceOf(seed: number): Promise<{ readonly lines: readonly string[]; readonly failure: unknown }> {
  return traceSeed(seed, logScenario())
}

function logScenario(): Scenario<OperationName> {
  const model = new LogModel()
  let served: Findings = new Map()
  return {
    model,
    drawPlan,
    operations,
    examine: async ({ engine, random }) => {
      await examine(engine, model, random)
    },
    examineLast: async ({ engine, random }) => {
      served = await examine(engine, model, random)
    },
    examineDisk: ({ disk }) => compareWithDisk(disk, { directory: dataDirectory, findings: served, model }),
  }
}
