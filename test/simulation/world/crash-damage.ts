// What of the pending changes is on the device after a power loss: the model of ALICE (OSDI'14) and of "Can
// Applications Recover from fsync Failures?" (ATC'20).
//
// Names: nothing, everything, the oldest so many, or any subset in which no step stands on a lost one of the same name
// or node. Files, each by itself: the same choice over its writes, any of which may be torn at a sector, a page or any
// byte; what is lost of it holds the old bytes, zeros, or bytes of something else, and the size may have grown already.

import type { ByteImage } from './byte-image.js'
import type { Faults } from './faults.js'
import { applyChange, applyName } from './inode.js'
import type { DirectoryNode, FileNode, NameChange } from './inode.js'
import type { SeededRandom } from './seeded-random.js'

/** `any`: chance decides for each file; `lost` and `kept` are the two extremes. */
export type UnsyncedFate = 'any' | 'lost' | 'kept'

type Shape = 'nothing' | 'everything' | 'prefix' | 'subset'

const shapes: readonly Shape[] = ['nothing', 'everything', 'prefix', 'prefix', 'subset', 'subset']

const tearUnits = [512, 4096, 1] as const

/** Garbage is at most a page long, the rest becomes zeros: making more of it costs time and finds nothing. */
const garbageBytes = 4096

export interface DamageSource {
  readonly random: SeededRandom
  readonly faults: Faults
  readonly fate: UnsyncedFate
}

/** Decides over pending names of all directories; afterwards none is pending. */
export function damageNames(directories: Iterable<DirectoryNode>, source: DamageSource): void {
  const changes = new Set<NameChange>()
  for (const directory of directories) {
    for (const change of directory.pending) if (!change.done) changes.add(change)
    directory.pending = []
  }
  const ordered = [...changes].sort((one, other) => one.stamp - other.stamp)
  const survives = choose(ordered.length, source)
  const blocked = new Set<unknown>()
  for (const [index, change] of ordered.entries()) {
    const tokens = tokensOf(change)
    if (survives(index) && !tokens.some((token) => blocked.has(token))) {
      applyName(change)
      continue
    }
    for (const token of tokens) blocked.add(token)
    change.done = true
    source.faults.count('lost-name')
  }
}

/** Decides over the pending changes of a file; afterwards none is pending and the device's bytes are all there is. */
export function damageFile(file: FileNode, source: DamageSource): void {
  const { pending, durable } = file
  file.pending = []
  const survives = choose(pending.length, source)
  let lostCount = 0
  for (const [index, change] of pending.entries()) {
    if (survives(index)) {
      applyChange(durable, change)
      continue
    }
    lostCount++
    if (change.kind === 'truncate') source.faults.count('lost-truncate')
    // Where changes arrive in order, only the first lost one can have been under way.
    else if (survives.shape === 'subset' || (survives.shape === 'prefix' && lostCount === 1)) {
      damageWrite(durable, change.bytes, change.position, source)
    } else source.faults.count('lost-write')
  }
}

type Survival = ((index: number) => boolean) & { readonly shape: Shape }

function choose(count: number, { random, fate }: DamageSource): Survival {
  const shape = fate === 'any' ? random.pick(shapes) : fate === 'lost' ? 'nothing' : 'everything'
  const prefix = shape === 'everything' ? count : shape === 'prefix' ? random.below(count + 1) : 0
  const survives = shape === 'subset' ? () => random.chance(0.5) : (index: number) => index < prefix
  return Object.assign(survives, { shape })
}

/** Loses a write, wholly or from a sector, page or byte on. */
function damageWrite(image: ByteImage, bytes: Buffer, position: number, source: DamageSource): void {
  const { random, faults } = source
  if (random.chance(0.5)) {
    faults.count('lost-write')
    // Nothing was written, but the file may have grown for it.
    const grownFrom = Math.max(position, image.size)
    leaveBehind(image, grownFrom, position + bytes.length - grownFrom, source)
    return
  }
  faults.count('torn-write')
  const unit = random.pick(tearUnits)
  // Sectors lie at multiples of the unit in the file, not in the write.
  const firstEdge = Math.min(bytes.length, unit - (position % unit))
  const edgeCount = Math.floor((bytes.length - firstEdge) / unit) + 1
  const written = Math.min(bytes.length, random.chance(0.2) ? 0 : firstEdge + random.below(edgeCount) * unit)
  image.write(bytes.subarray(0, written), position)
  leaveBehind(image, position + written, bytes.length - written, source)
}

/** What stands where a write was lost: the old bytes, zeros or garbage. */
function leaveBehind(image: ByteImage, position: number, length: number, { random, faults }: DamageSource): void {
  const outcome = random.below(3)
  if (outcome === 0 || length <= 0) return
  const left = Buffer.alloc(length)
  if (outcome === 1) faults.count('hole-of-zeros')
  else {
    faults.count('garbage')
    random.bytes(Math.min(length, garbageBytes)).copy(left)
  }
  image.write(left, position)
}

function tokensOf(change: NameChange): unknown[] {
  const places = [change.from, change.to].filter((place) => place !== undefined)
  return [change.node, ...places.map(({ directory, name }) => `${directory.inode}/${name}`)]
}
