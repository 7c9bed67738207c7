import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { loadPipelines } from '../../config/load-pipelines.js'
import { problemText } from '../../config/problem.js'
import { declarations } from '../../connectors/registry.js'

async function problemsOf(files: Readonly<Record<string, object>>): Promise<readonly string[]> {
  const reader = {
    variable: () => 'secret',
    readFile: async (path: string) => {
      const found = Object.entries(files).find(([name]) => resolve(name) === resolve(path))?.[1]
      return Buffer.from(JSON.stringify(found))
    },
  }
  const { problems } = await loadPipelines(Object.keys(files), { declarations, dataDirectory: undefined, reader })
  return problems.map(problemText)
}

const http = (settings: object): object => ({ type: 'http', path: '/in', to: 't', ...settings })
const token = { $env: 'TOKEN' }

it('finds two sources on one path, in one file and in two', async () => {
  const one = { version: 1, name: 'one', sources: { a: http({}), b: http({}) } }
  expect(await problemsOf({ 'one.json': one })).toEqual([
    expect.stringContaining('the source "a" of one.json takes this path already'),
  ])
  const first = { version: 1, name: 'first', sources: { a: http({}) } }
  const second = { version: 1, name: 'second', sources: { b: http({}), c: http({ path: '/in/c' }) } }
  expect(await problemsOf({ 'first.json': first, 'second.json': second })).toEqual([
    expect.stringContaining('the source "a" of first.json takes this path already'),
  ])
})

it.each([
  ['no beginning', 'in'],
  ['a query', '/in?a'],
  ['a fragment', '/in#a'],
  ['a slash at its end', '/in/'],
  ['a space', '/in out'],
])('refuses a path with %s', async (_name, path) => {
  const file = { version: 1, name: 'one', sources: { a: http({ path }) } }
  expect(await problemsOf({ 'one.json': file })).toHaveLength(1)
})

it.each([
  [{ scheme: 'bearer' }, 'needs "tokens"'],
  [{ scheme: 'basic', user: 'u' }, 'needs "password"'],
  [{ scheme: 'basic', user: 'u', password: token, tokens: [token] }, 'does not belong to "basic"'],
  [{ scheme: 'mutual-tls', user: 'u' }, 'does not belong to "mutual-tls"'],
  [{ scheme: 'bearer', tokens: [token], names: ['a'] }, 'does not belong to "bearer"'],
])('finds settings that do not fit the scheme: %j', async (auth, problem) => {
  const file = { version: 1, name: 'one', sources: { a: http({ auth }) } }
  expect(await problemsOf({ 'one.json': file })).toEqual([expect.stringContaining(problem)])
})

it('takes each scheme with what belongs to it', async () => {
  const sources = {
    a: http({ path: '/', auth: { scheme: 'bearer', tokens: [token, token] } }),
    b: http({ path: '/b', auth: { scheme: 'basic', user: 'u', password: token } }),
    c: http({ path: '/b/c', auth: { scheme: 'mutual-tls', names: ['DNS:a'] } }),
  }
  expect(await problemsOf({ 'one.json': { version: 1, name: 'one', sources } })).toEqual([])
})

it('finds bounds that make no sense', async () => {
  const settings = { maxBody: '65MiB', idempotency: { window: '1ms' }, keyFrom: {} }
  const file = { version: 1, name: 'one', sources: { a: http(settings) } }
  expect(await problemsOf({ 'one.json': file })).toHaveLength(3)
})
