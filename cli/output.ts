// What commands print: results on standard output, failures on standard error, tables for people.

import type { ErrorView } from '../hub/admin-vocabulary.js'

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2))
}

/** `error CODE: message` and the hint; one JSON object when a script asked for it. */
export function printFailure({ code, message, hint, details }: ErrorView, asJson: boolean): void {
  const lines = asJson
    ? [JSON.stringify({ error: { code, message, hint, details } })]
    : [`error ${code}: ${message}`, ...(hint === '' ? [] : [`hint: ${hint}`])]
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** Columns as wide as they need to be, numbers to the right; the last column is not padded. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = header.map((name, column) => Math.max(name.length, ...rows.map((row) => String(row[column]).length)))
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [header, ...rows].map(line).join('\n')
}

/** Text from elsewhere on one line: control characters are escaped, as they could command the terminal. */
export function visible(text: string): string {
  // Tabs may pass; the last range is C1, which terminals take for escape sequences as well.
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, escaped)
}

function escaped(character: string): string {
  if (character === '\n') return '\\n'
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** For people: `1.2M`, `12.3k`, `999`. */
export function countText(count: number): string {
  if (count < 1000) return String(Math.round(count))
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`
}
