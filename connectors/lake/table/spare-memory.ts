// Memory that columns gave back, for the columns that grow next: row groups come and go several times a second, and
// memory that is new each time costs page faults and whole collections of garbage.
//
// One for the process, bounded. Sizes are powers of two, so that whatever comes back fits whatever is asked for next.

const leastBytes = 32 * 1024
const mostBytes = 16 * 1024 * 1024
const mostSpareBytes = 32 * 1024 * 1024

const spare = new Map<number, Buffer[]>()
let spareBytes = 0

/** At least so many bytes, whatever they hold; its owner alone uses it until it is given back. */
export function takeMemory(neededBytes: number): Buffer {
  const bytes = 2 ** Math.ceil(Math.log2(neededBytes))
  const found = spare.get(bytes)?.pop()
  if (found === undefined) return Buffer.allocUnsafeSlow(bytes)
  spareBytes -= bytes
  return found
}

/** Of `takeMemory`; no view of it may be looked at from now on. */
export function giveMemoryBack(memory: Buffer): void {
  const bytes = memory.length
  if (bytes < leastBytes || bytes > mostBytes || spareBytes + bytes > mostSpareBytes) return
  spareBytes += bytes
  const others = spare.get(bytes)
  if (others === undefined) spare.set(bytes, [memory])
  else others.push(memory)
}
