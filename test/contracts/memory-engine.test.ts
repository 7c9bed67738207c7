import { openMemoryEngine } from '../../core/engine/memory/memory-engine.js'
import { nodeWorld } from '../../core/runtime/node-world.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { ManualClock } from '../support/manual-clock.js'
import { logEngineContract } from './log-engine.contract.js'

logEngineContract('the memory engine', async () => {
  const clock = new ManualClock()
  return {
    open: () => openMemoryEngine({ clock, random: nodeWorld().random, logger: silentLogger }),
    dispose: () => Promise.resolve(),
    persistent: false,
    passTime: (ms) => clock.advance(ms),
  }
})
