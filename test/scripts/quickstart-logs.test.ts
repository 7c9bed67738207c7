import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startQuickstartLogs } from '../../scripts/quickstart-logs.mjs'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tailrace-quickstart-'))
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(directory, { recursive: true })
})

describe('the services of the quickstart', () => {
  it('write whole lines, one of them in JSON, until they are stopped', () => {
    const stop = startQuickstartLogs(join(directory, 'logs'))
    vi.advanceTimersByTime(1000)
    stop()
    vi.advanceTimersByTime(1000)
    const lines = readFileSync(join(directory, 'logs/web.log'), 'utf8').split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual([1, 2, 3, 4])
  })

  it('rename a file that has grown and keep three old ones', () => {
    for (const age of ['', '.1', '.2', '.3']) writeFileSync(join(directory, `web.log${age}`), `old${age}\n`)
    writeFileSync(join(directory, 'web.log'), `${'x'.repeat(64 * 1024)}\n`)
    const stop = startQuickstartLogs(directory)
    vi.advanceTimersByTime(500)
    stop()
    expect(readdirSync(directory)).toEqual(['web.log', 'web.log.1', 'web.log.2', 'web.log.3', 'worker.log'])
    expect(readFileSync(join(directory, 'web.log.1'), 'utf8')).toMatch(/^x+\n\{.*\}\n$/)
    expect(readFileSync(join(directory, 'web.log.2'), 'utf8')).toBe('old.1\n')
    expect(readFileSync(join(directory, 'web.log.3'), 'utf8')).toBe('old.2\n')
    expect(readFileSync(join(directory, 'web.log'), 'utf8')).toMatch(/^\{[^\n]*\}\n$/)
  })
})
