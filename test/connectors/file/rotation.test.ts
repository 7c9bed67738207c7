import { describe, expect, it } from 'vitest'
import {
  type Action,
  type Content,
  decideRotation,
  type Observation,
  rotationTable,
  type Whereabouts,
} from '../../../connectors/file/rotation.js'

const places: readonly Whereabouts[] = ['in-place', 'moved', 'gone']
const contents: readonly Content[] = ['same', 'replaced']
const either = [false, true]

function everyObservation(): Observation[] {
  const all: Observation[] = []
  for (const whereabouts of places) {
    for (const content of contents) {
      for (const successor of either) {
        for (const held of either) {
          for (const overdue of either) all.push({ whereabouts, content, successor, held, overdue })
        }
      }
    }
  }
  return all
}

function actionsWhere(holds: (seen: Observation) => boolean): Set<Action> {
  return new Set(everyObservation().filter(holds).map(decideRotation))
}

describe('the rotation table', () => {
  it('has an action for every observation', () => {
    for (const seen of everyObservation()) expect(decideRotation(seen)).toBeTypeOf('string')
    expect(Object.keys(rotationTable)).toEqual(places)
  })

  it('follows what is in place and finishes what was moved, as long as their content is the same', () => {
    expect(actionsWhere(({ whereabouts, content }) => whereabouts === 'in-place' && content === 'same')).toEqual(
      new Set(['follow']),
    )
    expect(actionsWhere(({ whereabouts, content }) => whereabouts === 'moved' && content === 'same')).toEqual(
      new Set(['finish']),
    )
  })

  it('never gives up what a successor still holds', () => {
    const actions = actionsWhere(({ successor, content, whereabouts }) => {
      return successor && (content === 'replaced' || whereabouts === 'gone')
    })
    expect(actions).toEqual(new Set(['hand-over', 'finish']))
  })

  it('never gives up what can be read through an open descriptor', () => {
    expect(actionsWhere(({ held, content }) => held && content === 'same')).toEqual(new Set(['follow', 'finish']))
  })

  it('never reads on in content that was replaced', () => {
    expect(actionsWhere(({ content }) => content === 'replaced')).toEqual(new Set(['abandon', 'hand-over']))
  })

  it('forgets nothing but what is gone, closed, without a successor and overdue', () => {
    const forgotten = everyObservation().filter((seen) => decideRotation(seen) === 'forget')
    expect(forgotten).toEqual([{ whereabouts: 'gone', content: 'same', successor: false, held: false, overdue: true }])
  })
})
