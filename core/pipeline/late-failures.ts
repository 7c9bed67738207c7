// Dead letters of records that a sink kept in its state: they and the change of the state are one append, so that a
// record is either kept or a dead letter, and never both.

import type { Json } from '../connector/context.js'
import type { LateFailure } from '../connector/sink.js'
import { appendTarget } from './append-target.js'
import type { ClaimedState } from './connector-state.js'
import { deadLetterBatches, deadLetterOf, deadLetterPartition } from './dead-letter.js'
import type { EdgeEnvironment } from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import type { SinkPlan } from './pipeline-plan.js'

export interface LateFailuresParts {
  readonly environment: EdgeEnvironment
  readonly plan: SinkPlan
  readonly state: ClaimedState
}

/** As SinkContext.bury says. */
export async function buryLate(
  { environment, plan, state }: LateFailuresParts,
  failures: readonly LateFailure[],
  changes: ReadonlyMap<string, Json | undefined>,
): Promise<void> {
  const { engine, world, meter } = environment
  const { deadLetter } = plan.onError
  const [first] = failures
  if (deadLetter === undefined) {
    if (first === undefined) return state.put(changes)
    const { of, offset, error } = first
    throw pipelineErrors.make(
      'no_dead_letter_topic',
      `${plan.group} gives up ${of.topic}/${of.partition} offset ${offset}: ${error.message}`,
      {
        cause: error,
        details: { group: plan.group, topic: of.topic, partition: of.partition, offset, code: error.code },
      },
    )
  }
  const target = appendTarget(engine.topics, deadLetter)
  const letters = failures.map(({ of, offset, record, error, attempts }) => {
    const place = { pipeline: environment.plan.name, edge: plan.id, ...of, offset }
    const reason = { ...place, code: error.code, message: error.message, attempts, atMs: world.clock.now() }
    const letter = deadLetterOf(record, reason, target.maxBatchBytes)
    return { letter, partition: deadLetterPartition(letter, of.partition, target.partitions) }
  })
  await engine.append(deadLetterBatches(letters, target), { state: state.update(changes) })
  for (const { error } of failures) meter.deadLettered(error.code, 1)
}
