// Start to ready with 100 partitions after a clean stop, memory of an idle hub, and recovery for each GB of journal.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openEmbeddedEngine } from '../core/engine/embedded/embedded-engine.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import { silentLogger } from '../core/telemetry/logger.js'
import { silentRecorder } from '../core/telemetry/recorder.js'
import { benchOptions, printFigure, printMachine, spreadOf } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'

const command = fileURLToPath(new URL('../cli/main.js', import.meta.url))
const appender = fileURLToPath(new URL('measure/journal-filler.js', import.meta.url))
const partitions = 100
const idleMs = 3000

async function readyMs(child: ChildProcess): Promise<number> {
  const startedMs = performance.now()
  if (child.stdout === null) throw new Error('the hub has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('tailrace ready')) return performance.now() - startedMs
  }
  throw new Error('the hub ended before it was ready')
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  await once(child, 'exit')
}

function residentMegabytes(child: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1000
}

async function startTimes(directory: string, rounds: number): Promise<void> {
  const file = join(directory, 'pipeline.json')
  writeFileSync(file, JSON.stringify({ version: 1, name: 'bench', topics: { wide: { partitions } } }))
  const run = (): ChildProcess =>
    spawn(process.execPath, [command, 'run', file, '--kafka', '127.0.0.1:0', '--http', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const first = run()
  printFigure('first start to ready, a new data directory', spreadOf([await readyMs(first)]), 'ms')
  await stop(first)
  const times: number[] = []
  const memory: number[] = []
  for (let round = 0; round < rounds; round++) {
    const child = run()
    times.push(await readyMs(child))
    await new Promise((resolve) => setTimeout(resolve, idleMs))
    memory.push(residentMegabytes(child))
    await stop(child)
  }
  printFigure(`start to ready with ${partitions} partitions after a clean stop (aim 250)`, spreadOf(times), 'ms')
  printFigure('resident memory when idle (aim 80)', spreadOf(memory), 'MB')
}

/** Fills most of a gigabyte of journal that no checkpoint covers, kills the process, and opens what it left. */
async function recoveryTimes(directory: string, rounds: number): Promise<void> {
  const secondsEach: number[] = []
  for (let round = 0; round < rounds; round++) {
    const data = join(directory, `recovery-${round}`)
    const child = spawn(process.execPath, [appender, data], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    execFileSync('sync')
    const options = { directory: data, world: nodeWorld(), logger: silentLogger, recorder: silentRecorder }
    const engine = await openEmbeddedEngine(options)
    let bytes = 0
    for (let partition = 0; partition < 16; partition++)
      bytes += (await engine.bounds({ topic: 'filled', partition })).bytes
    const { recoveryMs } = await engine.status()
    secondsEach.push(recoveryMs / 1000 / (bytes / 1e9))
    await engine.close()
    rmSync(data, { recursive: true })
  }
  printFigure('recovery for each GB of journal (aim 2)', spreadOf(secondsEach), 's')
}

const { pairs } = benchOptions()
printMachine()
await inScratch(async (directory) => {
  await startTimes(directory, pairs)
  await recoveryTimes(directory, Math.min(pairs, 5))
})
