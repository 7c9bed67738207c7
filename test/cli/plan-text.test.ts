import { describe, expect, it } from 'vitest'
import { planText } from '../../cli/plan-text.js'
import type { Change, EdgePreview } from '../../hub/admin-vocabulary.js'

function change(part: Partial<Change>): Change {
  return { kind: 'changed', pipeline: 'shop', what: 'source', id: 'orders', settings: [], effects: [], ...part }
}

function preview(part: Partial<EdgePreview>): EdgePreview {
  return { pipeline: 'shop', what: 'source', id: 'orders', steps: [], failure: undefined, ...part }
}

const sql = (text: string) => ({ what: 'sql' as const, text, where: 'the source database' })

describe('what plan prints', () => {
  it('says so when nothing changes anywhere', () => {
    expect(planText({ changes: [], previews: [] })).toBe('nothing changes')
  })

  it('shows what the next start runs elsewhere below the edge that it is for', () => {
    const settings = [{ path: ['tables'], previous: ['a'], next: ['a', 'b'] }]
    const effects = [{ setting: 'tables', effect: 'rows of b are not read', dangerous: true }]
    const text = planText({
      changes: [change({ settings, effects }), change({ id: 'copy', what: 'sink', kind: 'added' })],
      previews: [preview({ steps: [sql('ALTER PUBLICATION p\n  ADD TABLE b'), sql('SELECT 1')] })],
    })
    expect(text.split('\n')).toEqual([
      '~ source shop.orders',
      '    tables: ["a"] → ["a","b"]',
      '    DANGER of tables: rows of b are not read',
      '    runs in the source database (sql):',
      '        ALTER PUBLICATION p',
      '          ADD TABLE b',
      '    runs in the source database (sql):',
      '        SELECT 1',
      '+ sink shop.copy',
    ])
  })

  it('shows it for an edge that does not change as well', () => {
    const previews = [preview({ steps: [sql('SELECT 1')] })]
    expect(planText({ changes: [change({ what: 'topic' })], previews }).split('\n')).toEqual([
      '~ topic shop.orders',
      '= source shop.orders',
      '    runs in the source database (sql):',
      '        SELECT 1',
    ])
  })

  it('tells in one line why it is not known', () => {
    const failure = { message: 'no server answers at db:5432', hint: 'Check host and port.' }
    expect(planText({ changes: [], previews: [preview({ failure })] })).toBe(
      '= source shop.orders\n    what the start would run is not known: no server answers at db:5432',
    )
  })
})
