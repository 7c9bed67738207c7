// What the tests of the documents take from a page: its links, its headings, its code blocks and the paths it names.

export interface Link {
  readonly target: string
  readonly line: number
}

export interface CodeBlock {
  /** The words behind the fence: the language first. */
  readonly words: readonly string[]
  readonly text: string
  readonly line: number
}

/** Relative and absolute links, outside of code. */
export function linksOf(page: string): readonly Link[] {
  return proseLines(page).flatMap(({ text, line }) =>
    Array.from(text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g), (match) => ({
      target: match[1] ?? '',
      line,
    })),
  )
}

/** What a link with `#…` may name, as GitHub makes it of the headings. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const headings = proseLines(page).flatMap(({ text }) => /^#+\s+(.*)$/.exec(text)?.[1] ?? [])
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

export function codeBlocksOf(page: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = []
  for (const match of page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const line = page.slice(0, match.index).split('\n').length
    blocks.push({ words: (match[1] ?? '').trim().split(/\s+/), text: match[2] ?? '', line })
  }
  return blocks
}

/** Paths in backticks that lie in one of the folders of the repository. */
export function pathsOf(page: string): readonly Link[] {
  const path = /`((?:core|connectors|config|hub|cli|test|scripts|bench|docs|examples|\.ci)\/[\w./-]*\w\/?)`/g
  return proseLines(page).flatMap(({ text, line }) =>
    Array.from(text.matchAll(path), (match) => ({ target: match[1] ?? '', line })),
  )
}

/** The lines of a page with their numbers, without its code blocks. */
function proseLines(page: string): readonly { readonly text: string; readonly line: number }[] {
  let inBlock = false
  return page.split('\n').flatMap((text, index) => {
    if (text.startsWith('```')) {
      inBlock = !inBlock
      return []
    }
    return inBlock ? [] : [{ text, line: index + 1 }]
  })
}
