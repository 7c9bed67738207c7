// What a change of a transform does to what it remembered: offsets, and the state of its steps. Pure.

import type { ChangeEffect } from '../core/connector/declaration.js'
import { readSettings } from '../core/connector/fields.js'
import type { StepPlan } from '../core/pipeline/pipeline-plan.js'
import { definitionOf, isStateful, statefulNames } from '../core/pipeline/steps/stateful/definitions.js'
import { statefulDeclarations, type StatefulKind } from '../core/pipeline/steps/stateful/settings.js'
import type { Values } from './document.js'

export interface TransformChange {
  readonly kind: 'added' | 'removed' | 'changed'
  /** As the file has them. */
  readonly previous: Values
  readonly next: Values
  /** Names of the settings that differ. */
  readonly changed: readonly string[]
}

/** For `plan`. Both sides have passed the schema; one that has not says nothing of its steps. */
export function transformEffects({ kind, previous, next, changed }: TransformChange): readonly ChangeEffect[] {
  if (kind === 'removed') {
    const effect =
      'its offsets and state stay: under the same id it goes on where it was; records are no longer kept for it'
    return [{ setting: 'transform', effect, dangerous: false }]
  }
  if (kind === 'added') {
    return [{ setting: 'transform', effect: 'begins with the oldest record of its topics', dangerous: false }]
  }
  return changed.flatMap((setting): readonly ChangeEffect[] => {
    if (setting === 'from') {
      const effect = 'a new topic is read from its oldest record; of one left out the offsets stay'
      return [{ setting, effect, dangerous: false }]
    }
    if (setting === 'to') {
      const effect = 'what is emitted from here on goes to the new topic; the rest stays where it is'
      return [{ setting, effect, dangerous: false }]
    }
    return setting === 'steps' ? stepEffects(previous, next) : []
  })
}

function stepEffects(previous: Values, next: Values): readonly ChangeEffect[] {
  const setting = 'steps'
  const [before, after] = [definitionsIn(previous), definitionsIn(next)]
  const effects: ChangeEffect[] = [{ setting, effect: 'hold for records that are read from here on', dangerous: false }]
  for (const [name, definition] of before) {
    const now = after.get(name)
    if (now === undefined) {
      effects.push({ setting, effect: `what the step "${name}" remembers is forgotten`, dangerous: true })
    } else if (now !== definition) {
      const effect = `refused: what the step "${name}" remembers was made by another definition; give it another \`name\``
      effects.push({ setting, effect, dangerous: true })
    }
  }
  for (const name of after.keys()) {
    if (!before.has(name)) effects.push({ setting, effect: `the step "${name}" begins with nothing`, dangerous: false })
  }
  return effects
}

/** The definition of each step with state, by its name. */
function definitionsIn({ steps }: Values): ReadonlyMap<string, string> {
  const plans = (Array.isArray(steps) ? steps : []).flatMap(planOf)
  const names = statefulNames(plans)
  return new Map(plans.map((plan, index) => [names[index]!, definitionOf(plan)]))
}

/** A step with state, its settings read; nothing for any other. */
function planOf(raw: unknown): readonly StepPlan[] {
  const [kind, settings] = Object.entries((raw ?? {}) as Values)[0] ?? ['', {}]
  if (!isStateful({ kind, settings })) return []
  const { fields } = statefulDeclarations[kind as StatefulKind]
  return [{ kind, settings: readSettings(fields, settings as Values) }]
}
