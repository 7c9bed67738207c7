import { describe, expect, it } from 'vitest'
import { httpSource } from '../../../connectors/http/declaration.js'
import { readSettings } from '../../../core/connector/fields.js'
import { secret } from './site.js'

const settingsOf = (given: Readonly<Record<string, unknown>>) =>
  readSettings(httpSource.fields, { path: '/in', ...given }) as never

const problemsOf = (given: Readonly<Record<string, unknown>>): readonly string[] =>
  (httpSource.check?.(settingsOf(given), '/etc') ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)

const useOf = (given: Readonly<Record<string, unknown>>) =>
  httpSource.role === 'push-source' ? httpSource.ingress?.(settingsOf(given)) : undefined

const verify = { scheme: 'slack', secrets: [secret('shared')] }

describe('what an http source says of its settings', () => {
  it('counts a signature as showing who sent a request', () => {
    expect(useOf({})?.isGuarded).toBe(false)
    expect(useOf({ verify })?.isGuarded).toBe(true)
    expect(useOf({ auth: { scheme: 'bearer', tokens: [secret('t')] } })?.isGuarded).toBe(true)
  })

  it('takes paths below its own when its protocol has some', () => {
    expect(['raw', 'otlp', 'elastic'].map((protocol) => useOf({ protocol })?.takesBelow)).toEqual([false, true, true])
  })

  it('refuses settings that its protocol has no use for', () => {
    expect(problemsOf({ protocol: 'otlp', format: 'json', splitArrays: true, badLines: 'dead-letter' })).toEqual([
      'format: does not belong to the protocol "otlp"',
      'splitArrays: does not belong to the protocol "otlp"',
      'badLines: does not belong to the protocol "otlp"',
    ])
    expect(problemsOf({ protocol: 'elastic' })).toEqual([])
  })

  it('remembers what was taken for as long as its signature holds', () => {
    expect(problemsOf({ verify, idempotency: { window: '10m' } })).toEqual([])
    expect(problemsOf({ verify, idempotency: { window: '9m' } })).toEqual([
      'idempotency.window: must be at least twice "verify.tolerance"',
    ])
    expect(problemsOf({ verify: { ...verify, tolerance: '1m' }, idempotency: { window: '2m' } })).toEqual([])
  })
})
