// Keys as texts: what steps with state remember and compare. Two different keys never have the same text.

import { isUtf8 } from 'node:buffer'
import { stringifyJson } from '../../../format/json-object.js'
import type { JsonValue } from '../../../format/parsed.js'

/** Of the value of an expression: a text as it is, anything else as JSON. */
export function keyText(value: JsonValue): string {
  return typeof value === 'string' ? value : stringifyJson(value)
}

/** Of the key of a record: the text that its bytes are; those that are none byte by byte, behind a NUL. */
export function keyTextOf(bytes: Uint8Array): string {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return isUtf8(key) ? key.toString('utf8') : `\0${key.toString('latin1')}`
}
