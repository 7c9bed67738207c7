// Rows of 1 KiB, numbered from 1: many in one transaction, or few at a time at a steady rate.

import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

export const wideTable = 'CREATE TABLE public.wide (id int NOT NULL PRIMARY KEY, filler text NOT NULL);'
export const rowsPerMiB = 1024
/** Of each transaction of a steady load. */
export const steadyRows = 1000

/** One statement, and so one transaction. */
export async function insertWide(client: pg.Client, from: number, to: number): Promise<void> {
  await client.query(`INSERT INTO wide SELECT n, repeat(md5(n::text), 31) FROM generate_series(${from}, ${to}) AS n`)
}

export interface SteadyLoad {
  readonly megabytes: number
  readonly megabytesPerSecond: number
  /** Called about every second while it runs. */
  look(): Promise<void>
}

/** Transactions of `steadyRows`, about a megabyte each; how many rows there are in the end. */
export async function steadyWide(client: pg.Client, load: SteadyLoad): Promise<number> {
  const startedMs = performance.now()
  let lookedMs = startedMs
  for (let done = 0; done < load.megabytes; done++) {
    await insertWide(client, done * steadyRows + 1, (done + 1) * steadyRows)
    const ahead = startedMs + ((done + 1) / load.megabytesPerSecond) * 1000 - performance.now()
    if (ahead > 0) await sleep(ahead)
    if (performance.now() - lookedMs < 1000) continue
    lookedMs = performance.now()
    await load.look()
  }
  return load.megabytes * steadyRows
}
