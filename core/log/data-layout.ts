// Where everything of a data directory lies.
//
//   tailrace.json          format version and hub id, written last when the directory is made
//   checkpoint-0, -1       the two checkpoint slots
//   journal/0000.journal   journal files, recycled in place
//   topics/TOPIC-P/        segments, in Kafka's layout: 00000000000000000000.log .index .timeindex
//   set-aside/             what no checkpoint and no journal entry names, moved here, never removed
//   reserve                room that internal topics may use when the disk is full

import { basename, join } from 'node:path'

export const formatVersion = 1

export class DataLayout {
  readonly root: string
  readonly identityFile: string
  readonly journalDirectory: string
  readonly topicsDirectory: string
  readonly setAsideDirectory: string
  readonly reserveFile: string

  constructor(root: string) {
    this.root = root
    this.identityFile = join(root, 'tailrace.json')
    this.journalDirectory = join(root, 'journal')
    this.topicsDirectory = join(root, 'topics')
    this.setAsideDirectory = join(root, 'set-aside')
    this.reserveFile = join(root, 'reserve')
  }

  checkpointSlot(slot: 0 | 1): string {
    return join(this.root, `checkpoint-${slot}`)
  }

  journalFile(number: number): string {
    return join(this.journalDirectory, `${String(number).padStart(4, '0')}.journal`)
  }

  partitionDirectory(topic: string, partition: number): string {
    return join(this.topicsDirectory, `${topic}-${partition}`)
  }

  /** Kafka's name for the directory of a partition that is being removed; unique by the topic's id. */
  removedDirectory(topic: string, partition: number, topicId: string): string {
    return join(this.topicsDirectory, `${topic}-${partition}.${topicId}${removedSuffix}`)
  }
}

export const removedSuffix = '-delete'

/** Twenty digits, so that names sort as offsets do. */
export function segmentName(baseOffset: number): string {
  return String(baseOffset).padStart(20, '0')
}

/** The base offset in a segment file's name (`….log`), or undefined when it is no such name. */
export function segmentBaseOffset(name: string): number | undefined {
  const match = /^(\d{20})\.log$/.exec(basename(name))
  return match ? Number(match[1]) : undefined
}
