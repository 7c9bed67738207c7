import { expect, it } from 'vitest'
import { loadPipelines } from '../../config/load-pipelines.js'
import { problemText } from '../../config/problem.js'
import { declarations } from '../../connectors/registry.js'

async function problemsOf(sources: Readonly<Record<string, object>>): Promise<readonly string[]> {
  const document = Buffer.from(JSON.stringify({ version: 1, name: 'one', sources }))
  const reader = { variable: () => undefined, readFile: async () => document }
  const { problems } = await loadPipelines(['one.json'], { declarations, dataDirectory: undefined, reader })
  return problems.map(problemText)
}

const syslog = (listen: string, more: object = {}): object => ({ type: 'syslog', listen, to: 't', ...more })
const all = { senders: ['10.0.0.0/8'] }

it.each([
  [syslog('127.0.0.1:5514'), syslog('127.0.0.1:5514')],
  [syslog('127.0.0.1:5514', { transport: 'udp' }), syslog('127.0.0.1:5514', { transport: 'udp' })],
  [syslog('0.0.0.0:5514', all), syslog('127.0.0.1:5514')],
  [syslog('127.0.0.1:5514'), syslog('[::]:5514', all)],
])('finds two sources on one address: %j and %j', async (a, b) => {
  expect(await problemsOf({ a, b })).toEqual([
    expect.stringContaining('the source "a" of one.json listens there already'),
  ])
})

it.each([
  [syslog('127.0.0.1:5514'), syslog('127.0.0.1:5514', { transport: 'udp' })],
  [syslog('127.0.0.1:5514'), syslog('127.0.0.2:5514')],
  [syslog('127.0.0.1:5514'), syslog('127.0.0.1:5515')],
  [syslog('127.0.0.1:0'), syslog('127.0.0.1:0')],
])('lets two sources have addresses of their own: %j and %j', async (a, b) => {
  expect(await problemsOf({ a, b })).toEqual([])
})

it('asks who may send where other machines reach the address', async () => {
  expect(await problemsOf({ a: syslog('0.0.0.0:5514') })).toEqual([expect.stringContaining('name in "senders"')])
  expect(await problemsOf({ a: syslog('0.0.0.0:5514', { senders: ['0.0.0.0/0', '::/0'] }) })).toEqual([])
})

it.each(['5514', '127.0.0.1', '127.0.0.1:99999', '::1:5514'])('refuses what is no address: %s', async (listen) => {
  expect(await problemsOf({ a: syslog(listen), b: syslog(listen) })).toEqual([
    expect.stringContaining('HOST:PORT'),
    expect.stringContaining('HOST:PORT'),
  ])
})
