// Faults that a server may have, planted into its engine: the judge has to find each of them.

import type { LogEngine } from '../../core/engine/log-engine.js'
import { processorMs } from './processor-time.js'

export type PlantedFault = 'throws' | 'blocks' | 'rejects'

export const plantedFaults: readonly PlantedFault[] = ['throws', 'blocks', 'rejects']

/** Of the processor, as the watch counts only that. */
const blockedMs = 2000

const effects: { readonly [Fault in PlantedFault]: () => void } = {
  throws() {
    throw new RangeError('planted: Invalid array length')
  },
  blocks() {
    const endMs = processorMs() + blockedMs
    while (processorMs() < endMs);
  },
  rejects() {
    void Promise.reject(new Error('planted: nobody awaits this'))
  },
}

/** The engine, but that the first look-up of an offset by time has the fault. */
export function withPlanted(fault: PlantedFault, engine: LogEngine): LogEngine {
  let isArmed = true
  const offsetFor: LogEngine['offsetFor'] = async (of, at) => {
    if (isArmed) {
      isArmed = false
      effects[fault]()
    }
    return engine.offsetFor(of, at)
  }
  return new Proxy(engine, {
    get(target, name) {
      if (name === 'offsetFor') return offsetFor
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
