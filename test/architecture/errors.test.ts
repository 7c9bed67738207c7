import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { catalogueOfErrors, errorsPage } from './errors-page.js'
import { repositoryRoot } from './source-files.js'

const errors = await catalogueOfErrors()

describe('the catalogue of errors', () => {
  it('has each code once over all folders', () => {
    const seen = new Map<string, string>()
    const twice: string[] = []
    for (const { code, folder } of errors) {
      const first = seen.get(code)
      if (first !== undefined) twice.push(`${code} in ${first} and ${folder}`)
      seen.set(code, folder)
    }
    expect(twice).toEqual([])
    expect(seen.size).toBeGreaterThan(30)
  })

  it('has codes in snake_case, and summaries and hints that are sentences', () => {
    const isSentence = (text: string): boolean => /^[A-Z`"{<].*[.:!?]$/s.test(text)
    const odd = errors.filter(
      (error) =>
        !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(error.code) || !isSentence(error.summary) || !isSentence(error.hint),
    )
    expect(odd.map((error) => `${error.folder}: ${error.code}: ${error.summary} ${error.hint}`)).toEqual([])
  })

  it('agrees with docs/errors.md both ways', async () => {
    await expect(errorsPage(errors)).toMatchFileSnapshot(join(repositoryRoot, 'docs/errors.md'))
  })
})
