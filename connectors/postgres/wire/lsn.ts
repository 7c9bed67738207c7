// Positions in the write-ahead log.
//
// Text form (PostgreSQL manual, pg_lsn): two hexadecimal numbers of 32 bits with a slash, "16/B374D848"; on the wire
// eight bytes. Here a number, exact up to 2^53: 8 PiB of WAL, further than any cluster has come.

import { readInt64 } from '../../../core/bytes/big-endian.js'
import { postgresErrors } from '../errors.js'

/** Byte position in the write-ahead log; 0 is none. */
export type Lsn = number

const twoTo32 = 4294967296
const textForm = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/

/** The text form in upper case, as the server prints it: "16/B374D848". */
export function formatLsn(lsn: Lsn): string {
  const high = Math.floor(lsn / twoTo32)
  return `${high.toString(16).toUpperCase()}/${(lsn % twoTo32).toString(16).toUpperCase()}`
}

/** Errors: postgres_protocol_violation. */
export function parseLsn(text: string): Lsn {
  const found = textForm.exec(text)
  if (found === null) {
    throw postgresErrors.make('postgres_protocol_violation', `${JSON.stringify(text)} is not a WAL position`, {
      details: { text },
    })
  }
  return safe(Number.parseInt(found[1]!, 16) * twoTo32 + Number.parseInt(found[2]!, 16))
}

/** The eight bytes at `at`, which the caller has bounded. Errors: postgres_protocol_violation beyond 2^53. */
export function readLsn(bytes: Buffer, at: number): Lsn {
  return safe(readInt64(bytes, at))
}

function safe(lsn: number): Lsn {
  if (lsn >= 0 && lsn <= Number.MAX_SAFE_INTEGER) return lsn
  throw postgresErrors.make('postgres_protocol_violation', 'a WAL position lies beyond 2^53', { details: { lsn } })
}
