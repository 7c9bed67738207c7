// The run of transactions: producers with transactions through lives that end by crashes, against a model of what each
// of them was answered. Its scenario; lives.ts has the rest.

import type { LogEngine } from '../../core/engine/log-engine.js'
import { type Examined, runSeed, type RunReport, type Scenario, traceSeed } from './lives.js'
import { LogClient } from './log-client.js'
import { LogModel } from './log-model.js'
import type { RunPlan } from './log-plan.js'
import { examineOver, examineTransactions } from './transaction-examination.js'
import { TransactionModel } from './transaction-model.js'
import { transactionOperations } from './transaction-operations.js'
import { drawTransactionPlan, type TransactionOperationName } from './transaction-plan.js'
import { takeName } from './transaction-producer.js'
import type { SeededRandom } from './world/seeded-random.js'

/** What a transaction of the run may take. */
const timeoutsMs = [40, 500, 5000, 60_000]
/** Whoever is out of time is aborted within this, with nothing in the way. */
const graceMs = 3000

export interface TransactionRunReport extends RunReport {
  /** Transactions by what they were seen to be in the end. */
  readonly committed: number
  readonly aborted: number
}

/** An engine as the examinations see it; a negative control has them look at another one. */
type Glass = (engine: LogEngine) => LogEngine

/** Runs a seed; rejects with the Violation, or with whatever else went wrong, its message naming the seed. */
export async function simulateTransactions(
  seed: number,
  glass: Glass = (engine) => engine,
): Promise<TransactionRunReport> {
  const { model, scenario } = transactionScenario(glass)
  const report = await runSeed(seed, scenario)
  const settled = model.names.flatMap(({ transactions }) => transactions.map((transaction) => transaction.settled))
  const count = (wanted: string): number => settled.filter((standing) => standing === wanted).length
  return { ...report, committed: count('committed'), aborted: count('aborted') }
}

/** Runs a seed for its trace, also when it fails. */
export function traceOfTransactions(
  seed: number,
): Promise<{ readonly lines: readonly string[]; readonly failure: unknown }> {
  return traceSeed(seed, transactionScenario((engine) => engine).scenario)
}

function transactionScenario(glass: Glass): {
  readonly model: TransactionModel
  readonly scenario: Scenario<TransactionOperationName>
} {
  const model = new TransactionModel(new LogModel())
  let plan: RunPlan<TransactionOperationName>
  const scenario: Scenario<TransactionOperationName> = {
    model: model.log,
    drawPlan: (random) => {
      plan = drawTransactionPlan(random)
      model.name(drawTimeouts(random))
      return plan
    },
    operations: transactionOperations(model),
    examine: (examined) => examineTransactions({ ...examined, engine: glass(examined.engine) }, model),
    examineLast: async (examined) => {
      await examineTransactions({ ...examined, engine: glass(examined.engine) }, model)
      await endAll(examined, model, plan)
      await examineTransactions({ ...examined, engine: glass(examined.engine) }, model)
      await examineOver(examined.engine, model)
    },
  }
  return { model, scenario }
}

function drawTimeouts(random: SeededRandom): readonly number[] {
  return Array.from({ length: 2 + random.below(3) }, () => random.pick(timeoutsMs))
}

/** Each name is taken anew, or what is open of it runs out of time. */
async function endAll(
  { engine, machine, random }: Examined,
  model: TransactionModel,
  plan: RunPlan<TransactionOperationName>,
): Promise<void> {
  const client = new LogClient({ machine, engine, model: model.log, random, plan })
  const waitsMs = [0]
  for (const name of model.names) {
    if (random.chance(0.5)) await takeName({ client, model }, name)
    else waitsMs.push(name.timeoutMs + graceMs)
  }
  await machine.clock.sleep(Math.max(...waitsMs))
}
