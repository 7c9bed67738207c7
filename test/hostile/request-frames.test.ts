import { describe, expect, it } from 'vitest'
import { openRequest } from '../../core/kafka/protocol/envelope.js'
import { servedBy } from '../../core/kafka/server/handler-table.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import { RequestFrames, servedCells } from './request-frames.js'

const take = async (seed: number, count: number, wholeShare: number): Promise<readonly Buffer[]> => {
  const frames = await RequestFrames.open(new SeededRandom(seed), { wholeShare, wideShare: 0 })
  return Array.from({ length: count }, () => Buffer.from(frames.next()))
}

describe('frames of an attack', () => {
  it('are the same for the same seed, and others for another', async () => {
    const [first, again, other] = await Promise.all([take(1, 500, 0.5), take(1, 500, 0.5), take(2, 500, 0.5)])
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('with nothing wrong are requests of every API and version, which their codecs read to the end', async () => {
    for (const [index, frame] of (await take(3, 3 * servedCells.length, 1)).entries()) {
      const cell = servedCells[index % servedCells.length]!
      const { header, body } = openRequest(frame)
      expect(header).toMatchObject({ requestApiKey: cell.key, requestApiVersion: cell.version })
      servedBy(cell.key)!.api.decodeRequest(body, cell.version)
      expect(body.remainingBytes, `${cell.name} ${cell.version}`).toBe(0)
    }
  })

  it('with something wrong differ from what a client sends', async () => {
    const [wrong, whole] = await Promise.all([take(4, 500, 0), take(4, 500, 1)])
    const same = wrong.filter((frame, index) => frame.equals(whole[index]!))
    expect(same.length).toBeLessThan(50)
  })
})
