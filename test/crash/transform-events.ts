// The records of the proof of transforms, each a pure function of its number, and what one pass over them gives.

import { partitionForKey } from '../../core/record/partitioner.js'
import { Findings, type Judged } from './findings.js'
import type { StoredRecord } from '../support/segment-reader.js'

export const eventPartitions = 4
/** Events of one append of the feeder; before each of them a row of the table is replaced. */
export const eventsPerAppend = 50

const rowCount = 7
const groupCount = 5
const stepMs = 7
const windowMs = 1_000
const firstMs = 1_700_000_000_000
/** Beyond the doubles that are exact, when it is added up. */
const largePrice = Number.MAX_SAFE_INTEGER

export interface ProofEvent {
  readonly number: number
  readonly id: number
  readonly group: string
  readonly price: number
  readonly row: string
  /** The version of the row that was durable before the event; 0 when there was none. */
  readonly version: number
}

export function eventOf(number: number): ProofEvent {
  const chance = scrambled(number)
  const replaced = Math.floor(number / eventsPerAppend)
  const row = chance % rowCount
  return {
    number,
    // Every fourth repeats one of the last hundred.
    id: chance % 4 === 0 ? Math.max(0, number - ((chance >>> 8) % 100)) : number,
    group: `g${(chance >>> 4) % groupCount}`,
    price: chance % 31 === 0 ? largePrice : (chance >>> 3) % 1_000,
    row: rowName(row),
    version: replaced < row ? 0 : Math.floor((replaced - row) / rowCount) + 1,
  }
}

/** The row that is replaced as number `update`, and its version from then on. */
export function rowOf(update: number): { readonly row: string; readonly version: number } {
  return { row: rowName(update % rowCount), version: Math.floor(update / rowCount) + 1 }
}

export function keyOf(number: number): string {
  return `k${number % 16}`
}

export function partitionOf(number: number): number {
  return partitionForKey(Buffer.from(keyOf(number)), eventPartitions)
}

export function timeOf(number: number): number {
  return firstMs + number * stepMs
}

/** So late that every window before it is closed. */
export const closingMs = firstMs + 1_000_000_000_000

export type TransformFault = 'lost' | 'repeated' | 'wrong' | 'invented' | 'stale'

/** What the three transforms made, partition after partition. */
export interface TransformOutputs {
  readonly sums: readonly StoredRecord[]
  readonly unique: readonly StoredRecord[]
  readonly joined: readonly (readonly StoredRecord[])[]
}

/** Holds what was made of the first `count` events against one pass over them. */
export function judgeTransforms(count: number, outputs: TransformOutputs): Judged<TransformFault> {
  const findings = new Findings<TransformFault>(['lost', 'repeated', 'wrong', 'invented', 'stale'])
  judgeSums(count, outputs.sums, findings)
  judgeUnique(count, outputs.unique, findings)
  judgeJoined(count, outputs.joined, findings)
  return findings
}

function judgeSums(count: number, records: readonly StoredRecord[], findings: Findings<TransformFault>): void {
  const expected = new Map<string, { events: number; total: bigint; ids: Set<number> }>()
  for (let number = 0; number < count; number++) {
    const { group, price, id } = eventOf(number)
    const name = `${new Date(Math.floor(timeOf(number) / windowMs) * windowMs).toISOString()} ${group}`
    const sum = expected.get(name) ?? { events: 0, total: 0n, ids: new Set<number>() }
    expected.set(name, sum)
    sum.events++
    sum.total += BigInt(price)
    sum.ids.add(id)
  }
  const wanted = new Map([...expected].map(([name, sum]) => [name, `${sum.events} ${sum.total} ${sum.ids.size}`]))
  const found = records.map(({ value }) => {
    const exact = JSON.parse((value ?? '').replace(/"total":(\d+)/, '"total":"$1"')) as Record<string, string | number>
    return [`${exact['start']} ${exact['group']}`, `${exact['events']} ${exact['total']} ${exact['ids']}`] as const
  })
  compare('window', wanted, found, findings)
}

function judgeUnique(count: number, records: readonly StoredRecord[], findings: Findings<TransformFault>): void {
  const wanted = new Map<string, string>()
  for (let number = 0; number < count; number++) wanted.set(String(eventOf(number).id), '')
  const found = records.map(({ value }) => [String(numbersIn(value).id), ''] as const)
  compare('id', wanted, found, findings)
}

function judgeJoined(
  count: number,
  partitions: readonly (readonly StoredRecord[])[],
  findings: Findings<TransformFault>,
): void {
  const wanted = new Map<string, string>()
  for (let number = 0; number < count; number++) wanted.set(String(number), eventOf(number).row)
  const found: (readonly [string, string])[] = []
  const newest = new Map<string, number>()
  for (const [partition, records] of partitions.entries()) {
    for (const { value } of records) {
      const { number, version, row, joined } = numbersIn(value)
      const nothing = version === 0 ? row : 'none'
      found.push([String(number), joined?.row ?? nothing])
      if (joined === undefined) continue
      const place = `${partition}/${row}`
      // Each record sees what was durable before it, and none sees less than the one before it.
      const least = Math.max(version, newest.get(place) ?? 0)
      if (joined.version < least)
        findings.find('stale', `event ${number} has version ${joined.version} of ${row}, not ${least}`)
      newest.set(place, Math.max(least, joined.version))
    }
  }
  compare('event', wanted, found, findings)
}

function compare(
  what: string,
  wanted: ReadonlyMap<string, string>,
  found: readonly (readonly [string, string])[],
  findings: Findings<TransformFault>,
): void {
  const seen = new Set<string>()
  for (const [name, text] of found) {
    if (seen.has(name)) findings.find('repeated', `${what} ${name}`)
    seen.add(name)
    const expected = wanted.get(name)
    if (expected === undefined) findings.find('invented', `${what} ${name}: ${text}`)
    else if (expected !== text) findings.find('wrong', `${what} ${name}: ${text}, not ${expected}`)
  }
  for (const name of wanted.keys()) if (!seen.has(name)) findings.find('lost', `${what} ${name}`)
}

interface JoinedEvent extends ProofEvent {
  readonly joined?: { readonly row: string; readonly version: number }
}

function numbersIn(value: string | null): JoinedEvent {
  return JSON.parse(value ?? '{}') as JoinedEvent
}

function rowName(row: number): string {
  return `r${row}`
}

/** Spreads the bits of a number (the end of MurmurHash3). */
function scrambled(number: number): number {
  let hash = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
