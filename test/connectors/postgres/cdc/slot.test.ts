import { describe, expect, it } from 'vitest'
import { decideSlot, type SlotQuestion, type SlotStatus } from '../../../../connectors/postgres/cdc/slot.js'
import type { Origin } from '../../../../connectors/postgres/cdc/origin.js'
import { postgresErrors } from '../../../../connectors/postgres/errors.js'

const idle: SlotStatus = {
  plugin: 'pgoutput',
  database: 'shop',
  isActive: false,
  activePid: undefined,
  confirmedLsn: 1000,
  restartLsn: 900,
  walStatus: 'reserved',
  invalidation: undefined,
  safeBytes: undefined,
  retainedBytes: 100,
  unconfirmedBytes: 0,
}

const streaming: Origin = {
  phase: 'streaming',
  slot: 'orders',
  system: '7',
  database: 'shop',
  lsn: 1000,
  visibility: undefined,
}

const first: SlotQuestion = {
  slot: 'orders',
  found: undefined,
  origin: undefined,
  reachedLsn: undefined,
  database: 'shop',
  isCreationWanted: true,
  isSnapshotWanted: true,
}

function codeOf(question: SlotQuestion): string {
  try {
    return decideSlot(question)
  } catch (error) {
    const codes = Object.keys(postgresErrors.table) as (keyof typeof postgresErrors.table)[]
    return codes.find((code) => postgresErrors.is(error, code)) ?? String(error)
  }
}

describe('the slot at a start', () => {
  it.each<[string, Partial<SlotQuestion>, string]>([
    ['is made at the first start', {}, 'create'],
    ['is not made unless that is asked for', { isCreationWanted: false }, 'postgres_slot_missing'],
    ['that somebody made is taken over without a snapshot', { found: idle, isSnapshotWanted: false }, 'adopt'],
    ['that somebody made cannot begin with a snapshot', { found: idle }, 'postgres_slot_foreign'],
    [
      'is made anew after a start that died while it made it',
      { found: idle, origin: { ...streaming, phase: 'creating' } },
      'recreate',
    ],
    [
      'is left alone when what died was to make one of another name',
      { found: idle, origin: { ...streaming, phase: 'creating', slot: 'others' } },
      'postgres_slot_foreign',
    ],
    ['is made after a start that died before it made it', { origin: { ...streaming, phase: 'creating' } }, 'create'],
    ['is gone on with', { found: idle, origin: streaming, reachedLsn: 1000 }, 'continue'],
    ['may stand behind the log', { found: idle, origin: streaming, reachedLsn: 5000 }, 'continue'],
    ['ahead of the log stops the source', { found: idle, origin: streaming, reachedLsn: 999 }, 'postgres_slot_ahead'],
    [
      'ahead of where it began stops the source',
      { found: { ...idle, confirmedLsn: 1001 }, origin: streaming },
      'postgres_slot_ahead',
    ],
    ['that was dropped is not made anew', { origin: streaming, reachedLsn: 1000 }, 'postgres_slot_missing'],
    [
      'of another plugin is left alone',
      { found: { ...idle, plugin: 'wal2json' }, origin: streaming },
      'postgres_slot_foreign',
    ],
    [
      'of another database is left alone',
      { found: { ...idle, database: 'other' }, origin: streaming },
      'postgres_slot_foreign',
    ],
    [
      'that somebody reads is waited for',
      { found: { ...idle, isActive: true, activePid: 7 }, origin: streaming },
      'postgres_slot_in_use',
    ],
    [
      'that the server gave up stops the source',
      { found: { ...idle, invalidation: 'wal_removed' }, origin: streaming },
      'postgres_slot_invalidated',
    ],
  ])('%s', (_name, question, expected) => {
    expect(codeOf({ ...first, ...question })).toBe(expected)
  })

  it('says both ends of a gap and its size', () => {
    const question = {
      ...first,
      found: { ...idle, confirmedLsn: 0x1_0000_0200 },
      origin: streaming,
      reachedLsn: 0x1_0000_0100,
    }
    expect(() => decideSlot(question)).toThrow(/1\/200.*1\/100.*256 bytes/)
  })
})
