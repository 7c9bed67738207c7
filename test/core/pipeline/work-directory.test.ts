import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeWorkDirectory, reviewWork } from '../../../core/pipeline/work-directory.js'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'
import { silentLogger, type Logger } from '../../../core/telemetry/logger.js'

let dataDirectory: string

beforeEach(() => {
  dataDirectory = fs.mkdtempSync(path.join(os.tmpdir(), 'tailrace-work-'))
})

afterEach(() => fs.rmSync(dataDirectory, { recursive: true, force: true }))

const lake = { pipeline: 'shop', sink: 'lake' }

describe('the work directory of a sink', () => {
  it('is absolute, private, and the same in every run', async () => {
    const made = await makeWorkDirectory(nodeFiles, dataDirectory, lake)
    expect(made).toBe(path.join(dataDirectory, 'work', 'shop.lake'))
    expect(fs.statSync(made).mode & 0o777).toBe(0o700)
    fs.writeFileSync(path.join(made, 'kept'), 'x')
    expect(await makeWorkDirectory(nodeFiles, dataDirectory, lake)).toBe(made)
    expect(fs.readdirSync(made)).toEqual(['kept'])
  })

  it('goes with its sink when it is empty, and is spoken of when it is not', async () => {
    const warned: unknown[] = []
    const logger: Logger = { ...silentLogger, warn: (_, fields) => void warned.push(fields) }
    await makeWorkDirectory(nodeFiles, dataDirectory, lake)
    await makeWorkDirectory(nodeFiles, dataDirectory, { pipeline: 'shop', sink: 'empty' })
    const gone = await makeWorkDirectory(nodeFiles, dataDirectory, { pipeline: 'shop', sink: 'gone' })
    fs.writeFileSync(path.join(gone, 'sealed'), 'x')
    await reviewWork({ files: nodeFiles, dataDirectory, logger }, [lake])
    expect(fs.readdirSync(path.join(dataDirectory, 'work'))).toEqual(['shop.gone', 'shop.lake'])
    expect(warned).toEqual([{ directory: gone, files: 1 }])
  })

  it('needs none to be there', async () => {
    await reviewWork({ files: nodeFiles, dataDirectory, logger: silentLogger }, [])
    expect(fs.readdirSync(dataDirectory)).toEqual([])
  })
})
