import { describe, expect, it } from 'vitest'
import { mostPutBytes, type StateChanges, StateWriter } from '../../../connectors/webhook/state-writer.js'

/** A state whose puts end when the test says so. */
function slowState() {
  const puts: { readonly changes: StateChanges; readonly end: (error?: Error) => void }[] = []
  const write = (changes: StateChanges): Promise<void> => {
    return new Promise((resolve, reject) => {
      puts.push({ changes, end: (error) => (error === undefined ? resolve() : reject(error)) })
    })
  }
  return { puts, write }
}

const one = (key: string) => new Map([[key, true]])
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))
const keysOf = ({ changes }: { readonly changes: StateChanges }) => [...changes.keys()]

describe('a writer of state', () => {
  it('puts together what is asked for in one turn, and while a put is under way', async () => {
    const { puts, write } = slowState()
    const writer = new StateWriter(write)
    const first = [writer.put(one('a'), 10), writer.put(one('b'), 10)]
    await turn()
    const second = [writer.put(one('c'), 10), writer.put(new Map([['a', undefined]]), 10)]
    await turn()
    expect(puts.map(keysOf)).toEqual([['a', 'b']])
    puts[0]!.end()
    await Promise.all(first)
    await turn()
    expect(puts.map(keysOf)).toEqual([
      ['a', 'b'],
      ['c', 'a'],
    ])
    puts[1]!.end()
    await Promise.all(second)
  })

  it('begins another put before one holds more than the log takes', async () => {
    const { puts, write } = slowState()
    const writer = new StateWriter(write)
    const done = [writer.put(one('a'), mostPutBytes - 1), writer.put(one('b'), 2), writer.put(one('c'), 2)]
    await turn()
    puts[0]!.end()
    await turn()
    expect(puts.map(keysOf)).toEqual([['a'], ['b', 'c']])
    puts[1]!.end()
    await Promise.all(done)
  })

  it('gives the error of a put to all that went with it, and goes on', async () => {
    const { puts, write } = slowState()
    const writer = new StateWriter(write)
    const failing = [writer.put(one('a'), 1), writer.put(one('b'), 1)].map((put) => expect(put).rejects.toThrow('full'))
    await turn()
    const later = writer.put(one('c'), 1)
    puts[0]!.end(new Error('full'))
    await Promise.all(failing)
    await turn()
    puts[1]!.end()
    await later
  })
})
