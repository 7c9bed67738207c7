// A row's `ctid`, "(block,offset)", as two numbers: to be compared row by row without a text of each.

import { postgresErrors } from '../errors.js'

const zero = 0x30
const comma = 0x2c
const closing = 0x29

export class RowPlace {
  block = -1
  offset = -1

  /** Takes the place that is written from `start` on. Errors: postgres_protocol_violation, unless it lies behind the last. */
  advance(bytes: Buffer, start: number, end: number): void {
    let at = start + 1
    let block = 0
    while (at < end && bytes[at] !== comma) block = block * 10 + bytes[at++]! - zero
    at++
    let offset = 0
    while (at < end && bytes[at] !== closing) offset = offset * 10 + bytes[at++]! - zero
    const isBehind = block > this.block || (block === this.block && offset > this.offset)
    if (at !== end - 1 || !isBehind) throw outOfOrder(bytes.toString('latin1', start, end), this.toString())
    this.block = block
    this.offset = offset
  }

  set({ block, offset }: RowPlace): void {
    this.block = block
    this.offset = offset
  }

  /** As the server writes it. */
  toString(): string {
    return `(${this.block},${this.offset})`
  }
}

/** A position means nothing unless rows come in the order of their places. */
function outOfOrder(place: string, before: string): Error {
  return postgresErrors.make(
    'postgres_protocol_violation',
    `the row at ${place} was sent behind the one at ${before}`,
    {
      details: { place, before },
    },
  )
}
