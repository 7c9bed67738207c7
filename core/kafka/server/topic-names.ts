// The topics that clients may see, by name and by id. Internal ones are not among them.

import type { TopicAdmin, TopicDescription } from '../../engine/topic-admin.js'

/** Stands for "no id" on the wire. */
export const zeroUuid = '00000000-0000-0000-0000-000000000000'

export class TopicNames {
  readonly #topics: TopicAdmin
  /** Ids never change their name, so an entry is right until its topic is gone. */
  readonly #nameById = new Map<string, string>()

  constructor(topics: TopicAdmin) {
    this.#topics = topics
  }

  list(): readonly TopicDescription[] {
    return this.#topics.list()
  }

  find(name: string): TopicDescription | undefined {
    const topic = this.#topics.find(name)
    return topic?.internal === true ? undefined : topic
  }

  findById(id: string): TopicDescription | undefined {
    return this.#known(id) ?? this.#lookUp(id)
  }

  #known(id: string): TopicDescription | undefined {
    const name = this.#nameById.get(id)
    const topic = name === undefined ? undefined : this.find(name)
    return topic?.id === id ? topic : undefined
  }

  #lookUp(id: string): TopicDescription | undefined {
    this.#nameById.clear()
    for (const topic of this.#topics.list()) this.#nameById.set(topic.id, topic.name)
    return this.#known(id)
  }
}
