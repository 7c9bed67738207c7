// Random lives of log files on the real file system, against a model of what was written: writers that leave lines
// half written, rotation by rename and by copy and truncation, compression, deletion, truncation, crashes that forget
// what was not committed, and looks at any moment between. fast-check prints the seed and the shrunk life of a failure.

import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeDirectory, Tail, type TestRecord } from './kit.js'

type Action =
  | { readonly do: 'write'; readonly name: string; readonly count: number }
  | { readonly do: 'write-part'; readonly name: string }
  | { readonly do: 'rename' | 'copy-truncate' | 'compress' | 'delete' | 'truncate'; readonly name: string }
  | { readonly do: 'read'; readonly capacity: number }
  | { readonly do: 'settle' | 'crash' | 'pause' }

/** What was written to one file from its making to its end: lines, the last perhaps without an end. */
interface Life {
  readonly lines: string[]
  isOpenLine: boolean
  /** Some of it may have vanished unread. */
  isLossy: boolean
  /** A committed look saw the file, respectively read of it. */
  isSeen: boolean
  isRead: boolean
}

const names = ['a.log', 'b.log']
const keptPredecessors = 3

class World {
  readonly lives = new Map<string, Life[]>()
  /** Lives by the path at which their bytes are now. */
  readonly #at = new Map<string, Life>()
  readonly #directory: string
  readonly #isWide: boolean
  #count = 0

  constructor(directory: string, isWide: boolean) {
    this.#directory = directory
    this.#isWide = isWide
  }

  write(name: string, count: number): void {
    const life = this.#lifeOf(name)
    let text = ''
    for (let line = 0; line < count; line++) {
      const rest = `${this.#count++} ${'.'.repeat((this.#count * 7) % 90)}`
      text += `${rest}\n`
      if (life.isOpenLine) life.lines.push(life.lines.pop()! + rest)
      else life.lines.push(rest)
      life.isOpenLine = false
    }
    fs.appendFileSync(this.#path(name), text)
  }

  writePart(name: string): void {
    const life = this.#lifeOf(name)
    const part = `${this.#count++} part `
    if (life.isOpenLine) life.lines.push(life.lines.pop()! + part)
    else life.lines.push(part)
    life.isOpenLine = true
    fs.appendFileSync(this.#path(name), part)
  }

  rename(name: string): void {
    const life = this.#at.get(name)
    if (life === undefined) return
    this.#shift(name)
    fs.renameSync(this.#path(name), this.#path(`${name}.1`))
    this.#move(name, `${name}.1`)
    if (!this.#isWide && !life.isSeen) life.isLossy = true
  }

  copyTruncate(name: string): void {
    const life = this.#at.get(name)
    if (life === undefined) return
    this.#shift(name)
    fs.copyFileSync(this.#path(name), this.#path(`${name}.1`))
    fs.truncateSync(this.#path(name))
    this.#move(name, `${name}.1`)
    this.#begin(name).isSeen = life.isSeen
    // A copy outside of the globs is found by what was read of its original.
    if (!this.#isWide && !life.isRead) life.isLossy = true
  }

  /** Compresses the last predecessor, under a name that is not rotated any more. */
  compress(name: string): void {
    const from = `${name}.1`
    const life = this.#at.get(from)
    if (life === undefined) return
    const to = `${from}-${this.#count++}.gz`
    fs.writeFileSync(this.#path(to), zlib.gzipSync(fs.readFileSync(this.#path(from))))
    fs.unlinkSync(this.#path(from))
    this.#move(from, to)
    if (!this.#isWide && !life.isRead) life.isLossy = true
  }

  delete(name: string): void {
    if (!this.#at.has(name)) return
    fs.unlinkSync(this.#path(name))
    this.#end(name)
  }

  truncate(name: string): void {
    if (!this.#at.has(name)) return
    fs.truncateSync(this.#path(name))
    this.#end(name)
    this.#begin(name)
  }

  /** A read was committed: `keys` are known, and some have records. */
  note(records: readonly TestRecord[]): void {
    const values = new Set(records.map(({ value }) => value))
    for (const life of this.#at.values()) {
      life.isSeen = true
      if (life.lines.some((line) => values.has(line))) life.isRead = true
    }
  }

  #lifeOf(name: string): Life {
    return this.#at.get(name) ?? this.#begin(name)
  }

  #begin(name: string): Life {
    const life: Life = { lines: [], isOpenLine: false, isLossy: false, isSeen: false, isRead: false }
    this.lives.set(name, [...(this.lives.get(name) ?? []), life])
    this.#at.set(name, life)
    return life
  }

  #end(name: string): void {
    const life = this.#at.get(name)
    if (life !== undefined) life.isLossy = true
    this.#at.delete(name)
  }

  #shift(name: string): void {
    const oldest = `${name}.${keptPredecessors}`
    if (this.#at.has(oldest)) {
      fs.unlinkSync(this.#path(oldest))
      this.#end(oldest)
    }
    for (let number = keptPredecessors - 1; number >= 1; number--) {
      if (!this.#at.has(`${name}.${number}`)) continue
      fs.renameSync(this.#path(`${name}.${number}`), this.#path(`${name}.${number + 1}`))
      this.#move(`${name}.${number}`, `${name}.${number + 1}`)
    }
  }

  #move(from: string, to: string): void {
    this.#at.set(to, this.#at.get(from)!)
    this.#at.delete(from)
  }

  #path(name: string): string {
    return path.join(this.#directory, name)
  }
}

const anyName = fc.constantFrom(...names)
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('write' as const), name: anyName, count: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('write-part' as const), name: anyName }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rename' as const), name: anyName }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('copy-truncate' as const), name: anyName }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'truncate' as const), name: anyName }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('compress' as const), name: anyName }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), capacity: fc.integer({ min: 0, max: 50 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const) }) },
)

async function act(action: Action, world: World, tail: Tail): Promise<void> {
  switch (action.do) {
    case 'write':
      world.write(action.name, action.count)
      return
    case 'write-part':
      world.writePart(action.name)
      return
    case 'rename':
      world.rename(action.name)
      return
    case 'copy-truncate':
      world.copyTruncate(action.name)
      return
    case 'compress':
      world.compress(action.name)
      return
    case 'delete':
      world.delete(action.name)
      return
    case 'truncate':
      world.truncate(action.name)
      return
    case 'read':
      tail.writer.capacity = action.capacity
      tail.clock.move(1000)
      await tail.readOnce()
      await tail.commit()
      world.note(tail.writer.committed)
      return
    case 'settle':
    case 'pause':
      tail.writer.capacity = 1000
      await tail.settle(action.do === 'pause' ? 6000 : 1000)
      world.note(tail.writer.committed)
      return
    case 'crash':
      tail.writer.capacity = 5
      tail.clock.move(1000)
      await tail.readOnce()
      await tail.restart()
      return
  }
}

/** The lines that came out, those taken in pieces put together again. */
function linesOf(records: readonly TestRecord[]): string[] {
  const lines: string[] = []
  const lastOf = new Map<string, number>()
  for (const { key, value, headers } of records) {
    const last = lastOf.get(key)
    if (headers['continued'] === 'true' && last !== undefined) {
      lines[last] += value
    } else {
      lastOf.set(key, lines.length)
      lines.push(value)
    }
  }
  return lines
}

function check(world: World, records: readonly TestRecord[]): void {
  const lines = linesOf(records)
  const placeOf = new Map<string, number>()
  for (const [place, line] of lines.entries()) {
    expect(placeOf.has(line), `twice: ${line}`).toBe(false)
    placeOf.set(line, place)
  }
  for (const lives of world.lives.values()) {
    for (const life of lives) {
      const places: number[] = []
      for (const line of life.lines) {
        const place = placeOf.get(line)
        if (place !== undefined) places.push(place)
        else if (!life.isLossy) expect.fail(`lost: ${line}`)
        placeOf.delete(line)
      }
      expect(places, 'out of order').toEqual(places.toSorted((a, b) => a - b))
    }
  }
  // What is left is the beginning of a line whose rest vanished, or was never written by anybody.
  const lossy = [...world.lives.values()].flat().filter(({ isLossy }) => isLossy)
  for (const line of placeOf.keys()) {
    const isBeginning = lossy.some((life) => life.lines.some((written) => written.startsWith(line)))
    expect(isBeginning, `never written: ${line}`).toBe(true)
  }
}

describe('any life of log files', () => {
  it.each([{ include: '*.log*' }, { include: '*.log' }])(
    'is read once and in order with $include',
    async ({ include }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyAction, { minLength: 5, maxLength: 40 }), async (actions) => {
          const directory = makeDirectory()
          const tail = await Tail.start({ directory, settings: { include: [include] }, openFiles: 8 })
          const world = new World(directory, include === '*.log*')
          try {
            for (const action of actions) await act(action, world, tail)
            tail.writer.capacity = Number.POSITIVE_INFINITY
            for (let turn = 0; turn < 4; turn++) await tail.settle(7000)
            check(world, tail.writer.committed)
          } finally {
            await tail.stop()
            fs.rmSync(directory, { recursive: true, force: true })
          }
        }),
        { numRuns: Number(process.env['TAILRACE_FILE_RUNS'] ?? 100) },
      )
    },
  )
})
