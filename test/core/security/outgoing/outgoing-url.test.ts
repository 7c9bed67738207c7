import { describe, expect, it } from 'vitest'
import type { OutgoingPolicy } from '../../../../core/connector/outgoing.js'
import { rangeProblem } from '../../../../core/security/outgoing/address-ranges.js'
import { urlProblem } from '../../../../core/security/outgoing/outgoing-url.js'
import { publicHosts, refusedHosts, refusedUrls } from './address-forms.js'

const strict: OutgoingPolicy = { allowPrivate: [], allowHttp: false, ports: [] }

function problemOf(url: string, policy: Partial<OutgoingPolicy> = {}): string | undefined {
  return urlProblem(url, { ...strict, ...policy })
}

describe('a URL that requests may go to', () => {
  it('is none of at least 150 ways to write an address that is not public', () => {
    expect(new Set(refusedHosts).size).toBeGreaterThanOrEqual(150)
    expect(refusedHosts.filter((host) => problemOf(`https://${host}/hook`) === undefined)).toEqual([])
  })

  it('is none that is refused by its form', () => {
    expect(refusedUrls.filter((url) => problemOf(url) === undefined)).toEqual([])
  })

  it('may have any public address, and any name until it is resolved', () => {
    expect(publicHosts.map((host) => problemOf(`https://${host}/hook`)).filter((found) => found !== undefined)).toEqual(
      [],
    )
  })

  it('may have what the file allows: ranges, http, ports', () => {
    expect(problemOf('https://10.1.2.3/', { allowPrivate: ['10.0.0.0/8'] })).toBeUndefined()
    expect(problemOf('https://[::ffff:10.1.2.3]/', { allowPrivate: ['10.0.0.0/8'] })).toBeUndefined()
    expect(problemOf('https://[fd00::7]/', { allowPrivate: ['fd00::7'] })).toBeUndefined()
    expect(problemOf('https://11.1.2.3:9443/', { ports: [9443] })).toBeUndefined()
    expect(problemOf('http://example.com/', { allowHttp: true })).toBeUndefined()
    expect(problemOf('http://example.com:443/', { allowHttp: true })).toBeUndefined()
  })

  it('has nothing beyond what the file allows', () => {
    const tens = { allowPrivate: ['10.0.0.0/16'] }
    expect(problemOf('https://10.1.0.1/', tens)).toBe('10.1.0.1 is a private address')
    expect(problemOf('https://[64:ff9b::a00:1]/', tens)).toContain('translated')
    expect(problemOf('http://10.0.0.1/', tens)).toBe('http://10.0.0.1: the scheme is not https')
    expect(problemOf('https://10.0.0.1:9443/', tens)).toBe('https://10.0.0.1: port 9443 is not allowed')
  })

  it('is told without its path, its query and its password', () => {
    const problem = problemOf('https://user:hunter2@example.com/token?key=secret')
    expect(problem).toBe('https://example.com: user and password stand in the URL')
  })
})

describe('a range of addresses', () => {
  it('is an address with a number of bits, or one address', () => {
    for (const text of ['10.0.0.0/8', '0.0.0.0/0', '192.168.1.7', '::1', 'fd00::/8', '::ffff:10.0.0.1']) {
      expect(rangeProblem(text)).toBeUndefined()
    }
  })

  it('is nothing that means another range than it seems to', () => {
    const texts = [
      '',
      '10/8',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '010.0.0.0/8',
      '0x0a.0.0.0/8',
      '10.0.0.0/',
      'fd00::/129',
    ]
    for (const text of [...texts, 'fe80::1%eth0', 'example.com', '10.0.0.0 /8', '*']) {
      expect(rangeProblem(text), text).toContain('no range of addresses')
    }
  })
})
