import { describe, expect, it } from 'vitest'
import type { Seen } from '../../../connectors/lake/object-store.js'
import { objectActions } from '../../../connectors/lake/recovery-table.js'

const all: readonly Seen[] = ['absent', 'agrees', 'differs']

describe('the recovery of one file', () => {
  it.each(all)('leaves alone what agrees in place, with %s staged', (staged) => {
    expect(objectActions.agrees[staged]).toBe('keep')
  })

  it.each(all)('refuses to touch what differs in place, with %s staged', (staged) => {
    expect(objectActions.differs[staged]).toBe('refuse')
  })

  it('moves what is whole, and makes again what is not', () => {
    expect(objectActions.absent).toEqual({ agrees: 'move', absent: 'make', differs: 'make' })
  })
})
