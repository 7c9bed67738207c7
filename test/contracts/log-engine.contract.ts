// The contract of core/engine/log-engine.ts as one suite, run against every engine: what it promises and nothing else.
//
// No behaviour asks which engine it is; only `engine.capabilities` and what the harness says of persistence decide what
// applies. Time is the harness's: no behaviour sleeps.

import { describe } from 'vitest'
import { appendBehaviours } from './log-engine/appends.js'
import { compressedBehaviours } from './log-engine/compressed.js'
import type { MakeHarness } from './log-engine/engine-harness.js'
import { groupBehaviours } from './log-engine/groups.js'
import { lifeBehaviours } from './log-engine/life.js'
import { offsetBehaviours } from './log-engine/offsets.js'
import { producerBehaviours } from './log-engine/producers.js'
import { readBehaviours } from './log-engine/reads.js'
import { stateBehaviours } from './log-engine/state.js'
import { timestampBehaviours } from './log-engine/timestamps.js'
import { topicBehaviours } from './log-engine/topics.js'
import { transactionBehaviours } from './log-engine/transactions.js'

/** Declares the suite for one engine; `make` gives a fresh place for each test. */
export function logEngineContract(name: string, make: MakeHarness): void {
  describe(name, () => {
    topicBehaviours(make)
    appendBehaviours(make)
    producerBehaviours(make)
    transactionBehaviours(make)
    readBehaviours(make)
    offsetBehaviours(make)
    compressedBehaviours(make)
    timestampBehaviours(make)
    groupBehaviours(make)
    stateBehaviours(make)
    lifeBehaviours(make)
  })
}
