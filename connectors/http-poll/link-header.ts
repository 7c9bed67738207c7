// The header Link (RFC 8288, section 3): targets in angle brackets, each with parameters.

/** The target of the first link with the relation `next`; undefined when there is none. */
export function nextLink(header: string): string | undefined {
  const link = /\s*<([^>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)\s*(?:,|$)/y
  while (link.lastIndex < header.length) {
    const found = link.exec(header)
    if (found === null) return undefined
    const [, target = '', parameters = ''] = found
    if (relationsOf(parameters).includes('next')) return target
  }
  return undefined
}

/** Relations have no case; of a parameter that comes twice the first counts. */
function relationsOf(parameters: string): readonly string[] {
  const relation = /;\s*rel\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))/i.exec(parameters)
  return (relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/)
}
