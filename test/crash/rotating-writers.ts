// Services that log into a directory and rotate as logrotate does. All is written from the process that keeps the
// ledger, with calls that return when the kernel has the bytes: what the ledger counts is in a file.
//
// A copytruncate stands where nothing is written between copy and cut, which is when it loses nothing.

import fs from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import { type LedgerEntry, NumberedLines } from './numbered-lines.js'

export type RotationStyle = 'shift' | 'dated' | 'copytruncate' | 'gzip' | 'delayed-gzip'

const styles: readonly RotationStyle[] = ['shift', 'dated', 'copytruncate', 'gzip', 'delayed-gzip']

export class RotatingWriters {
  readonly #writers: readonly RotatingWriter[]

  constructor(directory: string, streamCount: number, random: SeededRandom) {
    this.#writers = Array.from({ length: streamCount }, (_, index) => {
      const style = styles[index % styles.length]!
      return new RotatingWriter(directory, `${style}${index}`, style, random.fork())
    })
  }

  /** Each writes some lines, perhaps the beginning of one, and rotates now and then. */
  turn(): void {
    for (const writer of this.#writers) writer.turn()
  }

  /** Every writer rotates, with lines before and behind. */
  rotateAll(): void {
    for (const writer of this.#writers) {
      writer.append(5)
      writer.rotate()
      writer.append(5)
    }
  }

  /** Ends the lines that were begun. */
  finishLines(): void {
    for (const writer of this.#writers) writer.append(0)
  }

  ledger(): readonly LedgerEntry[] {
    return this.#writers.map((writer) => writer.lines.entry())
  }

  get rotationCount(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.rotationCount, 0)
  }

  /** Removes what was rotated away; the caller knows that all of it was read. */
  removeRotated(): void {
    for (const writer of this.#writers) writer.removeRotated()
  }
}

class RotatingWriter {
  readonly lines: NumberedLines
  rotationCount = 0
  readonly #path: string
  readonly #style: RotationStyle
  readonly #random: SeededRandom
  #rotated: string[] = []
  /** The end of a line of which the beginning was written. */
  #unwritten = ''

  constructor(directory: string, name: string, style: RotationStyle, random: SeededRandom) {
    this.lines = new NumberedLines(name, random.fork())
    this.#path = join(directory, `${name}.log`)
    this.#style = style
    this.#random = random
  }

  turn(): void {
    const random = this.#random
    if (random.chance(0.6)) return
    this.append(random.below(8))
    if (random.chance(0.1)) this.#beginLine()
    else if (random.chance(0.02)) this.rotate()
  }

  append(lineCount: number): void {
    let text = this.#unwritten
    this.#unwritten = ''
    for (let count = 0; count < lineCount; count++) text += `${this.lines.next()}\n`
    if (text !== '') fs.appendFileSync(this.#path, text)
  }

  rotate(): void {
    if (this.#unwritten !== '' || !fs.existsSync(this.#path)) return
    this.rotationCount++
    this.lines.generation++
    const dated = `${this.#path}-${20260000 + this.rotationCount}`
    switch (this.#style) {
      case 'shift':
        return this.#shift()
      case 'dated':
        fs.renameSync(this.#path, dated)
        break
      case 'copytruncate':
        fs.copyFileSync(this.#path, dated)
        fs.truncateSync(this.#path)
        break
      case 'gzip':
        fs.renameSync(this.#path, dated)
        compress(dated)
        break
      case 'delayed-gzip':
        for (const path of this.#rotated) if (fs.existsSync(path)) compress(path)
        fs.renameSync(this.#path, dated)
        break
    }
    this.#rotated.push(dated)
  }

  removeRotated(): void {
    for (const path of this.#rotated) for (const name of [path, `${path}.gz`]) fs.rmSync(name, { force: true })
    this.#rotated = []
  }

  #beginLine(): void {
    const line = Buffer.from(`${this.lines.next()}\n`)
    const cut = this.#random.below(line.length)
    // Not within a character, as the rest is kept as text.
    const begun = line.toString('utf8', 0, cut).replace(/\ufffd$/, '')
    fs.appendFileSync(this.#path, begun)
    this.#unwritten = line.toString('utf8').slice(begun.length)
  }

  /** app.log.1 → app.log.2 and so on, the newest is .1. */
  #shift(): void {
    const count = this.#rotated.length
    for (let number = count; number >= 1; number--) {
      fs.renameSync(`${this.#path}.${number}`, `${this.#path}.${number + 1}`)
    }
    fs.renameSync(this.#path, `${this.#path}.1`)
    this.#rotated.push(`${this.#path}.${count + 1}`)
  }
}

/** As gzip does: the compressed file stands beside the original until the original is removed. */
function compress(path: string): void {
  fs.writeFileSync(`${path}.gz`, gzipSync(fs.readFileSync(path)))
  fs.unlinkSync(path)
}
