import { describe, expect, it } from 'vitest'
import { refusalOf, type GuardPolicy, type RequestFacts } from '../../../core/security/request-guard.js'

const loopback: GuardPolicy = { boundHost: '127.0.0.1', allowedHosts: ['hub.example'] }
const everywhere: GuardPolicy = { boundHost: '0.0.0.0', allowedHosts: ['hub.example'] }

function answer(facts: Partial<RequestFacts>, policy: GuardPolicy): string {
  const request = { host: 'localhost:7070', origin: undefined, fetchSite: undefined, changes: false, hasToken: false }
  return refusalOf({ ...request, ...facts }, policy)?.code ?? 'passes'
}

describe('the Host header', () => {
  it.each([
    ['localhost', 'passes'],
    ['LOCALHOST:7070', 'passes'],
    ['127.0.0.1:7070', 'passes'],
    ['127.3.2.1', 'passes'],
    ['[::1]:7070', 'passes'],
    ['hub.example', 'passes'],
    ['hub.example:80', 'passes'],
    [undefined, 'host_refused'],
    ['', 'host_refused'],
    ['evil.example', 'host_refused'],
    ['evil.example:7070', 'host_refused'],
    ['localhost.evil.example', 'host_refused'],
    ['127.0.0.1.nip.io', 'host_refused'],
    ['evil.example#localhost', 'host_refused'],
    ['user@localhost', 'host_refused'],
    ['localhost, evil.example', 'host_refused'],
    ['0.0.0.0:7070', 'host_refused'],
    ['10.0.0.5:7070', 'host_refused'],
    ['[::ffff:10.0.0.5]', 'host_refused'],
    ['localhost:7070:1', 'host_refused'],
  ])('%s on a loopback listener: %s', (host, expected) => {
    expect(answer({ host }, loopback)).toBe(expected)
  })

  it.each([
    ['10.0.0.5:7070', 'passes'],
    ['[fd00::5]:7070', 'passes'],
    ['hub.example', 'passes'],
    ['evil.example', 'host_refused'],
  ])('%s on a listener for everybody, with the token: %s', (host, expected) => {
    expect(answer({ host, hasToken: true }, everywhere)).toBe(expected)
  })
})

describe('the page behind a request', () => {
  it.each([
    [{ origin: 'http://localhost:7070' }, 'passes'],
    [{ origin: 'http://evil.example' }, 'origin_refused'],
    [{ origin: 'https://localhost:7070' }, 'origin_refused'],
    [{ origin: 'http://localhost:8080' }, 'origin_refused'],
    [{ origin: 'null' }, 'origin_refused'],
    [{ origin: '' }, 'origin_refused'],
    [{ fetchSite: 'cross-site' }, 'origin_refused'],
    [{ fetchSite: 'same-site' }, 'origin_refused'],
    [{ fetchSite: 'same-origin', origin: 'http://localhost:7070' }, 'passes'],
    [{ fetchSite: 'none' }, 'passes'],
  ])('%o: %s', (facts, expected) => {
    expect(answer({ ...facts, hasToken: true, changes: true }, loopback)).toBe(expected)
  })
})

describe('the token', () => {
  it.each([
    [loopback, false, false, 'passes'],
    [loopback, false, true, 'passes'],
    [loopback, true, false, 'token_needed'],
    [loopback, true, true, 'passes'],
    [everywhere, false, false, 'token_needed'],
    [everywhere, false, true, 'passes'],
    [everywhere, true, false, 'token_needed'],
    [everywhere, true, true, 'passes'],
  ])('bound to %o, changes %s, token %s: %s', (policy, changes, hasToken, expected) => {
    expect(answer({ changes, hasToken }, policy)).toBe(expected)
  })
})
