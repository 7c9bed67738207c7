// A secret's text, held so that it cannot be printed by accident: JSON, string conversion and inspection all give
// `[secret]`. Only `reveal()` gives the text, so that a search for that word finds every place a secret is used.

import { inspect } from 'node:util'

const shown = '[secret]'

/** The text of a secret setting; made by config/ when it resolves `{"$env": …}` and `{"$file": …}`. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself: hand it to the client library at once, keep it nowhere. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  [inspect.custom](): string {
    return shown
  }
}
