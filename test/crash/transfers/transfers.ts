// What the transactional pipeline moves, as texts of records.
//
//   PARTITION NUMBER FROM TO AMOUNT            a transfer in `transfers`, as in `2 000000042 a3 a7 15`; its key is FROM
//   PARTITION NUMBER ACCOUNT CHANGE MOVER.N    what it does to an account: FROM loses in `debits`, TO gains in `credits`;
//                                              the key is ACCOUNT, and MOVER.N names the transaction that wrote it
//
// A transfer's number counts those of its partition of `transfers`.

import type { SeededRandom } from '../../simulation/world/seeded-random.js'
import { kafkaPartitions } from '../kafka-site.js'

export interface Transfer {
  /** Of `transfers`. */
  readonly partition: number
  readonly number: number
  readonly from: string
  readonly to: string
  readonly amount: number
}

/** One side of a transfer, as a transaction wrote it. */
export interface Posting {
  readonly partition: number
  readonly number: number
  readonly account: string
  readonly change: number
  readonly transaction: string
}

export const transferTopic = 'transfers'
export const postingTopics = ['debits', 'credits'] as const
export type PostingTopic = (typeof postingTopics)[number]
export const moverGroup = 'movers'

const accounts = Array.from({ length: 24 }, (_, index) => `a${index}`)
const mostAmount = 1000

/** An account pays from one partition alone, so that there is an order of what it pays. */
export function chooseTransfer(random: SeededRandom, partition: number, number: number): Transfer {
  const from = random.pick(accounts.filter((_, index) => index % kafkaPartitions === partition))
  const to = random.pick(accounts.filter((account) => account !== from))
  return { partition, number, from, to, amount: 1 + random.below(mostAmount) }
}

export function transferText({ partition, number, from, to, amount }: Transfer): string {
  return `${partition} ${numberText(number)} ${from} ${to} ${amount}`
}

/** Throws for what is no transfer. */
export function parseTransfer(text: string): Transfer {
  const parsed = /^(\d+) (\d{9}) (a\d+) (a\d+) (\d+)$/.exec(text)
  if (parsed === null) throw new Error(`no transfer: ${text}`)
  const [, partition, number, from, to, amount] = parsed
  return { partition: Number(partition), number: Number(number), from: from!, to: to!, amount: Number(amount) }
}

export function postingOf(transfer: Transfer, topic: PostingTopic, transaction: string): Posting {
  const { partition, number, from, to, amount } = transfer
  const side = topic === 'debits' ? { account: from, change: -amount } : { account: to, change: amount }
  return { partition, number, ...side, transaction }
}

export function postingText({ partition, number, account, change, transaction }: Posting): string {
  return `${partition} ${numberText(number)} ${account} ${change} ${transaction}`
}

/** Undefined for what no mover writes. */
export function parsePosting(text: string): Posting | undefined {
  const parsed = /^(\d+) (\d{9}) (a\d+) (-?\d+) (\S+)$/.exec(text)
  if (parsed === null) return undefined
  const [, partition, number, account, change, transaction] = parsed
  const place = { partition: Number(partition), number: Number(number) }
  return { ...place, account: account!, change: Number(change), transaction: transaction! }
}

function numberText(number: number): string {
  return String(number).padStart(9, '0')
}
