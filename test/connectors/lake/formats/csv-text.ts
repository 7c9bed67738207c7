// Reads CSV (RFC 4180) by the letter of its grammar, for tests of who writes it.

/** The cells of each line; every line ends with CR LF. */
export function parseCsvText(text: string): string[][] {
  const rows: string[][] = []
  let at = 0
  while (at < text.length) {
    const row: string[] = []
    for (;;) {
      const [cell, behind] = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at)
      row.push(cell)
      at = behind
      if (text[at] === ',') at++
      else if (text.startsWith('\r\n', at)) break
      else throw new Error(`neither a comma nor a line end at ${at}: ${JSON.stringify(text.slice(at, at + 20))}`)
    }
    at += 2
    rows.push(row)
  }
  return rows
}

function plainCell(text: string, start: number): [string, number] {
  let at = start
  while (at < text.length && text[at] !== ',' && text[at] !== '\r' && text[at] !== '\n' && text[at] !== '"') at++
  return [text.slice(start, at), at]
}

function quotedCell(text: string, start: number): [string, number] {
  let cell = ''
  for (let at = start + 1; ; at++) {
    if (at >= text.length) throw new Error('a quote is not closed')
    if (text[at] !== '"') cell += text[at]
    else if (text[at + 1] === '"') cell += text[at++]
    else return [cell, at + 1]
  }
}
