// What of a file may be shown. Secrets stand in files as references and those are shown; but people paste passwords
// into addresses, so user names, passwords and queries of URLs are taken out of every text.

import type { Values } from './document.js'

/** A copy of a file's values, or of a part of them, that may be printed, logged and sent. */
export function printable(value: unknown): unknown {
  if (typeof value === 'string') return withoutCredentials(value)
  if (Array.isArray(value)) return value.map(printable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value as Values).map(([key, inner]) => [key, printable(inner)]))
}

/** A text with `[secret]` in place of what URLs in it carry before the host and behind `?`. */
export function withoutCredentials(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@"]*@/gi, '$1[secret]@')
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s?#"]*)\?[^\s#"]*/gi, '$1?[secret]')
}
