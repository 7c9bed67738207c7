import { describe, expect, it } from 'vitest'
import type { AnyApi } from '../../../../core/kafka/protocol/apis.js'
import { apiByKey, apis } from '../../../../core/kafka/protocol/apis.js'
import { errorCodes, errorName } from '../../../../core/kafka/protocol/error-codes.js'
import { declaredApis } from './declarations.js'

describe('the table of APIs', () => {
  const all: readonly AnyApi[] = Object.values(apis)

  it('has a row for each declared API, by key', async () => {
    const declared = await declaredApis()
    expect(all.map((api) => api.key)).toEqual(declared.map(({ api }) => api.key))
    expect(all.every((api) => apiByKey(api.key) === api)).toBe(true)
    expect(apiByKey(4)).toBeUndefined()
  })

  it('pairs each API with its own codecs', () => {
    for (const [name, api] of Object.entries<AnyApi>(apis)) {
      const capitalized = `${name[0]?.toUpperCase()}${name.slice(1)}`
      expect(api.name).toBe(capitalized)
      expect(api.decodeRequest.name).toBe(`decode${capitalized}Request`)
      expect(api.encodeResponse.name).toBe(`encode${capitalized}Response`)
    }
  })

  it('tells of the versions that clients need, and of none below them but Produce’s', () => {
    expect(apis.produce).toMatchObject({ advertisedFrom: 0, minVersion: 3, maxVersion: 12, flexibleFrom: 9 })
    expect(all.filter((api) => api.advertisedFrom !== api.minVersion)).toEqual([apis.produce])
    expect(apis.findCoordinator.minVersion).toBe(0)
    expect(apis.saslHandshake).toMatchObject({ minVersion: 0, maxVersion: 1, flexibleFrom: Infinity })
    expect(apis.joinGroup.minVersion).toBe(0)
    expect(apis.offsetForLeaderEpoch).toMatchObject({ minVersion: 2, maxVersion: 4 })
  })
})

describe('error codes', () => {
  it('have names, each its own code', () => {
    expect(errorName(3)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(errorName(-1)).toBe('UNKNOWN_SERVER_ERROR')
    expect(errorName(9999)).toBe('9999')
    expect(new Set(Object.values(errorCodes)).size).toBe(Object.keys(errorCodes).length)
  })
})
