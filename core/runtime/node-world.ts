// The real world: the composition root makes it once and hands it down.

import { nodeClock } from './node/node-clock.js'
import { nodeFiles } from './node/node-files.js'
import { nodeLimits } from './node/node-limits.js'
import { nodeNetwork } from './node/node-network.js'
import { nodeRandom } from './node/node-random.js'
import { nodeResolver } from './node/node-resolver.js'
import { socketOwnership } from './node/socket-ownership.js'
import type { World } from './world.js'

/** Disk, time, chance, ownership and network of this machine. */
export function nodeWorld(): World {
  return {
    files: nodeFiles,
    clock: nodeClock,
    random: nodeRandom,
    ownership: socketOwnership,
    network: nodeNetwork,
    resolver: nodeResolver,
    limits: nodeLimits(),
  }
}
