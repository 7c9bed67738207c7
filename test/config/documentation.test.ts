// docs/pipeline-file.md says of every setting what the code says. `UPDATE_DOCS=1` writes the tables anew.

import { readFileSync, writeFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { parse } from 'jsonc-parser'
import { expect, it } from 'vitest'
import { connectorPage, fileSettings, settingTable } from '../../config/describe.js'
import { editorSchema } from '../../config/pipeline-schema.js'
import { declarations } from '../../connectors/registry.js'
import { sampleDeclarations, topicDeclarations } from './sample-connectors.js'

const page = new URL('../../docs/pipeline-file.md', import.meta.url)

it('holds the tables of the pipeline file', () => {
  let text = readFileSync(page, 'utf8')
  for (const [section, rows] of Object.entries(fileSettings())) {
    const marked = new RegExp(`(<!-- generated: ${section} -->\n)[^]*?(<!-- end -->)`)
    expect(text, `a place for ${section}`).toMatch(marked)
    text = text.replace(marked, (_, start: string, end: string) => `${start}${settingTable(rows)}\n${end}`)
  }
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, text)
  expect(readFileSync(page, 'utf8')).toBe(text)
})

it("says in a connector's page which fields its topics may be made of", () => {
  const pages = new Map(topicDeclarations.map((declaration) => [declaration.type, connectorPage(declaration)]))
  expect(pages.get('tables')).toContain('In `to` may stand: `{schema}`, `{table}`.')
  expect(pages.get('feed')).not.toContain('may stand')
})

it('gives editors a schema that takes the examples and refuses a wrong key', () => {
  const accepts = new Ajv({ strict: false }).compile(editorSchema(declarations))
  for (const example of ['quickstart', 'service-logs', 'http-to-webhook', 'poll-an-api']) {
    const values = parse(readFileSync(new URL(`../../examples/${example}.json`, import.meta.url), 'utf8')) as object
    expect(accepts(values), JSON.stringify(accepts.errors)).toBe(true)
    expect(accepts({ ...values, sorces: {} })).toBe(false)
    expect(accepts({ ...values, topics: { t: { retention: { time: '7 days' } } } })).toBe(false)
  }
})

it('gives editors a schema without what only our validator knows', () => {
  const text = JSON.stringify(editorSchema(sampleDeclarations))
  expect(text).not.toMatch(/"discriminator"|-text"|-unlimited"/)
  expect(JSON.parse(text)).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    additionalProperties: false,
  })
})
