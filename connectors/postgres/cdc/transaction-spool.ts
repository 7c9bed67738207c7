// Transactions that the server streams while they still run: their messages wait in spool files until they commit.
//
// A file holds the messages of one transaction as they came, each behind its length (u32, big endian). A subtransaction
// that is rolled back takes everything behind its first message with it, as nothing else can have come in between but
// its own children. Descriptions of tables are kept all the same: the server sends each once for the whole transaction.
//
// Memory is bounded: `add` says when what was gathered has to go to disk, and a reading takes pieces of `pieceBytes`.

import { writeInt32 } from '../../../core/bytes/big-endian.js'
import type { Spool, SpoolFile } from '../../../core/connector/spool.js'
import { present } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'

const lengthBytes = 4

/** What is gathered in memory before it goes to disk, over all transactions. */
const mostGatheredBytes = 1024 * 1024

const pieceBytes = 256 * 1024

/** Transactions with a file of their own at the same time; the server streams the largest ones only. */
const mostTransactions = 256

interface Description {
  readonly position: number
  readonly message: Buffer
}

class SpooledTransaction {
  readonly file: SpoolFile
  /** Where each subtransaction began, in the order in which they did. */
  private readonly starts = new Map<number, number>()
  private readonly started: number[] = []
  private readonly descriptions: Description[] = []
  /** Lengths and messages in turn, not in the file yet. */
  private gathered: Buffer[] = []
  gatheredBytes = 0

  constructor(file: SpoolFile) {
    this.file = file
  }

  /** Owns the message from now on. */
  put(message: Buffer, { subxid, isDescription }: Pick<StreamedMessage, 'subxid' | 'isDescription'>): void {
    if (!this.starts.has(subxid)) {
      this.starts.set(subxid, this.endPosition)
      this.started.push(subxid)
    }
    if (isDescription) this.descriptions.push({ position: this.endPosition, message })
    this.gather(message)
  }

  /** Takes out what a subtransaction brought, and what lies behind; what is in memory alone never sees the disk. */
  async rollBack(subxid: number): Promise<void> {
    const start = this.starts.get(subxid)
    if (start === undefined) return
    while (this.gathered.length > 0 && this.endPosition > start) {
      this.gatheredBytes -= this.gathered.pop()!.length + this.gathered.pop()!.length
    }
    if (this.file.sizeBytes > start) await this.file.truncate(start)
    for (let last = this.started.at(-1); last !== undefined; last = this.started.at(-1)) {
      if (this.starts.get(last)! < start) break
      this.starts.delete(last)
      this.started.pop()
    }
    const from = this.descriptions.findLastIndex(({ position }) => position < start) + 1
    for (const { message } of this.descriptions.splice(from)) {
      this.descriptions.push({ position: this.endPosition, message })
      this.gather(message)
    }
  }

  /** Where the next message will lie. */
  private get endPosition(): number {
    return this.file.sizeBytes + this.gatheredBytes
  }

  private gather(message: Buffer): void {
    const length = Buffer.allocUnsafe(lengthBytes)
    writeInt32(length, 0, message.length)
    this.gathered.push(length, message)
    this.gatheredBytes += lengthBytes + message.length
  }

  async write(): Promise<void> {
    if (this.gatheredBytes === 0) return
    const bytes = Buffer.concat(this.gathered, this.gatheredBytes)
    this.gathered = []
    this.gatheredBytes = 0
    await this.file.append(bytes)
  }
}

export interface StreamedMessage {
  /** The transaction, and the subtransaction that the message belongs to: the same for one without. */
  readonly xid: number
  readonly subxid: number
  readonly isDescription: boolean
}

export interface ByteRange {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

export class TransactionSpool {
  private readonly spool: Spool
  private readonly transactions = new Map<number, SpooledTransaction>()
  private gatheredBytes = 0

  constructor(spool: Spool) {
    this.spool = spool
  }

  get isFull(): boolean {
    return this.gatheredBytes >= mostGatheredBytes
  }

  /** Makes the file of a transaction that is new. Errors: postgres_spool_crowded, disk_full, spool_full. */
  async begin(xid: number): Promise<void> {
    if (this.transactions.has(xid)) return
    if (this.transactions.size >= mostTransactions) {
      throw postgresErrors.make(
        'postgres_spool_crowded',
        `${mostTransactions} large transactions are running at the same time`,
        { details: { transactions: mostTransactions } },
      )
    }
    this.transactions.set(xid, new SpooledTransaction(await this.spool.create(`transaction-${xid}`)))
  }

  /** Copies the message. When the spool `isFull` behind it, `write` comes next. */
  add({ xid, subxid, isDescription }: StreamedMessage, frame: ByteRange): void {
    const message = Buffer.from(frame.bytes.subarray(frame.start, frame.end))
    this.of(xid).put(message, { subxid, isDescription })
    this.gatheredBytes += lengthBytes + message.length
  }

  async write(): Promise<void> {
    for (const transaction of this.transactions.values()) await transaction.write()
    this.gatheredBytes = 0
  }

  /** The transaction, or one of its subtransactions, was rolled back. */
  async abort(xid: number, subxid: number): Promise<void> {
    const transaction = this.transactions.get(xid)
    if (transaction === undefined) return
    const heldBytes = transaction.gatheredBytes
    if (subxid === xid) {
      this.transactions.delete(xid)
      this.gatheredBytes -= heldBytes
      await transaction.file.remove()
      return
    }
    await transaction.rollBack(subxid)
    this.gatheredBytes += transaction.gatheredBytes - heldBytes
  }

  /** The messages of a transaction that committed, to be read once; undefined when none of it was streamed. */
  async commit(xid: number): Promise<SpoolReading | undefined> {
    const transaction = this.transactions.get(xid)
    if (transaction === undefined) return undefined
    await this.write()
    this.transactions.delete(xid)
    return new SpoolReading(transaction.file)
  }

  private of(xid: number): SpooledTransaction {
    return present(this.transactions.get(xid), `the spool file of transaction ${xid}, which was not begun`)
  }
}

/** Steps through the messages of a file; one at a time, pulled. */
export class SpoolReading {
  /** The message of the last `next` that gave one: valid until the next call. */
  bytes: Buffer
  start = 0
  end = 0
  private readonly file: SpoolFile
  private position = 0
  /** Where the bytes end that were read and not given yet. */
  private filled = 0

  constructor(file: SpoolFile) {
    this.file = file
    this.bytes = Buffer.allocUnsafe(pieceBytes)
  }

  /** 'refill': the next message is still on disk, call `refill`; 'end': there are no more. */
  next(): 'message' | 'refill' | 'end' {
    const at = this.end
    const isLengthThere = this.filled - at >= lengthBytes
    if (!isLengthThere) return this.position === this.file.sizeBytes && this.filled === at ? 'end' : 'refill'
    const length = this.bytes.readUInt32BE(at)
    if (this.filled - at - lengthBytes < length) return 'refill'
    this.start = at + lengthBytes
    this.end = this.start + length
    return 'message'
  }

  /** Reads on. Errors: postgres_spool_damaged, when the file ends inside of a message. */
  async refill(): Promise<void> {
    const rest = this.filled - this.end
    const wanted = rest >= lengthBytes ? this.bytes.readUInt32BE(this.end) + lengthBytes : lengthBytes
    const capacity = Math.max(pieceBytes, wanted)
    const next = capacity > this.bytes.length ? Buffer.allocUnsafe(capacity) : this.bytes
    this.bytes.copy(next, 0, this.end, this.filled)
    this.bytes = next
    this.end = 0
    this.filled = rest
    const count = await this.file.read(next, rest, next.length - rest, this.position)
    if (count === 0) {
      throw postgresErrors.make('postgres_spool_damaged', `a spool file ends inside of a message, at ${this.position}`)
    }
    this.position += count
    this.filled += count
  }

  remove(): Promise<void> {
    return this.file.remove()
  }
}
