// At which system calls a process may be struck, from a recording of a run that was not.

import type { SystemCall } from './strace.js'

/** Kills before the `number`-th call of this name of any thread. */
export interface Strike {
  readonly call: string
  readonly number: number
  /** The call, for a person. */
  readonly text: string
}

/** So that a call that is made once is struck as often as one that is made a thousand times. */
const mostOfOneCall = 40

/** Of calls that change what is in `directory`, evenly spread for each name. */
export function strikesIn(calls: readonly SystemCall[], directory: string): readonly Strike[] {
  const counts = new Map<string, number>()
  const byCall = new Map<string, Strike[]>()
  for (const { thread, name, text } of calls) {
    const counter = `${thread} ${name}`
    const number = (counts.get(counter) ?? 0) + 1
    counts.set(counter, number)
    if (!text.includes(directory) || (name === 'openat' && !text.includes('O_CREAT'))) continue
    const strikes = byCall.get(name) ?? []
    strikes.push({ call: name, number, text: text.slice(0, 160).replaceAll(directory, '') })
    byCall.set(name, strikes)
  }
  return [...byCall.values()].flatMap((strikes) => {
    const step = Math.max(1, strikes.length / mostOfOneCall)
    const spread = Array.from({ length: Math.floor(strikes.length / step) }, (_, at) => strikes[Math.floor(at * step)]!)
    return Array.from({ length: mostOfOneCall }, (_, at) => spread[at % spread.length]!)
  })
}
