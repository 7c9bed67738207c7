import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { ensureAdminToken, readAdminToken, TokenCheck } from '../../../core/security/admin-token.js'

const { files, random } = nodeWorld()
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tailrace-token-'))
})
afterEach(() => rm(directory, { recursive: true }))

describe('the admin token', () => {
  it('is made once, readable by its owner alone', async () => {
    expect(await readAdminToken(files, directory)).toBeUndefined()
    const token = await ensureAdminToken(files, random, directory)
    expect(await ensureAdminToken(files, random, directory)).toBe(token)
    expect((await stat(join(directory, 'admin.token'))).mode & 0o777).toBe(0o600)
  })

  it('is not taken from a file that holds something else', async () => {
    await writeFile(join(directory, 'admin.token'), 'short\n')
    await expect(readAdminToken(files, directory)).rejects.toMatchObject({ code: 'invalid_token_file' })
  })

  it.each([
    ['Bearer TOKEN', true],
    ['bearer TOKEN', true],
    ['Bearer  TOKEN', true],
    ['Bearer TOKEM', false],
    ['Bearer TOKEN1', false],
    ['Bearer', false],
    ['Basic TOKEN', false],
    ['TOKEN', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (header, expected) => {
    expect(new TokenCheck('TOKEN').accepts(header)).toBe(expected)
  })
})
