// Steps without state in a file: what is found wrong with them, and where; and docs/steps.md, whose tables are made from
// the same declarations (`UPDATE_DOCS=1` writes them anew).

import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { settingRows, settingTable } from '../../config/describe.js'
import { loadPipelines } from '../../config/load-pipelines.js'
import { problemText } from '../../config/problem.js'
import { declarations } from '../../connectors/registry.js'
import { functions, methods } from '../../core/expression/functions.js'
import { recordStepDeclarations } from '../../core/pipeline/steps/kinds/declarations.js'

const files: Readonly<Record<string, string>> = {
  'order.schema.json': '{"required":["id"]}',
  'broken.schema.json': '{"type":"nonsense"}',
  'enrich.mjs': 'throw new Error("a check runs no code")',
}

async function load(steps: readonly object[]) {
  const clean = { from: ['app.logs'], to: 'app.clean', steps }
  const text = JSON.stringify({ version: 1, name: 'shop', topics: { 'app.logs': {} }, transforms: { clean } })
  const readFile = (path: string): Promise<Buffer> => {
    const found = path === 'shop.json' ? text : files[path.slice(path.lastIndexOf('/') + 1)]
    return found === undefined
      ? Promise.reject(new Error('there is no such file'))
      : Promise.resolve(Buffer.from(found))
  }
  return loadPipelines(['shop.json'], { declarations, reader: { variable: () => 'the key', readFile } })
}

async function problemsOf(...steps: readonly object[]): Promise<readonly string[]> {
  const { problems } = await load(steps)
  return problems.map((problem) =>
    problemText(problem)
      .replace(/ shop\.json(:\d+:\d+)?$/, '')
      .replace('transforms.clean.steps.', ''),
  )
}

describe('steps in a file', () => {
  it('become a plan, with settings as they are worked with', async () => {
    const redact = { fields: ['message'], detect: ['email'], by: 'hash', key: { $env: 'KEY' } }
    const { plans, problems } = await load([{ filter: 'status >= 500' }, { set: { env: "'prod'" } }, { redact }])
    expect(problems).toEqual([])
    const steps = plans[0]?.transforms[0]?.steps
    expect(steps?.slice(0, 2)).toEqual([
      { kind: 'filter', settings: 'status >= 500' },
      { kind: 'set', settings: { env: "'prod'" } },
    ])
    const settings = steps?.[2]?.settings as { readonly key: { reveal(): string } } | undefined
    expect(settings?.key.reveal()).toBe('the key')
  })

  it.each([
    [{ filter: 'status >= ' }, '0.filter: Unexpected token: EOF (at character 11 of the expression)'],
    [{ filter: "'a'" }, '0.filter: a condition is needed here, not string (at character 1 of the expression)'],
    [{ set: { a: 'nope(1)' } }, '0.set.a: there is no function "nope" (at character 1 of the expression)'],
    [{ set: { $topic: "'a'" } }, '0.set.$topic: is none of "$key", "$time" and "$headers.NAME"'],
    [{ rename: { a: 'c', b: 'c' } }, '0.rename.b: "c" is the new name of another field'],
    [{ parse: { format: 'regex' } }, '0.parse: the format "regex" needs a "pattern"'],
    [{ parse: { format: 'csv' } }, '0.parse: the format "csv" needs "columns"'],
    [{ parse: { format: 'csv', columns: ['a', 'a'] } }, '0.parse.columns: names a field twice'],
    [
      { parse: { format: 'csv', columns: ['a'], separator: ', ' } },
      '0.parse.separator: must be one character, and neither a quote nor a line end',
    ],
    [{ parse: { format: 'json', columns: ['a'] } }, '0.parse.columns: the format "json" takes no columns'],
    [{ route: {} }, '0.route: takes either "cases" or "by"'],
    [{ route: { by: 'topic' } }, '0.route: "by" needs the "topics" that it may give'],
    [
      { route: { cases: [{ when: '1 + 1', to: 'a' }] } },
      '0.route.cases.0.when: a condition is needed here, not number (at character 1 of the expression)',
    ],
    [{ sample: { keep: 5, of: 5 } }, '0.sample.keep: must be less than "of" (5)'],
    [{ redact: {} }, '0.redact: names nothing to redact'],
    [{ redact: { fields: ['a'], by: 'hash' } }, '0.redact.by: "hash" needs a "key"'],
    [{ validate: {} }, '0.validate: takes either "schema" or "file"'],
    [{ validate: { file: '../x.json' } }, '0.validate.file: must lie in the folder of the pipeline file or below'],
    [{ validate: { file: 'missing.json' } }, '0.validate.file: there is no such file'],
    [{ module: { file: '/etc/x.mjs' } }, '0.module.file: must lie in the folder of the pipeline file or below'],
    [{ module: { file: 'missing.mjs' } }, '0.module.file: there is no such file'],
    [{ module: { file: 'enrich.py' } }, '0.module.file: must end in .mjs, .js, .ts or .mts'],
  ])('%j is a mistake with its place', async (step, problem) => {
    expect(await problemsOf(step)).toContain(problem)
  })

  it('says what is wrong with patterns and schemas', async () => {
    expect(await problemsOf({ redact: { patterns: ['('] } })).toEqual([
      expect.stringMatching(/^0\.redact\.patterns\.0: the pattern cannot be used/),
    ])
    for (const validate of [{ file: 'broken.schema.json' }, { schema: { type: 'nonsense' } }]) {
      expect(await problemsOf({ validate })).toEqual([expect.stringContaining('schema is invalid')])
    }
  })

  it('runs no code of a module, and takes a schema that is right', async () => {
    expect(await problemsOf({ module: { file: './enrich.mjs' } }, { validate: { file: 'order.schema.json' } })).toEqual(
      [],
    )
  })
})

const page = new URL('../../docs/steps.md', import.meta.url)

describe('docs/steps.md', () => {
  it('has the tables of all kinds', () => {
    let text = readFileSync(page, 'utf8')
    for (const { kind, summary, field } of recordStepDeclarations) {
      const marked = new RegExp(`(<!-- generated: ${kind} -->\n)[^]*?(<!-- end -->)`)
      expect(text, `a place for ${kind}`).toMatch(marked)
      const example = JSON.stringify({ [kind]: field.example })
      const rows = field.inside === undefined ? `${field.summary}` : settingTable(settingRows(field.inside))
      text = text.replace(marked, (_, start: string, end: string) => {
        return `${start}${summary}\n\n\`\`\`json\n${example}\n\`\`\`\n\n${rows}\n${end}`
      })
    }
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, text)
    expect(readFileSync(page, 'utf8')).toBe(text)
  })

  it('names every function of expressions', () => {
    const text = readFileSync(page, 'utf8')
    const missing = [...functions.keys(), ...methods.keys()].filter((name) => !text.includes(`${name}(`))
    expect(missing).toEqual([])
  })
})
