// Everything a component may know of the outside, in one value that is handed down from the composition root.

import type { Clock } from './clock.js'
import type { Files } from './files.js'
import type { Limits } from './limits.js'
import type { Network } from './network.js'
import type { Ownership } from './ownership.js'
import type { Random } from './random.js'
import type { Resolver } from './resolver.js'

export interface World {
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly ownership: Ownership
  readonly network: Network
  readonly resolver: Resolver
  readonly limits: Limits
}
