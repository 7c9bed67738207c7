// Names of what appends set besides records, and how an engine is asked for it. The value that is set is the number
// of the append, so that one look tells which append it is of.
//
//   `state KEY`                     a key of the connector's state
//   `GROUP PARTITION of TOPIC`      a committed offset

import type { LogEngine } from '../../core/engine/log-engine.js'
import type { StateScope } from '../../core/engine/state-service.js'

export const scope: StateScope = { pipeline: 'simulated', connector: 'source' }

export function stateCell(key: string): string {
  return `state ${key}`
}

export function offsetCell(group: string, of: { readonly topic: string; readonly partition: number }): string {
  return `${group} ${of.partition} of ${of.topic}`
}

/** Undefined for a key of state. */
export function groupOf(cell: string): string | undefined {
  return cell.startsWith('state ') ? undefined : cell.slice(0, cell.indexOf(' '))
}

/** The number of the append whose value is there; undefined when nothing is. */
export function cellReader(engine: LogEngine, cell: string): number | undefined {
  const [first = '', second = '', , topic] = cell.split(' ')
  if (topic === undefined) {
    const value = engine.state.get(scope, second)
    return value === undefined ? undefined : Number.parseInt(Buffer.from(value).toString('latin1'), 10)
  }
  const committed = engine.groups.committed(first, { topic, partition: Number(second) })
  return committed === undefined ? undefined : Number(committed.metadata)
}
