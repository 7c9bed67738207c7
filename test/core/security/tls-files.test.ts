import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Files } from '../../../core/runtime/files.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { TlsFiles } from '../../../core/security/tls-files.js'
import { ManualClock } from '../../support/manual-clock.js'

let directory: string
let clock: ManualClock
let told: unknown[]
let tls: TlsFiles
let reads: number

const write = (certificate: string, key: string): void => {
  writeFileSync(join(directory, 'tls.crt'), certificate)
  writeFileSync(join(directory, 'tls.key'), key)
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tailrace-tls-'))
  clock = new ManualClock()
  told = []
  const paths = { certificatePath: join(directory, 'tls.crt'), keyPath: join(directory, 'tls.key') }
  reads = 0
  const real = nodeWorld().files
  const readAll = (path: string): Promise<Buffer> => real.readAll(path).finally(() => reads++)
  const files = Object.create(real, { readAll: { value: readAll } }) as Files
  tls = new TlsFiles({ files, clock, ...paths, renewed: (error) => told.push(error) })
})

afterEach(() => rmSync(directory, { recursive: true }))

/** Lets time pass for a look, and waits until it has read both files, which no clock moves. */
async function look(): Promise<void> {
  const both = reads + 2
  await clock.advance(30_000)
  while (reads < both) await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

describe('certificate and key in files', () => {
  it('are used again when they change, and not when they stay', async () => {
    write('one', 'key one')
    expect((await tls.read()).certificate.toString()).toBe('one')
    const used: string[] = []
    const watch = tls.watch(({ certificate, key }) => used.push(`${certificate} ${key}`))
    await look()
    expect(used).toEqual([])
    write('two', 'key two')
    await look()
    expect(used).toEqual(['two key two'])
    expect(told).toEqual([undefined])
    watch.cancel()
    write('three', 'key three')
    await clock.advance(60_000)
    expect(used).toEqual(['two key two'])
  })

  it('are told when they cannot be used, and looked at again', async () => {
    write('one', 'key one')
    await tls.read()
    const refusal = new Error('they do not belong together')
    tls.watch(({ key }) => {
      if (key.toString() === 'key one') throw refusal
    })
    write('two', 'key one')
    await look()
    expect(told).toEqual([refusal])
    write('two', 'key two')
    await look()
    expect(told).toEqual([refusal, undefined])
    rmSync(join(directory, 'tls.key'))
    await look()
    expect(told[2]).toMatchObject({ code: 'tls_unusable' })
  })

  it('are an error when they are missing at the start', async () => {
    await expect(tls.read()).rejects.toMatchObject({ code: 'tls_unusable' })
  })
})
