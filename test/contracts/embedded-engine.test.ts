import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'
import { ManualClock } from '../support/manual-clock.js'
import { watchFiles } from '../support/quiet-files.js'
import { logEngineContract } from './log-engine.contract.js'

// Small journal files, so that they are recycled within a test; looking after the log every second of the test's time.
const smallJournal = { fileBytes: 10 * 1024 * 1024, maxFiles: 4 }

logEngineContract('the embedded engine', async () => {
  const root = mkdtempSync(join(tmpdir(), 'tailrace-engine-'))
  const clock = new ManualClock()
  const real = nodeWorld()
  const { files, quiet } = watchFiles(real.files)
  const world = { ...real, clock, files }
  return {
    open: () =>
      openEmbeddedEngine({
        directory: join(root, 'data'),
        world,
        logger: silentLogger,
        recorder: silentRecorder,
        journal: smallJournal,
        maintenanceMs: 1000,
      }),
    dispose: async () => rmSync(root, { recursive: true, force: true }),
    persistent: true,
    passTime: async (ms) => {
      await quiet()
      await clock.advance(ms)
      await quiet()
    },
  }
})
