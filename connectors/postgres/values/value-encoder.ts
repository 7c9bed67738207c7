// How a value of one type leaves: from PostgreSQL's text form to JSON.

import type { OutputBytes } from './output-bytes.js'

/** Writes the value whose text form lies from `start` to `end` as JSON at `out.at`, which moves behind it. */
export type ValueEncoder = (input: Buffer, start: number, end: number, out: OutputBytes) => void
