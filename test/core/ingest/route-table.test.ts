import { beforeEach, describe, expect, it } from 'vitest'
import type { IngressHandler } from '../../../core/connector/ingress.js'
import { RouteTable } from '../../../core/ingest/route-table.js'

const handler = (name: string): IngressHandler =>
  Object.assign(() => Promise.resolve({ status: 200, headers: {}, body: '' }), { named: name })
const named = (found: IngressHandler): string => (found as IngressHandler & { named: string }).named

let table: RouteTable

beforeEach(() => {
  table = new RouteTable([
    { path: '/in', takesBelow: true },
    { path: '/in/hooks', takesBelow: false },
    { path: '/later', takesBelow: true },
  ])
  table.add({ path: '/in', takesBelow: true, methods: ['POST', 'GET'] }, handler('in'))
  table.add({ path: '/in/hooks', takesBelow: false, methods: ['POST'] }, handler('hooks'))
})

describe('the table of routes', () => {
  it.each([
    ['/in', 'in'],
    ['/in/', 'in'],
    ['/in/a/b', 'in'],
    ['/in/hooks', 'hooks'],
    ['/in/hooks/a', 'in'],
    ['/in/hooksa', 'in'],
  ])('gives %s to %s', (path, name) => {
    expect(named(table.find(path, 'POST'))).toBe(name)
  })

  it.each(['/', '/inn', '/IN', '/i', '/in%2Fhooks', ''])('knows nothing of %j', (path) => {
    expect(() => table.find(path, 'POST')).toThrow(expect.objectContaining({ code: 'ingest_path_unknown' }))
  })

  it.each(['/later', '/later/a'])('says of %s, which is expected, that it is not ready', (path) => {
    expect(() => table.find(path, 'POST')).toThrow(expect.objectContaining({ code: 'ingest_not_ready' }))
  })

  it('names the methods of a path', () => {
    expect(() => table.find('/in', 'PUT')).toThrow(
      expect.objectContaining({ code: 'ingest_method_refused', details: { allow: 'POST, GET' } }),
    )
  })

  it('gives everything below the root to a route that takes it', () => {
    const root = new RouteTable([])
    root.add({ path: '/', takesBelow: true, methods: ['POST'] }, handler('root'))
    expect(['/', '/a', '/a/b'].map((path) => named(root.find(path, 'POST')))).toEqual(['root', 'root', 'root'])
  })

  it('has each path once, and again once its route is gone', () => {
    const route = { path: '/later', takesBelow: false, methods: ['POST'] }
    expect(table.isComplete).toBe(false)
    const first = table.add(route, handler('first'))
    expect(table.isComplete).toBe(true)
    expect(() => table.add(route, handler('second'))).toThrow(expect.objectContaining({ code: 'ingest_path_taken' }))
    table.remove(first)
    const second = table.add(route, handler('second'))
    table.remove(first)
    expect(named(table.find('/later', 'POST'))).toBe('second')
    table.remove(second)
    expect(() => table.find('/later', 'POST')).toThrow(expect.objectContaining({ code: 'ingest_not_ready' }))
  })
})
