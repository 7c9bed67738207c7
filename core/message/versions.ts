// Ranges of message versions, as tables write them: '4-17', '9+' (to the end), '3' (one), 'none'.

import { invariant } from '../errors/invariant.js'

/** Versions `from` to `to`, both included; `to` is Infinity for '9+'. */
export interface VersionRange {
  readonly from: number
  readonly to: number
}

/** The range that no version is in. */
export const noVersions: VersionRange = { from: Infinity, to: -Infinity }

const rangeText = /^(\d+)(?:(\+)|-(\d+))?$/

/** Parses a range; a text of another form, or one that ends before it begins, is a broken assumption. */
export function parseVersions(text: string): VersionRange {
  if (text === 'none') return noVersions
  const match = rangeText.exec(text)
  invariant(match !== null, `not a range of versions: ${text}`)
  const from = Number(match[1])
  const to = match[2] === '+' ? Infinity : Number(match[3] ?? match[1])
  invariant(from <= to, `a range of versions ends before it begins: ${text}`)
  return { from, to }
}

/** The versions in both ranges; `noVersions` when there are none. */
export function intersectVersions(one: VersionRange, other: VersionRange): VersionRange {
  const from = Math.max(one.from, other.from)
  const to = Math.min(one.to, other.to)
  return from <= to ? { from, to } : noVersions
}

export function hasVersion(range: VersionRange, version: number): boolean {
  return version >= range.from && version <= range.to
}

/** Is every version of `inner` one of `outer`? */
export function includesVersions(outer: VersionRange, inner: VersionRange): boolean {
  return inner.from > inner.to || (inner.from >= outer.from && inner.to <= outer.to)
}
