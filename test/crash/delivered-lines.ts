// What a judge has seen of the numbered lines, in one place: each line once, in order, byte for byte.
// Shares nothing with the product, and with the writers only the form of a line.

import { createHash } from 'node:crypto'
import type { LedgerEntry } from './numbered-lines.js'

export interface Verdict {
  readonly lineCount: number
  readonly lost: number
  readonly twice: number
  readonly disordered: number
  /** What was never written, or not so. */
  readonly foreign: number
  /** The first findings, for a person. */
  readonly findings: readonly string[]
}

export interface Place {
  readonly where: string
  readonly partition: number
  /** Undefined where the lake does not tell. */
  readonly key?: string
}

interface Stream {
  /** By sequence. */
  readonly lines: (string | undefined)[]
  /** Last sequence by key, and by generation together with its partition. */
  readonly lastOfKey: Map<string, number>
  readonly lastOfGeneration: Map<string, { readonly sequence: number; readonly partition: number }>
}

const mostFindings = 10

export class DeliveredLines {
  readonly #streams = new Map<string, Stream>()
  readonly #findings: string[] = []
  #twice = 0
  #disordered = 0
  #foreign = 0

  /** Lines of one partition come in the order of their offsets. */
  add(line: string, place: Place): void {
    const parsed = /^([a-z-]+\d+)-(\d{9}) g(\d+) /.exec(line)
    if (parsed === null) {
      this.#foreign++
      return this.#find(`${place.where}: no line of a writer: ${line.slice(0, 80)}`)
    }
    const [, name, digits, generation] = parsed
    const stream = this.#stream(name!)
    const sequence = Number(digits)
    if (stream.lines[sequence] !== undefined) {
      this.#twice++
      return this.#find(`${place.where}: ${name}-${digits} again`)
    }
    stream.lines[sequence] = line
    this.#checkOrder(stream, { line: `${name}-${digits}`, sequence, generation: generation! }, place)
  }

  /** Compares with what was written. */
  judge(ledger: readonly LedgerEntry[]): Verdict {
    const { lost, findings } = this.#missing(ledger)
    let foreign = this.#foreign
    let lineCount = 0
    for (const { stream, lineCount: written, sha256 } of ledger) {
      const lines = this.#streams.get(stream)?.lines ?? []
      lineCount += lines.length
      if (lines.length > written) foreign += lines.length - written
      if (lost > 0 || foreign > 0 || lines.length === 0) continue
      const hash = createHash('sha256')
      for (const line of lines) hash.update(line!).update('\n')
      if (hash.digest('hex') === sha256) continue
      foreign++
      findings.push(`${stream}: the bytes differ`)
    }
    const all = [...this.#findings, ...findings].slice(0, mostFindings)
    return { lineCount, lost, twice: this.#twice, disordered: this.#disordered, foreign, findings: all }
  }

  isComplete(ledger: readonly LedgerEntry[]): boolean {
    return this.#missing(ledger).lost === 0
  }

  #missing(ledger: readonly LedgerEntry[]): { lost: number; findings: string[] } {
    const findings: string[] = []
    let lost = 0
    for (const { stream, lineCount } of ledger) {
      const lines = this.#streams.get(stream)?.lines ?? []
      for (let sequence = 0; sequence < lineCount; sequence++) {
        if (lines[sequence] !== undefined) continue
        lost++
        if (findings.length < mostFindings) findings.push(`${stream}-${sequence} is missing`)
      }
    }
    return { lost, findings }
  }

  #stream(name: string): Stream {
    let stream = this.#streams.get(name)
    if (stream === undefined) {
      stream = { lines: [], lastOfKey: new Map(), lastOfGeneration: new Map() }
      this.#streams.set(name, stream)
    }
    return stream
  }

  #checkOrder(
    stream: Stream,
    at: { readonly line: string; readonly sequence: number; readonly generation: string },
    { where, partition, key }: Place,
  ): void {
    const before = stream.lastOfGeneration.get(at.generation)
    const isBehind = before === undefined || (before.partition === partition && before.sequence < at.sequence)
    const isBehindInKey = key === undefined || (stream.lastOfKey.get(key) ?? -1) < at.sequence
    if (!isBehind || !isBehindInKey) {
      this.#disordered++
      this.#find(`${where}: ${at.line} of g${at.generation} in partition ${partition} out of order`)
    }
    stream.lastOfGeneration.set(at.generation, { sequence: at.sequence, partition })
    if (key !== undefined) stream.lastOfKey.set(key, at.sequence)
  }

  #find(finding: string): void {
    if (this.#findings.length < mostFindings) this.#findings.push(finding)
  }
}
