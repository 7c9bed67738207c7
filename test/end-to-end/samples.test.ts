// Real logs through the real command: from files over a topic of four partitions into NDJSON, each line once, in
// order, byte for byte without its end. They lie where TAILRACE_SAMPLES says; else their likeness is made.

import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Command, eventually, Folder, patienceMs } from './kit.js'

interface Sample {
  readonly name: string
  readonly bytes: Buffer
}

function samples(): readonly Sample[] {
  const directory = process.env['TAILRACE_SAMPLES']
  if (directory === undefined) return likeness()
  const loghub = join(directory, 'loghub')
  return fs.readdirSync(loghub).map((name) => ({ name, bytes: fs.readFileSync(join(loghub, name)) }))
}

/** CRLF, stray carriage returns in one of them, a last line without an end. */
function likeness(): readonly Sample[] {
  return Array.from({ length: 10 }, (_, file) => {
    const lines = Array.from({ length: 2000 }, (_, line) => {
      const stray = file === 3 && line % 7 === 0 ? '\r ' : ''
      return `081109 20${file} ${line}${stray} INFO dfs.DataNode$Größe: ${'packet '.repeat(line % 13)}responder`
    })
    return { name: `Likeness${file}.log`, bytes: Buffer.from(lines.join('\r\n')) }
  })
}

/** The lines as bytes, one character each: an end is CR LF or LF. */
function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString('latin1').split('\n')
  const last = lines.pop()!
  return [...lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)), ...(last === '' ? [] : [last])]
}

/** Every file's lines, under the path that it had first. */
function expectAll(folder: Folder): void {
  const byKey = new Map<string, string[]>()
  for (const { key, line } of folder.lakeLines()) {
    const lines = byKey.get(key)
    if (lines === undefined) byKey.set(key, [line.toString('latin1')])
    else lines.push(line.toString('latin1'))
  }
  expect([...byKey.keys()].sort()).toEqual(
    samples()
      .map(({ name }) => folder.at('logs', name))
      .sort(),
  )
  for (const { name, bytes } of samples()) {
    const lines = byKey.get(folder.at('logs', name))!
    const expected = linesOf(bytes)
    const firstWrong = expected.findIndex((line, at) => line !== lines[at])
    expect({ name, count: lines.length, firstWrong }).toEqual({ name, count: expected.length, firstWrong: -1 })
  }
}

async function counted(folder: Folder, lineCount: number, hub: Command): Promise<void> {
  await eventually(() => expect(folder.lakeLines().length, hub.stderr).toBeGreaterThanOrEqual(lineCount))
}

type Rotation = (path: string, rotated: string) => void

function removeFile(path: string): void {
  fs.unlinkSync(path)
}

const rotations: readonly Rotation[] = [
  fs.renameSync,
  (path, rotated) => {
    fs.copyFileSync(path, rotated)
    fs.truncateSync(path)
  },
  removeFile,
]

describe('real logs through the command', () => {
  it('arrive once, in order, byte for byte', { timeout: 2 * patienceMs }, async () => {
    const folder = new Folder()
    folder.declare({ partitions: 4 })
    for (const { name, bytes } of samples()) folder.log(name, bytes)
    const hub = folder.run()
    await counted(folder, samples().flatMap(({ bytes }) => linesOf(bytes)).length, hub)
    expect((await hub.stop()).exitCode).toBe(0)
    expectAll(folder)
  })

  it('do so through every rotation, while the command runs and while it is down', {
    timeout: 4 * patienceMs,
  }, async () => {
    const folder = new Folder()
    folder.declare({ partitions: 4 })
    const all = samples()
    const rounds = 8
    const written = all.map(() => 0)
    // Rotation stands between whole lines, as writers do it.
    const append = (index: number, share: number): void => {
      const { name, bytes } = all[index]!
      const end = share >= 1 ? bytes.length : bytes.indexOf(10, Math.floor(bytes.length * share)) + 1
      folder.log(name, bytes.subarray(written[index], end))
      written[index] = end
    }
    const lineCount = (): number =>
      all.reduce((sum, { bytes }, index) => sum + linesOf(bytes.subarray(0, written[index])).length, 0)
    // What is unlinked was read; to what is renamed or copied more is written at the last moment.
    const rotate = (round: number): void => {
      for (const [index, { name }] of all.entries()) {
        const path = folder.at('logs', name)
        const rotation = rotations[(index + round) % rotations.length]!
        if (rotation !== removeFile) append(index, (round + 0.5) / rounds)
        rotation(path, `${path}.${round}`)
      }
    }
    let hub = folder.run()
    for (let round = 1; round <= rounds; round++) {
      for (const index of all.keys()) append(index, round / rounds)
      await counted(folder, lineCount(), hub)
      if (round === rounds) break
      const isDown = round % 2 === 0
      if (isDown) await hub.stop(round % 4 === 0 ? 'SIGKILL' : 'SIGTERM')
      rotate(round)
      if (isDown) hub = folder.run()
    }
    expect((await hub.stop()).exitCode).toBe(0)
    expectAll(folder)
  })
})
