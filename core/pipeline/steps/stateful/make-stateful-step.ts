// Makes the steps with state of a transform from its plan, each with its part of the state, and watches that what they
// remember was made by the same definition.

import type { LogEngine } from '../../../engine/log-engine.js'
import { stringifyJson } from '../../../format/json-object.js'
import type { JsonValue } from '../../../format/parsed.js'
import { pipelineErrors } from '../../errors.js'
import type { StepPlan } from '../../pipeline-plan.js'
import { AggregateStep } from './aggregate-step.js'
import { DedupeStep } from './dedupe-step.js'
import { definitionOf } from './definitions.js'
import { LookupStep } from './lookup-step.js'
import { LookupTable } from './lookup-table.js'
import type { AggregateSettings, DedupeSettings, LookupSettings, StatefulKind, ThrottleSettings } from './settings.js'
import type { Evaluate, StatefulStep, TimedRecord } from './stateful-step.js'
import type { StepEntries, StepState } from './step-state.js'
import { ThrottleStep } from './throttle-step.js'
import { Watermark } from './watermark.js'
import { WindowTable } from './window-table.js'

/** Where the definitions lie that the state of steps was made by. */
export const definitionsEntry = '~definitions'

/** What the chain of a transform does with records for these steps. */
export interface RecordAccess<R> {
  /** Errors: those of expressions. */
  compile(expression: string): Evaluate<R>
  /** The key as a text, null without one. */
  readonly keyOf: Evaluate<R>
  /** Sets a field. */
  assignTo(field: string): (record: R, value: JsonValue) => void
}

export interface StatefulParts<R> {
  readonly engine: LogEngine
  readonly state: StepState
  readonly access: RecordAccess<R>
}

/** What a StepState must be made for, so that `makeStatefulStep` finds its entries. */
export function entriesOf(names: readonly string[]): readonly string[] {
  return [definitionsEntry, ...names.flatMap((name) => [name, `${name}~time`, `${name}~distinct`])]
}

/**
 * The step, which goes on from what it remembered. Errors: step_changed when that was remembered by another definition;
 * those of expressions.
 */
export function makeStatefulStep<R extends TimedRecord>(
  name: string,
  plan: StepPlan,
  parts: StatefulParts<R>,
): StatefulStep<R> {
  const { state } = parts
  checkDefinition(name, plan, state.of(definitionsEntry))
  switch (plan.kind as StatefulKind) {
    case 'throttle':
      return throttle(name, plan.settings as ThrottleSettings, parts)
    case 'dedupe':
      return dedupe(name, plan.settings as DedupeSettings, parts)
    case 'lookup':
      return lookup(name, plan.settings as LookupSettings, parts)
    case 'aggregate':
      return aggregate(name, plan.settings as AggregateSettings, parts)
  }
}

function checkDefinition(name: string, plan: StepPlan, definitions: StepEntries): void {
  const definition = definitionOf(plan)
  const stored = definitions.get(name)
  if (stored === definition) return
  if (stored !== undefined) {
    throw pipelineErrors.make('step_changed', `what the step ${name} remembers was made by ${stringifyJson(stored)}`, {
      details: { step: name, stored, definition },
    })
  }
  definitions.put(name, definition, definition.length)
}

function throttle<R extends TimedRecord>(name: string, settings: ThrottleSettings, parts: StatefulParts<R>) {
  const { limit, per: perMs, maxKeys, onExceed, key, idle } = settings
  const evaluate: Evaluate<R> = key === undefined ? () => '' : parts.access.compile(key)
  const common = { name, entries: parts.state.of(name), watermark: watermarkOf(name, idle, parts) }
  return new ThrottleStep({ ...common, limit, perMs, maxKeys, onExceed, key: evaluate })
}

function dedupe<R extends TimedRecord>(name: string, settings: DedupeSettings, parts: StatefulParts<R>) {
  const { window: windowMs, maxKeys, key, idle } = settings
  const evaluate = key === undefined ? parts.access.keyOf : parts.access.compile(key)
  const common = { name, entries: parts.state.of(name), watermark: watermarkOf(name, idle, parts) }
  return new DedupeStep({ ...common, windowMs, maxKeys, key: evaluate })
}

function lookup<R extends TimedRecord>(name: string, settings: LookupSettings, { engine, access }: StatefulParts<R>) {
  const { table: topic, key, into, missing, maxBytes } = settings
  const table = new LookupTable({ engine, step: name, topic, maxBytes })
  return new LookupStep({ name, table, key: access.compile(key), assign: access.assignTo(into), missing })
}

function aggregate<R extends TimedRecord>(name: string, settings: AggregateSettings, parts: StatefulParts<R>) {
  const { access, state } = parts
  const { window: sizeMs, every: everyMs = sizeMs, lateness: latenessMs, lateTo, updates, idle } = settings
  const { maxGroups, maxDistinct } = settings
  const values = Object.entries(settings.values)
  const entries = state.of(name)
  const functions = values.map(([, value]) => value.function)
  const table = new WindowTable({ functions, entries, distinct: state.of(`${name}~distinct`), maxGroups, maxDistinct })
  const named = (field: string, expression: string | undefined) => {
    return { field, evaluate: expression === undefined ? () => null : access.compile(expression) }
  }
  return new AggregateStep<R>({
    name,
    watermark: watermarkOf(name, idle, parts),
    entries,
    table,
    frame: { sizeMs, everyMs },
    latenessMs,
    lateTo,
    updates,
    by: Object.entries(settings.by).map(([field, expression]) => named(field, expression)),
    values: values.map(([field, value]) => named(field, value.expression)),
  })
}

function watermarkOf<R>(name: string, idleMs: number, { state }: StatefulParts<R>): Watermark {
  return new Watermark(state.of(`${name}~time`), idleMs)
}
