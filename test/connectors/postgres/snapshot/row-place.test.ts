import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RowPlace } from '../../../../connectors/postgres/snapshot/row-place.js'

const blocks = fc.nat({ max: 0xffff_fffe })
const offsets = fc.integer({ min: 1, max: 2048 })

function advance(place: RowPlace, text: string): void {
  const bytes = Buffer.from(`x\t${text}`)
  place.advance(bytes, 2, bytes.length)
}

it('reads what the server writes, and writes the same', () => {
  const law = fc.property(blocks, offsets, (block, offset) => {
    const place = new RowPlace()
    advance(place, `(${block},${offset})`)
    expect([place.block, place.offset, place.toString()]).toEqual([block, offset, `(${block},${offset})`])
  })
  fc.assert(law)
})

it('refuses a row that does not lie behind the one before', () => {
  const law = fc.property(blocks, offsets, blocks, offsets, (block, offset, nextBlock, nextOffset) => {
    const place = new RowPlace()
    advance(place, `(${block},${offset})`)
    const isBehind = nextBlock > block || (nextBlock === block && nextOffset > offset)
    const next = () => advance(place, `(${nextBlock},${nextOffset})`)
    if (isBehind) next()
    else expect(next).toThrow(/was sent behind the one at/)
  })
  fc.assert(law)
})
