// What producers outside of the product sent to its Kafka port, and what they were told: kept in their memory alone.
//
//   PRODUCER NUMBER FILLER        a record's value, as in `p2.0 000000042 abc`
//
// A producer is one producer id of a client: the one that takes over when it gives up has another name and begins with
// number 0 again. What it sends it counts through all topics and partitions.

export interface SentBatch {
  readonly producer: string
  readonly topic: string
  readonly partition: number
  /** Of the first of `recordCount` records with consecutive numbers. */
  readonly firstNumber: number
  readonly recordCount: number
  /** As it was acknowledged; undefined when the producer gave up without an answer. */
  readonly baseOffset?: number
  /** When it was sent, for the last time if more than once. */
  readonly lastSentAtMs: number
}

const filler = 'abcdefghijklmnopqrstuvwxyz'.repeat(10)

export function recordText(producer: string, number: number): string {
  return `${producer} ${String(number).padStart(9, '0')} ${filler.slice(0, 1 + ((number * 37) % filler.length))}`
}

/** Undefined for what no producer sends; the filler is not looked at. */
export function parseRecordText(text: string): { readonly producer: string; readonly number: number } | undefined {
  const parsed = /^(\S+) (\d{9}) /.exec(text)
  return parsed === null ? undefined : { producer: parsed[1]!, number: Number(parsed[2]) }
}
