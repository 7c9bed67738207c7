// A hub with a port for Kafka clients, and tables of behaviours that foreign clients show against it.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { AdminService } from '../../core/admin/admin-service.js'
import type { LogEngine } from '../../core/engine/log-engine.js'
import { startHub, type Hub, type HubOptions } from '../../hub/start-hub.js'

export interface KafkaSite {
  /** `HOST:PORT`. */
  readonly kafka: string
  readonly engine: LogEngine
  readonly admin: AdminService
  /** A name that no other behaviour uses, for a topic or a group. */
  readonly name: string
}

/** What a client does and sees, by name. */
export type Behaviours = Readonly<Record<string, (site: KafkaSite) => Promise<void>>>

/** Runs a table against one hub, several at a time; each behaviour has a name of its own for its topic. */
export function behavioursOf(client: string, table: Behaviours, skipped?: string, hubOptions: HubOptions = {}): void {
  describe.skipIf(skipped !== undefined)(skipped === undefined ? client : `${client}: ${skipped}`, () => {
    let hub: Hub
    let directory: string
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), 'tailrace-kafka-'))
      hub = await startHub({ dataDirectory: directory, kafka: '127.0.0.1:0', ...hubOptions })
    })
    afterAll(async () => {
      await hub.close()
      rmSync(directory, { recursive: true })
    })
    let count = 0
    for (const [behaviour, show] of Object.entries(table)) {
      it.concurrent(behaviour, { timeout: 60_000 }, async () => {
        const name = `${client.replace(/[^a-z]/g, '')}-${++count}`
        await show({ kafka: hub.kafka ?? '', engine: hub.engine, admin: hub.admin, name })
      })
    }
  })
}

export interface Ran {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program from its start to its end, killed after 20 s. */
export function run(program: string, arguments_: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, arguments_, { stdio: 'pipe', timeout: 20_000, killSignal: 'SIGKILL' })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()))
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
    child.stdin.on('error', () => undefined) // it may end before it has read all
    child.stdin.end(input)
  })
}

/** Values of a topic's partition, read through the engine. */
export async function firstBatchOf(engine: LogEngine, topic: string, partition = 0): Promise<Buffer> {
  const limits = { minBytes: 0, maxBytes: 1, maxWaitMs: 0, isolation: 'written' } as const
  const { chunks } = await engine.read([{ topic, partition, offset: 0, maxBytes: 1 }], limits, AbortSignal.any([]))
  const [chunk] = chunks
  if (chunk === undefined || chunk.error !== undefined) throw chunk?.error ?? new Error('nothing was read')
  return chunk.batches
}
