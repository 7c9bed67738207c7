// How much memory all open tables of a sink may take together. What is beyond it is written out as row groups, that of
// the largest first: so memory does not depend on how many files are open at once, and files that get most of the
// records keep the largest row groups.

/** A table under way. */
export interface TableHolder {
  /** What its rows take in memory. */
  readonly heldBytes: number
  /** Writes the rows out, so that it holds none; may be repeated when it fails. */
  writeOut(): Promise<void>
}

export class TableMemory {
  readonly #limitBytes: number
  readonly #holders = new Set<TableHolder>()
  #heldBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** A table takes more than before, or less. */
  changed(holder: TableHolder, byBytes: number): void {
    this.#heldBytes += byBytes
    this.#holders.add(holder)
  }

  /** A table holds nothing any more. */
  left(holder: TableHolder, heldBytes: number): void {
    this.#heldBytes -= heldBytes
    this.#holders.delete(holder)
  }

  get isFull(): boolean {
    return this.#heldBytes >= this.#limitBytes
  }

  /** Writes tables out until a quarter is free: so that this is not done for each record from now on. */
  async relieve(): Promise<void> {
    const goalBytes = (this.#limitBytes * 3) / 4
    const largestFirst = [...this.#holders].toSorted((a, b) => b.heldBytes - a.heldBytes)
    for (const holder of largestFirst) {
      if (this.#heldBytes < goalBytes) return
      await holder.writeOut()
    }
  }
}
