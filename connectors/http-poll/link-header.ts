// The header Link (RFC 8288, section 3): targets in angle brackets, each with parameters. In one pass, as a server may send
// anything.

/** The target of the first link with the relation `next`; undefined when there is none. */
export function nextLink(header: string): string | undefined {
  for (const link of split(header, ',')) {
    const [target = '', ...parameters] = split(link, ';').map((part) => part.trim())
    if (!target.startsWith('<') || !target.endsWith('>')) continue
    if (relationsOf(parameters).includes('next')) return target.slice(1, -1)
  }
  return undefined
}

/** Relations have no case; of a parameter that comes twice the first counts. */
function relationsOf(parameters: readonly string[]): readonly string[] {
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=')
    if (parameter.slice(0, equals).trim().toLowerCase() !== 'rel') continue
    const value = parameter.slice(equals + 1).trim()
    return value.replaceAll('"', '').toLowerCase().split(/\s+/)
  }
  return []
}

/** At each separator that stands neither in angle brackets nor in quotes. */
function split(text: string, separator: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  let closing = ''
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (closing !== '') {
      if (character === '\\' && closing === '"') at++
      else if (character === closing) closing = ''
    } else if (character === '<') closing = '>'
    else if (character === '"') closing = '"'
    else if (character === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}
