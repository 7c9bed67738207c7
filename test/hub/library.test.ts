import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEngine, startHub } from '../../hub/library.js'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tailrace-library-'))
})
afterEach(() => rm(cwd, { recursive: true }))

describe('inside another program', () => {
  it('a log keeps its topics between two openings', async () => {
    const directory = join(cwd, 'log')
    const first = await openEngine({ directory })
    await first.topics.create({ name: 't', partitions: 3 })
    await expect(openEngine({ directory })).rejects.toMatchObject({ code: 'directory_owned' })
    await first.close()
    const second = await openEngine({ directory })
    expect(second.hubId).toBe(first.hubId)
    expect(second.topics.list()).toMatchObject([{ name: 't', partitions: 3 }])
    await second.close()
  })

  it.each(['embedded:', 'memory:'])('a hub runs a pipeline with no port at all on %s', async (engine) => {
    const file = join(cwd, 'p.json')
    const sources = { logs: { type: 'file', include: ['logs/*.log'], to: 'app' } }
    await mkdir(join(cwd, 'logs'))
    await writeFile(join(cwd, 'logs/a.log'), 'one\ntwo\n')
    await writeFile(file, JSON.stringify({ version: 1, name: 'p', sources }))
    const hub = await startHub({ files: [file], engine })
    expect(hub).toMatchObject({ http: undefined, isNew: true, dataDirectory: join(cwd, '.tailrace') })
    const values: unknown[] = []
    const { signal } = new AbortController()
    for await (const { value } of hub.admin.tap('app', { from: { kind: 'earliest' }, count: 2 }, signal))
      values.push(value)
    expect(values).toEqual(['one', 'two'])
    expect(hub.edges()).toMatchObject([{ id: 'logs', role: 'source' }])
    await hub.close()
    await hub.close()
    const again = await startHub({ files: [file], engine: 'memory:' })
    await again.close()
  })

  it('a hub that cannot start gives the data directory back', async () => {
    const dataDirectory = join(cwd, 'data')
    const hub = await startHub({ dataDirectory, http: '127.0.0.1:0' })
    const other = join(cwd, 'other')
    await expect(startHub({ dataDirectory: other, http: hub.http })).rejects.toMatchObject({ code: 'address_taken' })
    const second = await startHub({ dataDirectory: other })
    await second.close()
    await hub.close()
  })
})
