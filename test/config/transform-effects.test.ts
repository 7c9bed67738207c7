import { describe, expect, it } from 'vitest'
import { transformEffects } from '../../config/transform-effects.js'

const dedupe = { dedupe: { key: 'id', window: '1h' } }

function effectsOf(previous: readonly unknown[], next: readonly unknown[]): readonly string[] {
  const change = { kind: 'changed', previous: { steps: previous }, next: { steps: next }, changed: ['steps'] } as const
  return transformEffects(change).map(({ effect, dangerous }) => (dangerous ? effect.toUpperCase() : effect))
}

describe('a change of the steps of a transform', () => {
  const general = 'hold for records that are read from here on'

  it('does nothing to state when a step with state keeps its definition', () => {
    const longer = { dedupe: { key: 'id', window: '2h', maxKeys: 5 } }
    expect(effectsOf([{ filter: 'true' }, dedupe], [longer, { filter: 'false' }])).toEqual([general])
  })

  it('is refused when a step with state gets another definition under its name', () => {
    const [, effect] = effectsOf([dedupe], [{ dedupe: { key: 'email', window: '1h' } }])
    expect(effect).toContain('REFUSED: WHAT THE STEP "DEDUPE" REMEMBERS')
  })

  it('forgets the state of a step that goes, and begins with nothing under another name', () => {
    expect(effectsOf([dedupe], [{ dedupe: { name: 'again', key: 'email', window: '1h' } }])).toEqual([
      general,
      'WHAT THE STEP "DEDUPE" REMEMBERS IS FORGOTTEN',
      'the step "again" begins with nothing',
    ])
  })
})

it('says what becomes of offsets when a transform comes, goes or reads something else', () => {
  const change = (kind: 'added' | 'removed' | 'changed', changed: readonly string[] = []) =>
    transformEffects({ kind, previous: {}, next: {}, changed }).map(({ effect }) => effect)
  expect(change('added')).toEqual(['begins with the oldest record of its topics'])
  expect(change('removed')[0]).toContain('goes on where it was')
  expect(change('changed', ['from', 'to', 'onError'])).toHaveLength(2)
})
