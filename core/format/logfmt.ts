// logfmt, as Heroku's routers and many Go programs write it: key=value pairs between spaces.
//
//   at=info method=GET path="/a b" note="say \"hi\"\n" cached empty= status=200
//
// A key is any run of characters but space, `=` and `"`. A value is a run without spaces and quotes, or stands in
// quotes with the escapes of JSON. Values are text; a key without `=` is true. A key given twice has its last value.
// A text without a single pair is prose, not logfmt, and so is one with a quote where none belongs.

import { emptyObject, type Parsed, ParseFailure } from './parsed.js'

/** Space, as everything up to U+0020 counts here. */
const lastSpace = 0x20
const quote = 0x22
const equals = 0x3d
const backslash = 0x5c

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }
const unicodePattern = /[0-9a-fA-F]{4}/y

/** The pairs of the text. Failures: `no-pairs`, `syntax` with the place. Never throws on any text. */
export function parseLogfmt(text: string): Parsed {
  const object = emptyObject()
  let pairs = 0
  let at = 0
  for (;;) {
    while (text.charCodeAt(at) <= lastSpace) at++
    if (at >= text.length) break
    const keyStart = at
    while (isBare(text.charCodeAt(at)) && text.charCodeAt(at) !== equals) at++
    if (at === keyStart || text.charCodeAt(at) === quote) return new ParseFailure('syntax', at)
    const key = text.slice(keyStart, at)
    if (text.charCodeAt(at) !== equals) {
      object[key] = true
      continue
    }
    pairs++
    const valueStart = ++at
    if (text.charCodeAt(at) === quote) {
      at = quoteEnd(text, valueStart)
      const value = at < 0 ? undefined : unescape(text.slice(valueStart + 1, at - 1))
      if (value === undefined || isBare(text.charCodeAt(at)) || text.charCodeAt(at) === quote) {
        return new ParseFailure('syntax', valueStart)
      }
      object[key] = value
      continue
    }
    while (isBare(text.charCodeAt(at))) at++
    if (text.charCodeAt(at) === quote) return new ParseFailure('syntax', at)
    object[key] = text.slice(valueStart, at)
  }
  return pairs === 0 ? new ParseFailure('no-pairs', 0) : object
}

/** Part of a key or of a value without quotes; false for the NaN behind the end. */
function isBare(code: number): boolean {
  return code > lastSpace && code !== quote
}

/** The place behind the quote that closes the one at `start`; -1 when none does. */
function quoteEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at + 1
    if (code === backslash) at++
  }
  return -1
}

/** Undefined when a `\u` lacks its digits. */
function unescape(quoted: string): string | undefined {
  let at = quoted.indexOf('\\')
  if (at < 0) return quoted
  let text = quoted.slice(0, at)
  while (at >= 0) {
    const letter = quoted[at + 1]!
    at += 2
    if (letter === 'u') {
      unicodePattern.lastIndex = at
      const hex = unicodePattern.exec(quoted)?.[0]
      if (hex === undefined) return undefined
      text += String.fromCharCode(parseInt(hex, 16))
      at += hex.length
    } else {
      // What needs no escape may have one all the same.
      text += Object.hasOwn(escapes, letter) ? escapes[letter]! : letter
    }
    const next = quoted.indexOf('\\', at)
    text += quoted.slice(at, next < 0 ? undefined : next)
    at = next
  }
  return text
}
