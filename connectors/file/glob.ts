// Globs over absolute paths, one path segment at a time, so that a walk asks them at every directory whether to
// descend: `*` and `?` within a name, `[a-z]` and `[!a-z]`, `{a,b}`, `**` as a whole segment for any depth, and a
// backslash before a character that is meant literally.
//
// As in a shell, a wildcard does not match the dot at the beginning of a hidden name, unless `matchHidden` says so.
// Invariant: matching one name takes at most (length of name × length of segment) steps, whatever the pattern.

import { fileErrors } from './errors.js'

/** Which segments of a pattern may come next; empty when nothing below can match. Never changed in place. */
export type GlobState = readonly number[]

export interface GlobOptions {
  /** Wildcards match hidden names too. */
  readonly matchHidden: boolean
}

type Token =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'star' }
  | {
      readonly kind: 'class'
      readonly negated: boolean
      readonly ranges: readonly (readonly [string, string])[]
    }

type Segment = 'anyDepth' | readonly Token[]

/** More alternatives than this in one pattern are a mistake, or an attempt to exhaust memory. */
const maxAlternatives = 1000

export class Glob {
  readonly pattern: string
  /** The directory of the literal segments in front: nothing outside of it can match. */
  readonly root: string
  /** The state at `root`. */
  readonly start: GlobState
  readonly #segments: readonly Segment[]
  readonly #matchHidden: boolean

  /** Takes an absolute pattern without braces; see `compileGlobs`. */
  constructor(pattern: string, options: GlobOptions) {
    const texts = pattern.split('/').filter((text) => text !== '' && text !== '.')
    const all = texts.map((text): Segment => (text === '**' ? 'anyDepth' : compileSegment(text, pattern)))
    let fixed = 0
    while (fixed < all.length - 1 && literalOf(all[fixed]!) !== undefined) fixed++
    this.pattern = pattern
    this.root = `/${all.slice(0, fixed).map(literalOf).join('/')}`
    this.#segments = all.slice(fixed)
    this.#matchHidden = options.matchHidden
    this.start = this.#closed([0])
  }

  /** The state after the name of something that lies in a directory with this state. */
  step(state: GlobState, name: string): GlobState {
    const next: number[] = []
    for (const index of state) {
      const segment = this.#segments[index]
      if (segment === undefined) continue
      if (segment === 'anyDepth') {
        if (this.#matchHidden || !name.startsWith('.')) next.push(index)
      } else if (matchesName(segment, name, this.#matchHidden)) {
        next.push(index + 1)
      }
    }
    return this.#closed(next)
  }

  /** Does the path that led to this state match? */
  accepts(state: GlobState): boolean {
    return state.includes(this.#segments.length)
  }

  /** Can something below the path that led to this state match? */
  reachesBelow(state: GlobState): boolean {
    return state.some((index) => index < this.#segments.length)
  }

  /** Does everything below the path that led to this state match? */
  takesAllBelow(state: GlobState): boolean {
    return this.#matchHidden && state.some((index) => index === this.#segments.length - 1 && this.#isLastAnyDepth)
  }

  get #isLastAnyDepth(): boolean {
    return this.#segments.at(-1) === 'anyDepth'
  }

  /** `**` also stands for no directory at all. */
  #closed(state: readonly number[]): GlobState {
    const closed = new Set(state)
    for (const index of closed) if (this.#segments[index] === 'anyDepth') closed.add(index + 1)
    return [...closed]
  }
}

/** The globs of one absolute pattern: several when it has alternatives in braces. `file_pattern_invalid` otherwise. */
export function compileGlobs(pattern: string, options: GlobOptions): readonly Glob[] {
  return expandBraces(pattern).map((expanded) => new Glob(expanded, options))
}

/** The pattern once for every choice of its alternatives. */
export function expandBraces(pattern: string): readonly string[] {
  const done: string[] = []
  const open = [pattern]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = innermostGroup(next, pattern)
    if (group === undefined) done.unshift(next)
    else open.push(...group)
    if (done.length + open.length > maxAlternatives) {
      throw invalid(pattern, `has more than ${maxAlternatives} alternatives`)
    }
  }
  return done
}

/** The pattern with its first group of braces without braces inside replaced by each alternative. */
function innermostGroup(pattern: string, whole: string): string[] | undefined {
  let begin = -1
  let commas: number[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]
    if (character === '\\') {
      at++
    } else if (character === '[') {
      at = endOfClass(pattern, at, whole)
    } else if (character === '{') {
      begin = at
      commas = []
    } else if (character === ',' && begin >= 0) {
      commas.push(at)
    } else if (character === '}' && begin >= 0) {
      const borders = [begin, ...commas, at]
      const head = pattern.slice(0, begin)
      const rest = pattern.slice(at + 1)
      return borders.slice(0, -1).map((border, index) => head + pattern.slice(border + 1, borders[index + 1]) + rest)
    }
  }
  if (begin >= 0) throw invalid(whole, 'has a "{" without its "}"')
  return undefined
}

function compileSegment(text: string, pattern: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' })
    } else if (character === '?') {
      tokens.push({ kind: 'any' })
    } else if (character === '[') {
      const end = endOfClass(text, at, pattern)
      tokens.push(compileClass(text.slice(at + 1, end)))
      at = end
    } else {
      if (character === '\\') at++
      if (at === text.length) throw invalid(pattern, 'ends a name with a backslash')
      tokens.push({ kind: 'literal', text: text[at]! })
    }
  }
  return tokens
}

/** Where the class that begins at `at` has its closing bracket; one directly behind `[` or `[!` is a member. */
function endOfClass(text: string, at: number, pattern: string): number {
  const negated = text[at + 1] === '!' || text[at + 1] === '^'
  const end = text.indexOf(']', at + (negated ? 3 : 2))
  if (end < 0) throw invalid(pattern, 'has a "[" without its "]"')
  return end
}

function compileClass(body: string): Token {
  const negated = body.startsWith('!') || body.startsWith('^')
  const members = negated ? body.slice(1) : body
  const ranges: [string, string][] = []
  for (let at = 0; at < members.length; at++) {
    const first = members[at]!
    const isRange = members[at + 1] === '-' && at + 2 < members.length
    ranges.push([first, isRange ? members[at + 2]! : first])
    if (isRange) at += 2
  }
  return { kind: 'class', negated, ranges }
}

function literalOf(segment: Segment): string | undefined {
  if (segment === 'anyDepth') return undefined
  let text = ''
  for (const token of segment) {
    if (token.kind !== 'literal') return undefined
    text += token.text
  }
  return text
}

/** The two-pointer match: after a mismatch only the last star takes one character more. */
function matchesName(tokens: readonly Token[], name: string, matchHidden: boolean): boolean {
  if (!matchHidden && name.startsWith('.') && tokens[0]?.kind !== 'literal') return false
  let token = 0
  let at = 0
  let starToken = -1
  let starAt = 0
  while (at < name.length) {
    const current = tokens[token]
    if (current?.kind === 'star') {
      starToken = token++
      starAt = at
    } else if (current !== undefined && matchesCharacter(current, name[at]!)) {
      token++
      at++
    } else if (starToken >= 0) {
      token = starToken + 1
      at = ++starAt
    } else {
      return false
    }
  }
  while (tokens[token]?.kind === 'star') token++
  return token === tokens.length
}

function matchesCharacter(token: Token, character: string): boolean {
  if (token.kind === 'literal') return token.text === character
  if (token.kind === 'class') {
    return token.ranges.some(([first, last]) => first <= character && character <= last) !== token.negated
  }
  return true
}

function invalid(pattern: string, problem: string): Error {
  return fileErrors.make('file_pattern_invalid', `the pattern ${JSON.stringify(pattern)} ${problem}`, {
    details: { pattern },
  })
}
