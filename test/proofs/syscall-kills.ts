// Kills real processes at chosen system calls: before the N-th write, sync, rename, unlink, truncation or creation of
// a file. `--size` kills, in turn over all scenarios: the log alone in small limits, and the whole product between
// rotating files and two lakes. A scenario is run once under strace to see its calls; of those that touch its
// directory one is drawn. Afterwards it goes on, is perhaps struck again, comes to its end, and is judged.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { HubScenario, hubScenarioNames } from '../crash/hub-scenarios.js'
import { judgeLog } from '../crash/log-judgement.js'
import { LogLedger, runLogProgram } from '../crash/log-program-run.js'
import { logWorkloads, type LogWorkload } from '../crash/log-workloads.js'
import { endOfRecording, killingLauncher, readSystemCalls, recordingLauncher } from '../crash/strace.js'
import { type Strike, strikesIn } from '../crash/strikes.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '22' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const root = fs.mkdtempSync(join(tmpdir(), 'tailrace-syscall-kills-'))
const strikes = new Map<string, readonly Strike[]>()
const hubs = new Map<string, HubScenario>()
const counts = { struck: 0, missed: 0 }
const byCall = new Map<string, number>()
try {
  const startedMs = performance.now()
  const names = [...Object.keys(logWorkloads), ...hubScenarioNames]
  for (let turn = 0; counts.struck + counts.missed < killCount; turn++) {
    const name = names[turn % names.length]!
    if (name in logWorkloads) await strikeLog(name)
    else await strikeHub(name)
  }
  for (const hub of hubs.values()) await hub.end()
  requireStrikes()
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${counts.struck} kills at system calls in ${names.length} scenarios, ${counts.missed} calls were not reached, ${seconds} s`,
  )
  console.log([...byCall].map(([call, count]) => `  ${call}: ${count}`).join('\n'))
  fs.rmSync(root, { recursive: true })
} catch (error) {
  console.error(error)
  console.error(`left for examination: ${root}, ${[...hubs.values()].map(({ directory }) => directory).join(', ')}`)
  process.exitCode = 1
} finally {
  for (const hub of hubs.values()) hub.dismiss()
}

/** In a directory of its own: strikes it, perhaps twice, lets it end, and judges. */
async function strikeLog(name: string): Promise<void> {
  const workload: LogWorkload = logWorkloads[name as keyof typeof logWorkloads]
  let known = strikes.get(name)
  if (known === undefined) strikes.set(name, (known = await countLogCalls(name, workload)))
  const directory = fs.mkdtempSync(join(root, 'log-'))
  const ledger = new LogLedger()
  const struck: Strike[] = []
  try {
    if (workload.diesFirst !== undefined)
      await runLogProgram({ directory, workload: name, dieAfter: workload.diesFirst }, ledger)
    do {
      const strike = random.pick(known)
      struck.push(strike)
      const { signal, exitCode, errors } = await runLogProgram(
        { directory, workload: name },
        ledger,
        killingLauncher(strike),
      )
      note(strike, signal === 'SIGKILL')
      if (signal !== 'SIGKILL' && exitCode !== 0) throw new Error(`ended with ${exitCode}: ${errors}`)
    } while (random.chance(0.3))
    const last = await runLogProgram({ directory, workload: name }, ledger)
    if (!last.isDone) throw new Error(`does not come to its end: ${last.exitCode} ${last.signal} ${last.errors}`)
    judgeLog(directory, workload, ledger)
    fs.rmSync(directory, { recursive: true })
  } catch (error) {
    throw new Error(`${name}, killed at ${struck.map(textOf).join(', then ')}, in ${directory}`, { cause: error })
  }
}

async function countLogCalls(name: string, workload: LogWorkload): Promise<readonly Strike[]> {
  const directory = fs.mkdtempSync(join(root, 'counted-'))
  const recording = `${directory}.strace`
  const ledger = new LogLedger()
  if (workload.diesFirst !== undefined)
    await runLogProgram({ directory, workload: name, dieAfter: workload.diesFirst }, ledger)
  const end = await runLogProgram({ directory, workload: name }, ledger, recordingLauncher(recording, 0))
  if (!end.isDone) throw new Error(`${name} fails without a kill: ${end.errors}`)
  await endOfRecording(recording)
  judgeLog(directory, workload, ledger)
  const found = strikesIn(readSystemCalls(recording), directory)
  fs.rmSync(directory, { recursive: true })
  fs.rmSync(recording)
  return found
}

/** In one directory throughout. */
async function strikeHub(name: string): Promise<void> {
  let hub = hubs.get(name)
  if (hub === undefined) hubs.set(name, (hub = new HubScenario(name, random.fork())))
  let known = strikes.get(name)
  if (known === undefined) {
    const recording = join(root, 'hub.strace')
    await hub.run(recordingLauncher(recording, 0))
    await endOfRecording(recording)
    strikes.set(name, (known = strikesIn(readSystemCalls(recording), hub.directory)))
  }
  const strike = random.pick(known)
  try {
    note(strike, await hub.run(killingLauncher(strike)))
    await hub.settleAndJudge()
  } catch (error) {
    throw new Error(`${name}, killed at ${textOf(strike)}`, { cause: error })
  }
}

function note(strike: Strike, isStruck: boolean): void {
  if (isStruck) {
    counts.struck++
    byCall.set(strike.call, (byCall.get(strike.call) ?? 0) + 1)
  } else counts.missed++
}

function textOf({ call, number, text }: Strike): string {
  return `${call} ${number} (${text})`
}

/** Runs differ in their timing, so that some calls are not reached; most must be, or nothing is proven. */
function requireStrikes(): void {
  if (counts.struck * 2 < killCount) throw new Error(`only ${counts.struck} of ${killCount} kills struck`)
}
