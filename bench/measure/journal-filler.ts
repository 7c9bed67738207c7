// A process that fills a journal, says so, and waits to be killed. Its checkpoints never get their slot: so the journal
// reaches back over many files.

import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import { defaultJournalLimits } from '../../core/log/journal.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import type { Files } from '../../core/runtime/files.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'

const batchBytes = 64 * 1024
const totalBytes = 900 * 1024 * 1024
const directory = process.argv[2]
if (directory === undefined) throw new Error('usage: journal-filler DIRECTORY')
const world = nodeWorld()
let isFilling = false
const files: Files = {
  ...world.files,
  open: (path, mode) =>
    isFilling && path.includes('checkpoint-') ? new Promise<never>(() => undefined) : world.files.open(path, mode),
}
const engine = await openEmbeddedEngine({
  directory,
  world: { ...world, files },
  logger: silentLogger,
  recorder: silentRecorder,
  journal: { ...defaultJournalLimits, maxFiles: 20 },
})
isFilling = true
await engine.topics.create({ name: 'filled', partitions: 16 })
const batch = encodeBatch([{ key: null, value: Buffer.alloc(batchBytes, 7), timestampMs: 1_700_000_000_000 }])
const count = Math.floor(totalBytes / batchBytes)
let next = 0
const worker = async (): Promise<void> => {
  while (next < count) await engine.append([{ topic: 'filled', partition: next++ % 16, batch }])
}
await Promise.all(Array.from({ length: 64 }, worker))
process.stdout.write('filled\n')
setInterval(() => undefined, 1000)
