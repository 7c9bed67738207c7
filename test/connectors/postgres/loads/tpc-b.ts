// The bank of TPC-B as pgbench has it: branches, tellers, accounts and a history of every transfer, and transactions that
// write all four. In every state of the database the balances of accounts, tellers and branches and the sum of the
// history are the same number.

import type pg from 'pg'
import { SeededRandom } from '../../../simulation/world/seeded-random.js'

export const bankTables = ['pgbench_accounts', 'pgbench_branches', 'pgbench_history', 'pgbench_tellers'] as const

export interface BankSize {
  readonly branches: number
  readonly tellers: number
  readonly accounts: number
}

/** One row: the four sums that have to agree, as text. */
export const bankSums = `
  SELECT (SELECT coalesce(sum(abalance), 0)::text FROM public.pgbench_accounts) AS accounts,
         (SELECT coalesce(sum(tbalance), 0)::text FROM public.pgbench_tellers) AS tellers,
         (SELECT coalesce(sum(bbalance), 0)::text FROM public.pgbench_branches) AS branches,
         (SELECT coalesce(sum(delta), 0)::text FROM public.pgbench_history) AS history`

export const bankSchema = `
  CREATE TABLE public.pgbench_branches (bid int NOT NULL PRIMARY KEY, bbalance int, filler char(88));
  CREATE TABLE public.pgbench_tellers (tid int NOT NULL PRIMARY KEY, bid int, tbalance int, filler char(84));
  CREATE TABLE public.pgbench_accounts (aid int NOT NULL PRIMARY KEY, bid int, abalance int, filler char(84));
  CREATE TABLE public.pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
  ALTER TABLE public.pgbench_history REPLICA IDENTITY FULL;`

export function bankRows({ branches, tellers, accounts }: BankSize): string {
  return `
    INSERT INTO pgbench_branches SELECT n, 0, NULL FROM generate_series(1, ${branches}) AS n;
    INSERT INTO pgbench_tellers SELECT n, 1 + n % ${branches}, 0, NULL FROM generate_series(1, ${tellers}) AS n;
    INSERT INTO pgbench_accounts SELECT n, 1 + n % ${branches}, 0, '' FROM generate_series(1, ${accounts}) AS n;`
}

export interface BankLoadOptions {
  readonly size: BankSize
  readonly connections: number
  readonly seed: number
  /** A new connection; asked again after one was lost. */
  connect(): Promise<pg.Client>
}

/** Transactions as fast as the server takes them, until it is stopped. */
export class BankLoad {
  /** Commits whose answer came. */
  committed = 0
  readonly #options: BankLoadOptions
  readonly #tellers: Promise<void>[]
  #isStopped = false

  constructor(options: BankLoadOptions) {
    this.#options = options
    const random = new SeededRandom(options.seed)
    this.#tellers = Array.from({ length: options.connections }, () => this.#work(random.fork()))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#tellers)
  }

  async #work(random: SeededRandom): Promise<void> {
    while (!this.#isStopped) {
      const client = await this.#options.connect().catch(() => undefined)
      if (client === undefined) {
        await new Promise((resolve) => setTimeout(resolve, reconnectMs))
        continue
      }
      try {
        while (!this.#isStopped) {
          await transfer(client, this.#options.size, random)
          this.committed++
        }
      } catch (error) {
        if (!isLostConnection(error)) throw error
      } finally {
        await client.end().catch(() => undefined)
      }
    }
  }
}

const reconnectMs = 50
const largestDelta = 5000

async function transfer(client: pg.Client, size: BankSize, random: SeededRandom): Promise<void> {
  const account = 1 + random.below(size.accounts)
  const teller = 1 + random.below(size.tellers)
  const branch = 1 + random.below(size.branches)
  const delta = random.below(2 * largestDelta + 1) - largestDelta
  const run = (name: string, text: string, values: readonly number[]): Promise<unknown> =>
    client.query({ name, text, values: [...values] })
  await client.query('BEGIN')
  await run('account', 'UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2', [delta, account])
  await run('balance', 'SELECT abalance FROM pgbench_accounts WHERE aid = $1', [account])
  await run('teller', 'UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2', [delta, teller])
  await run('branch', 'UPDATE pgbench_branches SET bbalance = bbalance + $1 WHERE bid = $2', [delta, branch])
  const history = 'INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)'
  await run('history', history, [teller, branch, account, delta])
  await client.query('COMMIT')
}

/** The server went away or was starting; anything that it says of a statement is a fault of the load. */
function isLostConnection(error: unknown): boolean {
  const { code } = error as { readonly code?: string }
  return code === undefined || code.startsWith('57') || code.startsWith('08') || code.startsWith('E')
}
