import { expect, it } from 'vitest'
import { nodeLimits, openFilesOf } from '../../../../core/runtime/node/node-limits.js'

const table = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max file size             unlimited            unlimited            bytes
Max open files            ${soft.padEnd(20)} 1048576              files
`

it('reads the soft limit of descriptors', () => {
  expect(openFilesOf(table('4096'))).toBe(4096)
  expect(openFilesOf(table('unlimited'))).toBe(Number.MAX_SAFE_INTEGER)
})

it('is cautious where the system shows no limits', () => {
  expect(openFilesOf('')).toBe(256)
})

it('knows a limit of this process', () => {
  expect(nodeLimits().openFiles).toBeGreaterThanOrEqual(256)
})
