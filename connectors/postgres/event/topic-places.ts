// Where the records of a topic go, as objects that are made once: the writer knows them again.

import type { Destination } from '../../../core/connector/source.js'

export class TopicPlaces {
  readonly topic: string
  /** To the partition of the record's key. */
  readonly anywhere: Destination
  private readonly partitions: Destination[] = []

  constructor(topic: string) {
    this.topic = topic
    this.anywhere = { topic }
  }

  partition(partition: number): Destination {
    return (this.partitions[partition] ??= { topic: this.topic, partition })
  }
}
