// Gives producer ids away, out of blocks that the engine reserves. Shared by every engine.

import type { ProducerIdentity } from './producer-service.js'

/** What one reservation costs a sync is shared by so many producers; a start skips what is left of a block. */
const blockIds = 1000
const lastEpoch = 2 ** 15 - 1

export interface ProducerIdSource {
  /** The first of so many ids that nobody was given before; what makes it so is durable when it resolves. One call at a time. */
  reserve(count: number): Promise<number>
  /** Nobody was given this id or a higher one. */
  end(): number
}

export class ProducerIds {
  readonly #source: ProducerIdSource
  #next = 0
  #end = 0
  #reserving: Promise<void> | undefined

  constructor(source: ProducerIdSource) {
    this.#source = source
  }

  /** Errors: those of an append. */
  async allocate(): Promise<ProducerIdentity> {
    while (this.#next === this.#end) {
      this.#reserving ??= this.#reserve().finally(() => {
        this.#reserving = undefined
      })
      await this.#reserving
    }
    return { producerId: this.#next++, epoch: 0 }
  }

  /** See ProducerService. */
  async bump({ producerId, epoch }: ProducerIdentity): Promise<ProducerIdentity> {
    const isOurs = producerId >= 0 && producerId < this.#source.end()
    return isOurs && epoch < lastEpoch ? { producerId, epoch: epoch + 1 } : this.allocate()
  }

  async #reserve(): Promise<void> {
    const first = await this.#source.reserve(blockIds)
    this.#next = first
    this.#end = first + blockIds
  }
}
