import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readInt16, readInt32 } from '../../../../core/bytes/big-endian.js'
import { settled } from '../../../support/manual-clock.js'
import { repositoryRoot } from '../../../architecture/source-files.js'
import { framed, startRig } from './server-rig.js'

interface Capture {
  readonly requests: readonly { readonly api: string; readonly hex: string }[]
}

const folder = join(repositoryRoot, 'test/core/kafka/protocol/captured')

/** Requests of foreign clients, without their length. */
const requests = readdirSync(folder)
  .flatMap((name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as Capture).requests)
  .map(({ hex }) => Buffer.from(hex, 'hex'))

const change = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), byte: fc.nat(255) })

/** A captured request with some bytes changed, cut off somewhere or not. */
const mutated = fc
  .record({
    request: fc.constantFrom(...requests),
    changes: fc.array(change, { maxLength: 3 }),
    keepsHeader: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
    kept: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.double({ min: 0, max: 1, noNaN: true })),
  })
  .map(({ request, changes, keepsHeader, kept }) => {
    const bytes = Buffer.from(request)
    const from = keepsHeader ? 8 : 0
    for (const { at, byte } of changes) bytes[from + Math.floor(at * Math.max(0, bytes.length - from))] = byte
    return bytes.subarray(0, Math.max(1, Math.ceil(kept * bytes.length)))
  })

it('what clients would never send is answered or closed, and nothing breaks', { timeout: 60_000 }, async () => {
  const rig = await startRig()
  let answered = 0
  await fc.assert(
    fc.asyncProperty(mutated, async (bytes) => {
      const peer = rig.dial()
      peer.send(framed(bytes))
      for (let turn = 0; turn < 4 && peer.frames.length === 0 && !peer.isClosed; turn++) await settled()
      for (const frame of peer.frames) expect(readInt32(frame, 0)).toBe(readInt32(bytes, 4))
      answered += peer.frames.length
      peer.destroy()
      const broken = rig.said.filter(({ event }) => event !== 'a connection is closed')
      expect(broken, `API ${readInt16(Buffer.concat([bytes, bytes, bytes]), 0)}`).toEqual([])
    }),
    { numRuns: 3000 },
  )
  expect(answered).toBeGreaterThan(300)
  await rig.close()
})
