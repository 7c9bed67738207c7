// Walks over the rows of a text in CSV (RFC 4180): fields between separators, in quotes when they hold a separator, a
// quote (written twice) or a line end. A row ends with CR LF, LF or the text; a line without anything is no row.
//
// A row that is none says why and where; the walk goes on behind the end of the line that the fault lies in.

const quote = '"'

export class CsvRows {
  /** Of the present row; made anew for each. */
  fields: string[] = []
  /** Why the present row is none; undefined when it is one. */
  fault: string | undefined
  /** The range of the present row in the text, without its line end. */
  start = 0
  end = 0
  /** The number of the line that the present row begins in; the first is 1. */
  line = 0
  readonly #text: string
  readonly #separator: string
  #at = 0
  #nextLine = 1

  constructor(text: string, separator = ',') {
    this.#text = text
    this.#separator = separator
  }

  /** False behind the last row. */
  next(): boolean {
    const text = this.#text
    while (this.#at < text.length && isLineEnd(text, this.#at)) this.#passLineEnd()
    if (this.#at >= text.length) return false
    this.fields = []
    this.fault = undefined
    this.start = this.#at
    this.line = this.#nextLine
    this.#readFields()
    this.end = this.#at
    if (this.#at < text.length) this.#passLineEnd()
    return true
  }

  /** Stops at a line end, or at the end of the text. */
  #readFields(): void {
    const text = this.#text
    for (;;) {
      if (text[this.#at] === quote) this.#readQuoted()
      else this.#readBare()
      if (this.fault !== undefined) {
        this.#at = endOfLine(text, this.#at)
        return
      }
      if (text[this.#at] !== this.#separator) return
      this.#at++
    }
  }

  #readBare(): void {
    const text = this.#text
    let end = this.#at
    while (end < text.length && text[end] !== this.#separator && !isLineEnd(text, end)) {
      if (text[end] === quote) {
        this.fault = 'a quote stands inside a field that does not begin with one'
        return
      }
      end++
    }
    this.fields.push(text.slice(this.#at, end))
    this.#at = end
  }

  #readQuoted(): void {
    const text = this.#text
    let value = ''
    let from = this.#at + 1
    for (;;) {
      const close = text.indexOf(quote, from)
      if (close === -1) {
        this.fault = 'a field in quotes has no end'
        return
      }
      value += text.slice(from, close)
      if (text[close + 1] !== quote) {
        this.#nextLine += feedsIn(text, this.#at, close)
        this.#at = close + 1
        break
      }
      value += quote
      from = close + 2
    }
    this.fields.push(value)
    if (this.#at < text.length && text[this.#at] !== this.#separator && !isLineEnd(text, this.#at)) {
      this.fault = 'something follows a field in quotes'
    }
  }

  #passLineEnd(): void {
    this.#at += this.#text[this.#at] === '\r' ? 2 : 1
    this.#nextLine++
  }
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n')
}

function endOfLine(text: string, from: number): number {
  const feed = text.indexOf('\n', from)
  if (feed === -1) return text.length
  return feed > from && text[feed - 1] === '\r' ? feed - 1 : feed
}

function feedsIn(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}
