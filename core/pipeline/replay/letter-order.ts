// Tells when a letter goes back before an earlier one of its key, which the filter left out or which cannot go back.
//
// Bounded: keys beyond `mostKeys` are not followed, so that the number is "at least".

const mostKeys = 100_000

export interface LetterKey {
  readonly pipeline: string
  readonly edge: string
  /** A letter without a key has no order. */
  readonly key: Uint8Array | null
}

export class LetterOrder {
  readonly #leftOut = new Set<string>()

  leftOut(letter: LetterKey): void {
    if (letter.key !== null && this.#leftOut.size < mostKeys) this.#leftOut.add(nameOf(letter, letter.key))
  }

  overtakes(letter: LetterKey): boolean {
    return letter.key !== null && this.#leftOut.has(nameOf(letter, letter.key))
  }
}

function nameOf({ pipeline, edge }: LetterKey, key: Uint8Array): string {
  return `${pipeline}.${edge}/${Buffer.from(key).toString('base64')}`
}
