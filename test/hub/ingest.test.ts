// The listener of HTTP sources as a hub opens it: when, where, for whom, and with TLS.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Hub, type HubOptions, startHub } from '../../hub/start-hub.js'
import { readTopic } from '../core/pipeline/rig.js'
import { firstIdentity, secondIdentity } from '../kafka/tls-samples.js'

let directory: string
const hubs: Hub[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tailrace-ingest-'))
})

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close()
  rmSync(directory, { recursive: true })
})

async function start(sources: object, options: HubOptions = {}): Promise<Hub> {
  const file = join(directory, 'p.json')
  writeFileSync(file, JSON.stringify({ version: 1, name: 'test', topics: { taken: {} }, sources }))
  const dataDirectory = join(directory, 'data')
  const hub = await startHub({ files: [file], engine: 'memory:', dataDirectory, ingest: '127.0.0.1:0', ...options })
  hubs.push(hub)
  return hub
}

function written(name: string, content: string | Buffer): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

const open = { in: { type: 'http', path: '/in', to: 'taken' } }
const guarded = { in: { ...open.in, auth: { scheme: 'bearer', tokens: [{ $env: 'PATH' }] } } }

describe('the listener of HTTP sources', () => {
  it('is not opened when nothing needs it', async () => {
    expect((await start({})).ingest).toBeUndefined()
  })

  it('takes requests, and says where it listens and for which paths', async () => {
    const hub = await start(open)
    const answer = await fetch(`http://${hub.ingest}/in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    })
    expect(answer.status).toBe(202)
    expect(await readTopic(hub.engine, 'taken')).toMatchObject([{ value: '{"a":1}' }])
    const findings = await hub.admin.doctor()
    const finding = findings.find(({ subject }) => subject === 'ingest listener')
    expect(finding?.message).toContain(`${hub.ingest} without TLS, takes /in`)
    expect(findings.find(({ message }) => message.includes('anybody who reaches'))?.subject).toBe('source test.in')
  })

  it('is missed by a source that says so, when the hub has none', async () => {
    const hub = await start(open, { ingest: undefined } as HubOptions)
    while (hub.edges()[0]?.state !== 'failed') await new Promise((resolve) => setImmediate(resolve))
    expect(hub.edges()[0]?.error).toMatchObject({ code: 'ingest_off' })
  })

  it('does not start off loopback while anybody might write, and does when nobody can', async () => {
    await expect(start(open, { ingest: '0.0.0.0:0' })).rejects.toMatchObject({ code: 'ingest_needs_authentication' })
    expect((await start(guarded, { ingest: '0.0.0.0:0' })).ingest).toMatch(/^0\.0\.0\.0:\d+$/)
  })

  it('says that its address is taken', async () => {
    const first = await start(open)
    const second = start(open, { ingest: first.ingest!, dataDirectory: join(directory, 'other') })
    await expect(second).rejects.toMatchObject({ code: 'ingest_address_taken' })
  })
})

function post(hub: Hub, options: RequestOptions): Promise<number> {
  const [host, port] = hub.ingest!.split(':')
  const headers = { 'content-type': 'application/json', host: '127.0.0.1' }
  return new Promise((resolve, reject) => {
    const asked = request(
      { host, port, path: '/in', method: 'POST', headers, agent: false, rejectUnauthorized: false, ...options },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode ?? 0))
      },
    )
    asked.on('error', reject)
    asked.end('1')
  })
}

describe('the listener with TLS', () => {
  const tls = () => ({
    certificate: written('tls.crt', firstIdentity.certificate),
    key: written('tls.key', firstIdentity.key),
  })
  const certified = { in: { ...open.in, auth: { scheme: 'mutual-tls' } } }

  it('takes requests over TLS, and none without', async () => {
    const hub = await start(open, { ingestTls: tls() })
    expect(await post(hub, {})).toBe(202)
    await expect(fetch(`http://${hub.ingest}/in`, { method: 'POST', body: '1' })).rejects.toThrow()
    expect(await readTopic(hub.engine, 'taken')).toHaveLength(1)
  })

  it('lets in whom its authority vouches for, and nobody else', async () => {
    const clientAuthority = written('clients.crt', secondIdentity.certificate)
    const hub = await start(certified, { ingestTls: { ...tls(), clientAuthority } })
    expect(await post(hub, {})).toBe(401)
    expect(await post(hub, { cert: firstIdentity.certificate, key: firstIdentity.key })).toBe(401)
    expect(await post(hub, { cert: secondIdentity.certificate, key: secondIdentity.key })).toBe(202)
  })

  it('lets in only the names that are listed', async () => {
    const clientAuthority = written('clients.crt', secondIdentity.certificate)
    const named = { in: { ...open.in, auth: { scheme: 'mutual-tls', names: ['somebody else'] } } }
    const hub = await start(named, { ingestTls: { ...tls(), clientAuthority } })
    expect(await post(hub, { cert: secondIdentity.certificate, key: secondIdentity.key })).toBe(401)
  })

  it('is needed by a source that takes clients by their certificates', async () => {
    await expect(start(certified)).rejects.toMatchObject({ code: 'ingest_needs_tls' })
    await expect(start(certified, { ingestTls: tls() })).rejects.toMatchObject({ code: 'ingest_needs_tls' })
  })

  it('refuses a key that does not belong to its certificate', async () => {
    const mixed = { ...tls(), key: written('other.key', secondIdentity.key) }
    await expect(start(open, { ingestTls: mixed })).rejects.toMatchObject({ code: 'tls_refused' })
  })
})
