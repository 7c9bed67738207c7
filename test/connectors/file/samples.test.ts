// Logs of real services, when TAILRACE_SAMPLES names the directory that holds them, else their likeness: CRLF line
// ends, stray carriage returns, a last line without an end. They are judged by a splitter of the test's own.

import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectory, Tail } from './kit.js'

interface Sample {
  readonly name: string
  readonly bytes: Buffer
}

function samples(): readonly Sample[] {
  const directory = process.env['TAILRACE_SAMPLES']
  if (directory === undefined) return likeness()
  const loghub = path.join(directory, 'loghub')
  return fs.readdirSync(loghub).map((name) => ({ name, bytes: fs.readFileSync(path.join(loghub, name)) }))
}

function likeness(): readonly Sample[] {
  return Array.from({ length: 10 }, (_, file) => {
    const lines = Array.from({ length: 2000 }, (_, line) => {
      const stray = file === 3 && line % 7 === 0 ? '\r ' : ''
      return `081109 20${file} ${line}${stray} INFO dfs.DataNode: ${'packet '.repeat(line % 13)}responder`
    })
    return { name: `Likeness${file}.log`, bytes: Buffer.from(lines.join('\r\n'), 'latin1') }
  })
}

/** The lines as bytes, one character each: an end is CR LF or LF. */
function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString('latin1').split('\n')
  const last = lines.pop()!
  return [...lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)), ...(last === '' ? [] : [last])]
}

function expectAll(tail: Tail, directory: string): void {
  for (const { name, bytes } of samples()) {
    const key = path.join(directory, name)
    const values = tail.writer.committed.filter((record) => record.key === key).map(({ value }) => value)
    expect(values, name).toEqual(linesOf(bytes))
  }
}

describe('real logs', () => {
  it('come out once, in order, byte for byte', async () => {
    const directory = makeDirectory()
    for (const { name, bytes } of samples()) fs.writeFileSync(path.join(directory, name), bytes)
    const tail = await Tail.start({ directory, settings: { include: ['*.log'] } })
    await tail.settle()
    await tail.settle(6000)
    expectAll(tail, directory)
  })

  it('do so while they are written, rotated and resumed after crashes', async () => {
    const directory = makeDirectory()
    const tail = await Tail.start({ directory, settings: { include: ['*.log', '*.log.1'] }, openFiles: 6 })
    const all = samples()
    const written = all.map(() => 0)
    for (let round = 0; round < 12; round++) {
      for (const [index, { name, bytes }] of all.entries()) {
        const at = path.join(directory, name)
        // Rotation stands between whole lines, as writers do it.
        const end = round === 11 ? bytes.length : bytes.indexOf(10, Math.floor((bytes.length * (round + 1)) / 13)) + 1
        fs.appendFileSync(at, bytes.subarray(written[index], end))
        written[index] = end
        // A file keeps the key under which it was first seen: so each is seen before it is rotated.
        if (round === 0) continue
        if ((round + index) % 4 === 1) {
          fs.renameSync(at, `${at}.1`)
        } else if ((round + index) % 4 === 3) {
          fs.copyFileSync(at, `${at}.1`)
          fs.truncateSync(at)
        }
      }
      tail.writer.capacity = 3000
      if (round % 3 === 2) {
        await tail.readOnce()
        await tail.restart()
      }
      await tail.settle()
      await tail.settle()
    }
    await tail.settle(6000)
    await tail.settle(6000)
    expectAll(tail, directory)
  })
})
