// One live line per edge at the bottom of a terminal: records, rate, lag, state. Log lines go above it.

import type { EdgeStatus } from '../hub/admin-vocabulary.js'
import { countText, visible } from './output.js'

const refreshMs = 1000
/** Some terminals do not say how wide they are. */
const unknownColumns = 79

/** The terminal: standard error, which also takes the log. */
export interface Terminal {
  readonly columns: number
  write(text: string): unknown
}

export class LiveView {
  readonly #terminal: Terminal
  /** Lines on the screen that the next drawing replaces. */
  #drawn: readonly string[] = []
  #previous: Snapshot | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Draws now and every second until `end`. */
  show(edges: () => readonly EdgeStatus[]): void {
    const refresh = (): void => {
      const snapshot = { atMs: performance.now(), edges: edges() }
      this.#redraw(edgeLines(snapshot, this.#previous))
      this.#previous = snapshot
    }
    refresh()
    this.#timer = setInterval(refresh, refreshMs)
    this.#timer.unref()
  }

  printAbove(line: string): void {
    this.#redraw(this.#drawn, `${line}\n`)
  }

  /** Leaves the last drawing on the screen. */
  end(): void {
    clearInterval(this.#timer)
    this.#drawn = []
  }

  #redraw(lines: readonly string[], above = ''): void {
    const up = this.#drawn.length === 0 ? '' : `\u001b[${this.#drawn.length}A`
    const { columns } = this.#terminal
    const fitting = lines.map((line) => line.slice(0, columns > 0 ? columns - 1 : unknownColumns))
    this.#terminal.write(`${up}\r\u001b[J${above}${fitting.map((line) => `${line}\n`).join('')}`)
    this.#drawn = fitting
  }
}

export interface Snapshot {
  /** Monotonic. */
  readonly atMs: number
  readonly edges: readonly EdgeStatus[]
}

/** `shop.lake  sink  running  12.3k records  1.2k/s  lag 0`; the rate is that since the previous snapshot. */
export function edgeLines(now: Snapshot, previous: Snapshot | undefined): readonly string[] {
  const nameOf = ({ pipeline, id }: EdgeStatus): string => `${pipeline}.${id}`
  const width = Math.max(0, ...now.edges.map((edge) => nameOf(edge).length))
  const roleWidth = now.edges.some(({ role }) => role === 'transform') ? 'transform'.length : 'source'.length
  return now.edges.map((edge) => {
    const before = previous?.edges.find((other) => nameOf(other) === nameOf(edge) && other.role === edge.role)
    const seconds = (now.atMs - (previous?.atMs ?? now.atMs)) / 1000
    const rate = before === undefined || seconds <= 0 ? 0 : (edge.recordCount - before.recordCount) / seconds
    const role = (edge.role === 'push-source' ? 'source' : edge.role).padEnd(roleWidth)
    const lag = edge.lagRecords === undefined ? '' : `lag ${countText(edge.lagRecords)}`
    const cells = [
      nameOf(edge).padEnd(width),
      role,
      edge.state.padEnd(8),
      `${countText(edge.recordCount).padStart(6)} records`,
      `${countText(Math.max(0, rate)).padStart(6)}/s`,
      lag,
      edge.error === undefined ? '' : visible(`${edge.error.code}: ${edge.error.message}`),
    ]
    return cells.join('  ').trimEnd()
  })
}
