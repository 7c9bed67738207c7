// What a record that comes again is known by: nine bytes of a hash over its id and its value of the cursor, or over all of
// its bytes when there is no id. Twelve characters in a resume point.
//
// Records with equal identities are counted, not merged: two equal ones of a page without ids are two records.

import { hash } from 'node:crypto'

const identityCharacters = 12

export function identityOf(says: string | Uint8Array): string {
  return hash('sha256', says, 'base64url').slice(0, identityCharacters)
}

/** Identities one behind the other, as resume points hold them. */
export function splitIdentities(text: string): string[] {
  const identities: string[] = []
  for (let at = 0; at < text.length; at += identityCharacters) identities.push(text.slice(at, at + identityCharacters))
  return identities
}

/** Identities with how often each is there. */
export class IdentityCounts {
  readonly #counts = new Map<string, number>()

  constructor(identities: Iterable<string>) {
    for (const identity of identities) this.#counts.set(identity, (this.#counts.get(identity) ?? 0) + 1)
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  /** Takes one away; false when there is none. */
  take(identity: string): boolean {
    const count = this.#counts.get(identity)
    if (count === undefined) return false
    if (count === 1) this.#counts.delete(identity)
    else this.#counts.set(identity, count - 1)
    return true
  }

  /** All of them, each as often as it is there. */
  joined(): string {
    let text = ''
    for (const [identity, count] of this.#counts) text += identity.repeat(count)
    return text
  }
}
