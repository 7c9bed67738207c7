// A password at a terminal, key by key.

import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { askTwice } from '../../cli/password.js'

const controlC = '\u0003'
const controlD = '\u0004'

/** What comes of it when these are typed, each at a prompt of its own, and what was shown. */
async function typed(...entries: readonly string[]): Promise<unknown> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  let shown = ''
  const rest = [...entries]
  output.on('data', (part: Buffer) => {
    shown += part.toString()
    if (part.toString().endsWith(': ')) input.write(rest.shift() ?? '')
  })
  const entered = await askTwice({ input, output })
  expect(rest).toEqual([])
  expect(shown.split('\n').slice(0, -1)).toEqual(['password: ', 'again: '].slice(0, entries.length))
  return entered
}

describe('a password at the terminal', () => {
  it('is asked for twice and never shown', async () => {
    expect(await typed('correct horse\r', 'correct horse\r')).toEqual({ password: 'correct horse' })
  })

  it('has to be the same twice', async () => {
    expect(await typed('correct horse\r', 'battery\r')).toEqual({ problem: 'the two passwords differ' })
  })

  it.each([controlC, controlD])('is missing when the input is ended by %j', async (key) => {
    expect(await typed(key)).toEqual({ problem: 'no password was entered' })
    expect(await typed('correct horse\r', key)).toEqual({ problem: 'no password was entered' })
  })
})
