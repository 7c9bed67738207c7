import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SpoolReading, TransactionSpool } from '../../../../connectors/postgres/cdc/transaction-spool.js'
import type { Spool, SpoolFile } from '../../../../core/connector/spool.js'

/** Spool files in memory: what is tested here is what the messages become. */
class MemoryFile implements SpoolFile {
  bytes = Buffer.alloc(0)
  readonly removed: () => void

  constructor(removed: () => void) {
    this.removed = removed
  }

  get sizeBytes(): number {
    return this.bytes.length
  }

  append(bytes: Uint8Array): Promise<void> {
    this.bytes = Buffer.concat([this.bytes, bytes])
    return Promise.resolve()
  }

  read(into: Uint8Array, at: number, length: number, position: number): Promise<number> {
    return Promise.resolve(this.bytes.copy(into, at, position, Math.min(position + length, this.bytes.length)))
  }

  truncate(bytes: number): Promise<void> {
    this.bytes = this.bytes.subarray(0, bytes)
    return Promise.resolve()
  }

  remove(): Promise<void> {
    this.removed()
    return Promise.resolve()
  }
}

function memorySpool(): Spool & { readonly files: Map<string, MemoryFile> } {
  const files = new Map<string, MemoryFile>()
  return {
    files,
    sizeBytes: 0,
    create: (name) => {
      const file = new MemoryFile(() => files.delete(name))
      files.set(name, file)
      return Promise.resolve(file)
    },
  }
}

async function messagesOf(reading: SpoolReading | undefined): Promise<string[]> {
  const found: string[] = []
  for (;;) {
    const next = reading?.next() ?? 'end'
    if (next === 'end') return found
    if (next === 'refill') await reading!.refill()
    else found.push(reading!.bytes.toString('latin1', reading!.start, reading!.end))
  }
}

/** A description of a table begins with its word. */
function put(spool: TransactionSpool, xid: number, subxid: number, text: string): void {
  const isDescription = text.startsWith('relation')
  const bytes = Buffer.from(`-${text}-`, 'latin1')
  spool.add({ xid, subxid, isDescription }, { bytes, start: 1, end: bytes.length - 1 })
}

describe('transactions that still run', () => {
  it('come out as they came in, of any size, and their files are gone afterwards', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 700_000 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const files = memorySpool()
        const spool = new TransactionSpool(files)
        await spool.begin(7)
        const messages = lengths.map((length, index) => String(index % 10).repeat(length))
        for (const message of messages) {
          put(spool, 7, 7, message)
          if (spool.isFull) await spool.write()
        }
        const reading = await spool.commit(7)
        expect(await messagesOf(reading)).toEqual(messages)
        await reading?.remove()
        expect(files.files.size).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  it('lose what a subtransaction did when it is rolled back, and keep what the server described in it', async () => {
    const spool = new TransactionSpool(memorySpool())
    await spool.begin(7)
    put(spool, 7, 7, 'relation a')
    put(spool, 7, 7, 'one')
    put(spool, 7, 8, 'relation b')
    put(spool, 7, 8, 'two')
    put(spool, 7, 9, 'three')
    await spool.abort(7, 8)
    put(spool, 7, 7, 'four')
    put(spool, 7, 10, 'five')
    await spool.abort(7, 11)
    expect(await messagesOf(await spool.commit(7))).toEqual(['relation a', 'one', 'relation b', 'four', 'five'])
  })

  it('hold what is left after any rollbacks, whether it was in memory or on disk', async () => {
    const step = fc.constantFrom('begin', 'release', 'roll back', 'row', 'row', 'row', 'relation', 'write')
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const spool = new TransactionSpool(memorySpool())
        await spool.begin(1)
        let kept: string[] = []
        /** Open subtransactions, with how many messages stood before their first. */
        const open: { readonly subxid: number; before: number | undefined }[] = [{ subxid: 1, before: 0 }]
        let subxid = 1
        for (const [index, what] of steps.entries()) {
          const top = open.at(-1)!
          if (what === 'begin') open.push({ subxid: ++subxid, before: undefined })
          else if (what === 'write') await spool.write()
          else if (what === 'release' && open.length > 1) open.pop()
          else if (what === 'roll back' && open.length > 1) {
            open.pop()
            await spool.abort(1, top.subxid)
            const gone = kept.slice(top.before ?? kept.length)
            kept = [...kept.slice(0, top.before ?? kept.length), ...gone.filter((text) => text.startsWith('relation'))]
          } else if (what === 'row' || what === 'relation') {
            top.before ??= kept.length
            kept.push(`${what} ${index}`)
            put(spool, 1, top.subxid, `${what} ${index}`)
          }
        }
        expect(await messagesOf(await spool.commit(1))).toEqual(kept)
      }),
      { numRuns: 300 },
    )
  })

  it('never see the disk when they are rolled back before it is their turn', async () => {
    const files = memorySpool()
    const spool = new TransactionSpool(files)
    await spool.begin(1)
    for (let subxid = 2; subxid < 5_000; subxid++) {
      put(spool, 1, subxid, 'a row of a try')
      await spool.abort(1, subxid)
    }
    expect(files.files.get('transaction-1')?.bytes.length).toBe(0)
    expect(await messagesOf(await spool.commit(1))).toEqual([])
  })

  it('are kept apart, and one that is rolled back leaves nothing', async () => {
    const files = memorySpool()
    const spool = new TransactionSpool(files)
    await spool.begin(7)
    await spool.begin(8)
    put(spool, 7, 7, 'seven')
    put(spool, 8, 8, 'eight')
    await spool.abort(7, 7)
    expect([...files.files.keys()]).toEqual(['transaction-8'])
    expect(await spool.commit(7)).toBeUndefined()
    expect(await messagesOf(await spool.commit(8))).toEqual(['eight'])
  })

  it('say when a file ends inside of a message', async () => {
    const file = new MemoryFile(() => undefined)
    await file.append(Buffer.from([0, 0, 0, 9, 1, 2]))
    await expect(messagesOf(new SpoolReading(file))).rejects.toThrow(/ends inside of a message/)
  })
})
