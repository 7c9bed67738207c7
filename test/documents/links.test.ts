import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listFiles, repositoryRoot } from '../architecture/source-files.js'
import { anchorsOf, linksOf, pathsOf } from './markdown.js'

const pages = listFiles().filter((path) => path.endsWith('.md'))
const textOf = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8')

function faultOfLink(page: string, target: string): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : posix.join(posix.dirname(page), path)
  if (!existsSync(join(repositoryRoot, file))) return `leads to ${file}, which is not there`
  if (anchor === undefined || anchorsOf(textOf(file)).has(anchor)) return undefined
  return `leads to a heading that ${file} does not have`
}

describe('the documents', () => {
  it('have links that lead somewhere', () => {
    const faults = pages.flatMap((page) =>
      linksOf(textOf(page)).flatMap(({ target, line }) => {
        const fault = faultOfLink(page, target)
        return fault === undefined ? [] : [`${page}:${line}: ${target} ${fault}`]
      }),
    )
    expect(faults).toEqual([])
  })

  it('name only paths that exist', () => {
    const faults = pages.flatMap((page) => {
      const folder = posix.dirname(page)
      return pathsOf(textOf(page))
        .filter(
          ({ target }) => ![target, posix.join(folder, target)].some((path) => existsSync(join(repositoryRoot, path))),
        )
        .map(({ target, line }) => `${page}:${line}: ${target}`)
    })
    expect(faults).toEqual([])
  })

  it('are all in the index of docs/', () => {
    const index = linksOf(textOf('docs/README.md')).map(({ target }) => posix.join('docs', target))
    const listed = (page: string): boolean => index.some((target) => page === target || page.startsWith(`${target}/`))
    expect(pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !listed(page))).toEqual([])
    const decisions = linksOf(textOf('docs/decisions/README.md')).map(({ target }) =>
      posix.join('docs/decisions', target),
    )
    expect(pages.filter((page) => /^docs\/decisions\/\d/.test(page) && !decisions.includes(page))).toEqual([])
  })

  it('are found with their faults', () => {
    expect(linksOf('a [b](c.md#d) and `[no](x.md)`\n```\n[no](y.md)\n```\n')).toEqual([{ target: 'c.md#d', line: 1 }])
    expect(faultOfLink('README.md', 'docs/nowhere.md')).toContain('is not there')
    expect(faultOfLink('README.md', 'README.md#no-such-heading')).toContain('does not have')
    expect(pathsOf('change `core/log/nowhere.ts`, not `npm`')).toEqual([{ target: 'core/log/nowhere.ts', line: 1 }])
  })
})
