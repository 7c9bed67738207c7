// What names the state of a step, and what decides whether it is of any use: for who runs steps, and for who says what
// a change of the file does.

import { stringifyJson } from '../../../format/json-object.js'
import type { StepPlan } from '../../pipeline-plan.js'
import {
  type AggregateSettings,
  type DedupeSettings,
  statefulDeclarations,
  type StatefulKind,
  type ThrottleSettings,
} from './settings.js'

export function isStateful(step: StepPlan): boolean {
  return Object.hasOwn(statefulDeclarations, step.kind)
}

/** The name of each step with state, in their order: its own, or its kind, with a number from the second of a kind on. */
export function statefulNames(steps: readonly StepPlan[]): readonly string[] {
  const counts = new Map<string, number>()
  return steps.filter(isStateful).map(({ kind, settings }) => {
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    return (settings as { readonly name?: string }).name ?? (count === 1 ? kind : `${kind}-${count}`)
  })
}

/** What of a step decides what its state means: with another one the state is of no use. */
export function definitionOf({ kind, settings }: StepPlan): string {
  switch (kind as StatefulKind) {
    case 'throttle': {
      const { key, per } = settings as ThrottleSettings
      return stringifyJson([kind, key ?? null, per])
    }
    case 'dedupe':
      return stringifyJson([kind, (settings as DedupeSettings).key ?? null])
    case 'lookup':
      return stringifyJson([kind])
    case 'aggregate': {
      const { by, window, every, values } = settings as AggregateSettings
      const functions = Object.entries(values).map(([field, value]) => [
        field,
        value.function,
        value.expression ?? null,
      ])
      return stringifyJson([kind, Object.entries(by), window, every ?? window, functions])
    }
  }
}
