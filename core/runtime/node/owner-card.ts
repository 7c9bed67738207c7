// What an owner says of itself: one line of JSON, on its socket and in owner.json.

import { hostname } from 'node:os'
import { basename } from 'node:path'
import type { OwnerCard } from '../ownership.js'

/** Long enough to recognise a command by; a card stays far below maxCardLength. */
const maxCommandLength = 200

/** A reader believes no longer card. */
export const maxCardLength = 4096

/** The card of this process. */
export function ownCard(): OwnerCard {
  const [program = process.execPath, ...rest] = process.argv
  return {
    pid: process.pid,
    host: hostname(),
    startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    command: [basename(program), ...rest].join(' ').slice(0, maxCommandLength),
  }
}

export function encodeCard(card: OwnerCard): string {
  return `${JSON.stringify(card)}\n`
}

/** The card in a text from outside; undefined when it is none. */
export function parseCard(text: string): OwnerCard | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { pid, host, startedAt, command } = value as Record<string, unknown>
  if (typeof pid !== 'number' || typeof host !== 'string') return undefined
  if (typeof startedAt !== 'string' || typeof command !== 'string') return undefined
  return { pid, host, startedAt, command }
}

/** "process 7 on mill, started 2026-01-01T00:00:00.000Z (node main.js)". */
export function describeOwner(card: OwnerCard | undefined): string {
  if (card === undefined) return 'a process that did not say who it is'
  return `process ${card.pid} on ${card.host}, started ${card.startedAt} (${card.command})`
}
