// Chance from the system's generator.

import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Random } from '../random.js'

/** The largest range of randomInt; enough for a fraction. */
const fractionSteps = 2 ** 48 - 1

export const nodeRandom: Random = {
  bytes: (count) => randomBytes(count),
  fraction: () => randomInt(fractionSteps) / fractionSteps,
  uuid: () => randomUUID(),
}
