// What a sink's group commit remembers beside its offset, as JSON in the commit's metadata:
// `{"topicId":"…","failedBelow":123}`.
//
// The topic id tells a topic made anew under the same name from the one the offset was committed for. `failedBelow`
// says up to where dead letters stand in the log when they went ahead of the offset.

export interface CommitNote {
  /** Undefined when somebody else committed, as `tailrace groups reset` and Kafka clients do. */
  readonly topicId: string | undefined
  readonly failedBelow: number
}

export function encodeCommitNote(note: CommitNote): string {
  return JSON.stringify(note)
}

/** The note of a commit; what is none of ours says nothing. */
export function decodeCommitNote(metadata: string): CommitNote {
  const nothing: CommitNote = { topicId: undefined, failedBelow: 0 }
  if (!metadata.startsWith('{"topicId":')) return nothing
  let note: Partial<CommitNote>
  try {
    note = JSON.parse(metadata) as Partial<CommitNote>
  } catch {
    // The metadata of a commit belongs to whoever made it: a text that only looks like ours is theirs.
    return nothing
  }
  const { topicId, failedBelow } = note
  if (typeof topicId !== 'string' || !Number.isSafeInteger(failedBelow)) return nothing
  return { topicId, failedBelow: failedBelow as number }
}
