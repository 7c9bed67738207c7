// The folder in which a sink writes the files of its plans, under names that nobody takes for data. Every name begins
// with the number of the run that made it: an earlier run that has not noticed yet that it was replaced writes into
// other files.

import { join } from 'node:path'
import type { SinkPartition } from '../../core/connector/sink.js'
import type { Files } from '../../core/runtime/files.js'
import { observeFile } from './file-sum.js'
import type { Seen } from './object-store.js'
import type { PlannedObject } from './manifest.js'
import { pathValue } from './path-value.js'

export class Staging {
  readonly path: string
  readonly #files: Files
  readonly #run: string

  /** `run` is unique among the runs of the sink. */
  constructor(files: Files, path: string, run: string) {
    this.#files = files
    this.path = path
    this.#run = run
  }

  nameFor(of: SinkPartition, firstOffset: number, index: number): string {
    return `${this.#run}-${pathValue(of.topicId)}-${of.partition}-${firstOffset}-${index}`
  }

  pathOf(name: string): string {
    return join(this.path, name)
  }

  observe(object: PlannedObject): Promise<Seen> {
    return observeFile(this.#files, this.pathOf(object.staged), object)
  }

  /** One that is missing is fine. */
  async discard(name: string): Promise<void> {
    const path = this.pathOf(name)
    if ((await this.#files.statLink(path)) !== undefined) await this.#files.unlink(path)
  }

  async names(): Promise<readonly string[]> {
    const stat = await this.#files.stat(this.path)
    return stat === undefined ? [] : this.#files.list(this.path)
  }

  /** Removes all but these names: work that no plan covers and that was never acknowledged. Returns their number. */
  async discardAllBut(names: ReadonlySet<string>): Promise<number> {
    const orphans = (await this.names()).filter((name) => !names.has(name))
    for (const name of orphans) await this.discard(name)
    return orphans.length
  }
}
