// The open windows of an aggregate step. In the state each window of each group is one entry,
//
//   START/GROUP -> [[value of each group expression], [accumulator of each aggregate]]
//
// START in milliseconds. The different values that `distinct` has seen are entries of their own beside it,
// START/INDEX/HASH/GROUP -> 1, so that a record adds one and does not write all of them again.
//
// The index of windows in memory may name entries that a rolled-back unit took away again; who comes to one drops it.

import { createHash } from 'node:crypto'
import { stringifyJson } from '../../../format/json-object.js'
import type { JsonValue } from '../../../format/parsed.js'
import { accumulated, type AggregateFunction, emptyAccumulator, resultOf, valueFault } from './accumulators.js'
import { statefulErrors } from './errors.js'
import type { StepEntries } from './step-state.js'

/** What `min`, `max`, `first` and `last` may remember, as JSON: it is written again with each change of the window. */
const mostValueBytes = 1_024
/** Of the numbers that an accumulator has. */
const accumulatorWeightBytes = 64
/** 96 bits: the chance of one collision among a million values is 10^-17. */
const hashBytes = 12

export interface WindowTableOptions {
  readonly functions: readonly AggregateFunction[]
  readonly entries: StepEntries
  readonly distinct: StepEntries
  /** Entries over all windows. */
  readonly maxGroups: number
  /** Different values in one window of one group, for each `distinct`. */
  readonly maxDistinct: number
}

/** A group of one window. */
export interface WindowGroup {
  readonly startMs: number
  readonly group: string
}

/** One record for one window. */
export interface WindowInput extends WindowGroup {
  readonly by: readonly JsonValue[]
  /** In the order of the functions. */
  readonly values: readonly JsonValue[]
  readonly timeMs: number
}

export interface WindowResult {
  readonly by: readonly JsonValue[]
  readonly results: readonly JsonValue[]
}

interface OpenWindow {
  readonly startMs: number
  readonly groups: Set<string>
}

export class WindowTable {
  private readonly options: WindowTableOptions
  /** By start, ascending. */
  private readonly windows: OpenWindow[] = []
  /** The keys of distinct values, by window, group and function. */
  private readonly seen = new Map<string, Set<string>>()

  constructor(options: WindowTableOptions) {
    this.options = options
    for (const [key] of options.entries.all()) {
      const { startMs, group } = parsedKey(key)
      this.windowAt(startMs).groups.add(group)
    }
    for (const [key] of options.distinct.all()) this.seenBy(distinctSet(key)).add(key)
  }

  /**
   * Takes the record in. Errors, of the record: aggregate_value, aggregate_full, distinct_full; the caller rolls the
   * unit back then.
   */
  add(input: WindowInput): void {
    const { entries, functions, maxGroups } = this.options
    const { startMs, group, by, values, timeMs } = input
    const key = keyOf(input)
    const former = entries.get(key) as [JsonValue[], JsonValue[]] | undefined
    if (former === undefined && entries.size >= maxGroups) {
      throw statefulErrors.make('aggregate_full', `${entries.step} holds ${maxGroups} groups of open windows`, {
        details: { step: entries.step, maxGroups, startMs, group },
      })
    }
    const accumulators = functions.map((kind, index) => {
      const value = checked(values[index]!, kind, entries.step)
      const accumulator = former === undefined ? emptyAccumulator(kind) : former[1][index]!
      if (kind === 'distinct' && !this.isNew(input, index, { value, seenCount: accumulator as number }))
        return accumulator
      return accumulated(kind, accumulator, value, timeMs)
    })
    const groupBytes = Math.min(group.length * 4, mostValueBytes * by.length)
    entries.put(key, [[...by], accumulators], groupBytes + this.weightBytes(values))
    if (former === undefined) this.windowAt(startMs).groups.add(group)
  }

  /** A group of the first window that begins at `untilMs` or before; undefined when there is none. Between units only. */
  firstUntil(untilMs: number): WindowGroup | undefined {
    for (let window = this.windows[0]; window !== undefined && window.startMs <= untilMs; window = this.windows[0]) {
      for (const group of window.groups) {
        const found = { startMs: window.startMs, group }
        if (this.options.entries.get(keyOf(found)) !== undefined) return found
        this.drop(window, group)
      }
      this.windows.shift()
    }
    return undefined
  }

  /** What the window has of the group; undefined when it is closed. */
  result(of: WindowGroup): WindowResult | undefined {
    const entry = this.options.entries.get(keyOf(of)) as [JsonValue[], JsonValue[]] | undefined
    if (entry === undefined) return undefined
    const results = this.options.functions.map((kind, index) => resultOf(kind, entry[1][index]!))
    return { by: entry[0], results }
  }

  /** Forgets the group of the window. */
  close(of: WindowGroup): void {
    const { entries, distinct, functions } = this.options
    entries.delete(keyOf(of))
    for (let index = 0; index < functions.length; index++) {
      for (const key of this.seen.get(setName(of, index)) ?? []) distinct.delete(key)
    }
  }

  private isNew(of: WindowGroup, index: number, value: { value: JsonValue; seenCount: number }): boolean {
    if (value.value === null) return false
    const { distinct, maxDistinct } = this.options
    const hash = createHash('sha256')
      .update(stringifyJson(value.value))
      .digest('base64url')
      .slice(0, (hashBytes * 4) / 3)
    const key = `${of.startMs}/${index}/${hash}/${of.group}`
    if (distinct.get(key) !== undefined) return false
    if (value.seenCount >= maxDistinct) {
      throw statefulErrors.make(
        'distinct_full',
        `${this.options.entries.step}: a window of "${of.group}" has seen ${maxDistinct} different values`,
        { details: { step: this.options.entries.step, maxDistinct, ...of } },
      )
    }
    distinct.put(key, 1, 1)
    this.seenBy(setName(of, index)).add(key)
    return true
  }

  private weightBytes(values: readonly JsonValue[]): number {
    let bytes = values.length * accumulatorWeightBytes
    for (const value of values) if (typeof value === 'string') bytes += Math.min(value.length * 3, mostValueBytes)
    return bytes
  }

  private windowAt(startMs: number): OpenWindow {
    let at = this.windows.length
    while (at > 0 && this.windows[at - 1]!.startMs > startMs) at--
    const before = this.windows[at - 1]
    if (before?.startMs === startMs) return before
    const window = { startMs, groups: new Set<string>() }
    this.windows.splice(at, 0, window)
    return window
  }

  private seenBy(name: string): Set<string> {
    let keys = this.seen.get(name)
    if (keys === undefined) this.seen.set(name, (keys = new Set()))
    return keys
  }

  private drop(window: OpenWindow, group: string): void {
    window.groups.delete(group)
    for (let index = 0; index < this.options.functions.length; index++) {
      this.seen.delete(setName({ startMs: window.startMs, group }, index))
    }
  }
}

function checked(value: JsonValue, kind: AggregateFunction, step: string): JsonValue {
  const fault = valueFault(kind, value)
  if (fault !== undefined) {
    throw statefulErrors.make('aggregate_value', `${step}: ${fault}, and got ${stringifyJson(value).slice(0, 100)}`, {
      details: { step, function: kind },
    })
  }
  if (kind === 'count' || kind === 'distinct' || typeof value === 'number') return value
  const bytes = Buffer.byteLength(stringifyJson(value))
  if (bytes <= mostValueBytes) return value
  throw statefulErrors.make('aggregate_value', `${step}: ${kind} got ${bytes} bytes, ${mostValueBytes} are the most`, {
    details: { step, function: kind, bytes, mostValueBytes },
  })
}

function keyOf({ startMs, group }: WindowGroup): string {
  return `${startMs}/${group}`
}

function parsedKey(key: string): WindowGroup {
  const slash = key.indexOf('/')
  return { startMs: Number(key.slice(0, slash)), group: key.slice(slash + 1) }
}

function setName({ startMs, group }: WindowGroup, index: number): string {
  return `${startMs}/${index}/${group}`
}

/** START/INDEX/HASH/GROUP without its HASH, which holds no slash. */
function distinctSet(key: string): string {
  const [startMs, index, hash] = key.split('/', 3)
  const head = `${startMs}/${index}/`
  return head + key.slice(head.length + hash!.length + 1)
}
