// Holds what was read from the pipeline's outputs against the ledger. Shares nothing with the product.
//
// Each transfer once in each output, and nothing else; the transfers of a partition in their order within each partition
// of an output; each account in one partition of it; balances as the ledger has them, zero over all. A transaction whole
// or not at all; there when its commit was answered, and not there when its abort was.

import { Findings, type Judged } from '../findings.js'
import type { ReadPartition, ReadRecord } from '../kcat-reader.js'
import { parsePosting, type Posting, postingOf, type PostingTopic, postingTopics, type Transfer } from './transfers.js'

/** `undone`: the commit was answered; `aborted`: its abort was, and it is seen; `torn`: a part of a transaction is seen. */
const transferFaults = ['lost', 'twice', 'disordered', 'foreign', 'undone', 'aborted', 'torn', 'unbalanced'] as const
export type TransferFault = (typeof transferFaults)[number]

export type TransactionEnd = 'committed' | 'aborted'

export interface TransferLedger {
  /** What was acknowledged in the input. */
  readonly transfers: readonly Transfer[]
  /** Of transactions whose end was answered, as their movers told. */
  readonly ends: ReadonlyMap<string, TransactionEnd>
}

/** The outputs: what a reader of committed records sees, and what a reader of all sees. */
export interface TransferReading {
  readonly committed: readonly ReadPartition[]
  readonly uncommitted: readonly ReadPartition[]
}

export interface TransferVerdict extends Judged<TransferFault> {
  /** Seen by a reader of committed records. */
  readonly committedTransactions: number
  /** Seen only by a reader of all. */
  readonly abortedTransactions: number
  readonly abortedRecords: number
}

export function judgeTransfers(ledger: TransferLedger, { committed, uncommitted }: TransferReading): TransferVerdict {
  const judgement = new Judgement(ledger, uncommitted)
  for (const partition of committed) judgement.take(partition)
  return judgement.close()
}

class Judgement {
  readonly #ledger: TransferLedger
  readonly #findings = new Findings(transferFaults)
  readonly #transfers: ReadonlyMap<string, Transfer>
  /** By place, what a reader of all sees. */
  readonly #uncommitted = new Map<string, string>()
  /** By transaction, the number of its records. */
  readonly #written = new Map<string, number>()
  readonly #seen = new Map<string, number>()
  /** By output and transfer, where it was read. */
  readonly #places = new Map<string, string>()
  /** By output and account, the partition. */
  readonly #homes = new Map<string, number>()
  readonly #balances = new Map<string, number>()

  constructor(ledger: TransferLedger, uncommitted: readonly ReadPartition[]) {
    this.#ledger = ledger
    this.#transfers = new Map(ledger.transfers.map((transfer) => [nameOf(transfer), transfer]))
    for (const { topic, partition, records } of uncommitted) {
      for (const { offset, text } of records) {
        const where = `${topic} ${partition}:${offset}`
        this.#uncommitted.set(where, text)
        if (this.#sentPosting(topic, where, text) !== undefined)
          count(this.#written, parsePosting(text)!.transaction, 1)
      }
    }
  }

  take({ topic, partition, records }: ReadPartition): void {
    const lastNumbers = new Map<number, number>()
    for (const { offset, text } of records) {
      const where = `${topic} ${partition}:${offset}`
      if (this.#uncommitted.get(where) !== text) {
        this.#findings.find('foreign', `${where}: ${text} is not what a reader of all sees there`)
      }
      const posting = this.#sentPosting(topic, where, text)
      if (posting === undefined) continue
      const { account, change, transaction, number } = posting
      count(this.#seen, transaction, 1)
      count(this.#balances, account, change)
      this.#place(topic, { where, posting })
      const home = this.#homes.get(`${topic} ${account}`) ?? partition
      if (home !== partition) this.#findings.find('disordered', `${where}: ${account} is in partition ${home} too`)
      this.#homes.set(`${topic} ${account}`, home)
      const last = lastNumbers.get(posting.partition) ?? -1
      if (number < last) this.#findings.find('disordered', `${where}: ${text} behind number ${last}`)
      lastNumbers.set(posting.partition, number)
    }
  }

  /** Undefined, and a finding, for what no mover would write there. */
  #sentPosting(topic: string, where: string, text: ReadRecord['text']): Posting | undefined {
    const posting = parsePosting(text)
    const transfer = posting && this.#transfers.get(nameOf(posting))
    const expected = transfer && postingOf(transfer, topic as PostingTopic, posting.transaction)
    if (expected?.account === posting?.account && expected?.change === posting?.change && expected !== undefined) {
      return posting
    }
    this.#findings.find('foreign', `${where}: ${text.slice(0, 80)}`)
    return undefined
  }

  #place(topic: string, { where, posting }: { readonly where: string; readonly posting: Posting }): void {
    const side = `${topic} ${nameOf(posting)}`
    const before = this.#places.get(side)
    if (before !== undefined) this.#findings.find('twice', `${where}: ${nameOf(posting)} stands at ${before} too`)
    this.#places.set(side, where)
  }

  close(): TransferVerdict {
    for (const transfer of this.#ledger.transfers) {
      for (const topic of postingTopics) {
        const side = `${topic} ${nameOf(transfer)}`
        if (!this.#places.has(side)) this.#findings.find('lost', `${side} is missing`)
      }
    }
    this.#checkBalances()
    this.#checkTransactions()
    const unseen = [...this.#written].filter(([transaction]) => !this.#seen.has(transaction))
    return {
      committedTransactions: this.#seen.size,
      abortedTransactions: unseen.length,
      abortedRecords: unseen.reduce((sum, [, records]) => sum + records, 0),
      faults: this.#findings.faults,
      findings: this.#findings.findings,
    }
  }

  #checkBalances(): void {
    const expected = new Map<string, number>()
    for (const { from, to, amount } of this.#ledger.transfers) {
      count(expected, from, -amount)
      count(expected, to, amount)
    }
    for (const account of new Set([...expected.keys(), ...this.#balances.keys()])) {
      const [has, should] = [this.#balances.get(account) ?? 0, expected.get(account) ?? 0]
      if (has !== should) this.#findings.find('unbalanced', `${account} has ${has} instead of ${should}`)
    }
    const sum = [...this.#balances.values()].reduce((before, balance) => before + balance, 0)
    if (sum !== 0) this.#findings.find('unbalanced', `all accounts together have ${sum}`)
  }

  #checkTransactions(): void {
    for (const [transaction, seen] of this.#seen) {
      const written = this.#written.get(transaction) ?? 0
      if (seen !== written) this.#findings.find('torn', `${transaction}: ${seen} of its ${written} records are seen`)
    }
    for (const [transaction, end] of this.#ledger.ends) {
      const seen = this.#seen.get(transaction) ?? 0
      if (end === 'committed' && seen === 0) this.#findings.find('undone', `${transaction} was committed`)
      if (end === 'aborted' && seen > 0) this.#findings.find('aborted', `${transaction}: ${seen} records are seen`)
    }
  }
}

function nameOf({ partition, number }: { readonly partition: number; readonly number: number }): string {
  return `${partition}-${number}`
}

function count(counts: Map<string, number>, of: string, by: number): void {
  counts.set(of, (counts.get(of) ?? 0) + by)
}
