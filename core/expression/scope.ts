// What an expression sees of a record, and the moving parts of one evaluation.

import type { JsonObject, JsonValue } from '../format/parsed.js'
import type { Value } from './value.js'

/** A record, as expressions ask for it. What is not asked for need not be worked out. */
export interface Scope {
  /** The value as an object. Throws, of the record, when it is none. */
  fields(): JsonObject
  /** The whole value: an object, or null. Throws when it is neither. */
  json(): JsonValue
  /** As a text; null without one. */
  keyText(): string | null
  /** By name, as texts; the last of equal names. */
  headerTexts(): JsonObject
  readonly topic: string
  readonly timestampMs: number
  /** The value's bytes as a text; empty without a value. */
  rawText(): string
  /** Whether the bytes stand somewhere in the value's; parses nothing. */
  rawIncludes(bytes: Buffer): boolean
}

/** An evaluation: the record, and the variables of the loops around, by depth. */
export interface Frame {
  scope: Scope
  readonly locals: Value[]
}

export type Evaluator = (frame: Frame) => Value
