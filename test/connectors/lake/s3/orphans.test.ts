import { describe, expect, it } from 'vitest'
import { ownKeys } from '../../../../connectors/lake/s3/orphans.js'

const offset = '00000000000000000042'
const own = (path: string, prefix = ''): ReturnType<typeof ownKeys> =>
  ownKeys(prefix, { pipeline: 'shop', sink: 'lake', path })

describe('keys of uploads that a sink may abort', () => {
  it.each([
    ['{topic}/{partition}-{first}', '', `orders/3-${offset}.log.gz`],
    [
      '{topic}/dt={time:yyyy-MM-dd}/{partition}-{first}',
      'shop/lake/',
      `shop/lake/orders/dt=2026-11-22/0-${offset}.parquet`,
    ],
    ['raw/{topic}/{time:yyyy/MM}/{partition}-{first}', '', `raw/orders/2026/11/0-${offset}.ndjson`],
    ['raw/{topic}/{time:yyyy/MM}/{partition}-{first}', '', `raw/orders/__none__/__none__/0-${offset}.ndjson`],
    ['{sink}/{pod.name}/{partition}-{first}', '', `lake/a%2Fb/0-${offset}.ndjson`],
  ])('those of %s below "%s" include %s', (path, prefix, key) => {
    expect(own(path, prefix).includes(key)).toBe(true)
  })

  it.each([
    ['{topic}/{partition}-{first}', '', `deep/orders/3-${offset}.log`],
    ['{topic}/{partition}-{first}', '', 'backups/2026-11-22.tar'],
    ['{topic}/{partition}-{first}', 'shop/', `orders/3-${offset}.log`],
    ['raw/{topic}/{partition}-{first}', '', `other/orders/3-${offset}.log`],
  ])('those of %s below "%s" do not include %s', (path, prefix, key) => {
    expect(own(path, prefix).includes(key)).toBe(false)
  })
})
