// Kills a process `--size` times at random instants while its transforms aggregate, deduplicate and look up what it
// feeds into the log; one data directory throughout. In the end the windows, the unique records and the joined ones,
// read from the segments by an independent reader, are what one pass over the same records gives. Then records are
// left out of a copy and repeated in it: the judge must find that.

import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { requireFaultless, requireFound } from '../crash/findings.js'
import { readTopic } from '../crash/log-reader.js'
import { eventPartitions, judgeTransforms, type TransformOutputs } from '../crash/transform-events.js'
import { SeededRandom } from '../simulation/world/seeded-random.js'
import type { StoredRecord } from '../support/segment-reader.js'

const { values } = parseArgs({
  options: { size: { type: 'string', default: '8' }, seed: { type: 'string', default: '1' } },
})
const killCount = Number(values.size)
const random = new SeededRandom(Number(values.seed))

const program = fileURLToPath(new URL('../crash/transform-program.js', import.meta.url))
const mostLifeMs = 1_200
/** What the last start and the rest of the stream take at most, on a busy machine. */
const patienceMs = 120_000

const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-transforms-'))
const startedMs = performance.now()
try {
  let feedingCount = 0
  for (let kill = 0; kill < killCount; kill++) if (await runAndKill()) feedingCount++
  const count = await finish()
  const outputs = readOutputs()
  requireFaultless(`after ${killCount} kills`, judgeTransforms(count, outputs))
  checkControls(count, outputs)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0)
  console.log(
    `${killCount} kills, ${feedingCount} of them while transforms ran, ${count} events in ${seconds} s: ` +
      `${outputs.sums.length} windows, ${outputs.unique.length} unique and ${outputs.joined.flat().length} joined records as in one pass`,
  )
  if (feedingCount === 0) throw new Error('no kill met a transform that ran')
  fs.rmSync(directory, { recursive: true })
} catch (error) {
  console.error(error)
  console.error(`seed ${values.seed}; left for examination: ${directory}`)
  process.exitCode = 1
}

/** Half of the kills are counted from the start, half from the moment at which the transforms run. */
async function runAndKill(): Promise<boolean> {
  const child = start()
  const lifeMs = random.below(mostLifeMs)
  let isFeeding = false
  void child.feeding.then((feeding) => (isFeeding = feeding))
  if (random.chance(0.5)) await child.feeding
  await sleep(lifeMs)
  if (child.process.exitCode !== null) throw new Error(`the program ended by itself:\n${child.output()}`)
  child.process.kill('SIGKILL')
  await child.ended
  return isFeeding
}

/** The number of events. */
async function finish(): Promise<number> {
  const child = start('finish')
  const timer = setTimeout(() => child.process.kill('SIGKILL'), patienceMs)
  await child.ended
  clearTimeout(timer)
  const done = /^done (\d+)$/m.exec(child.output())
  if (done === null) throw new Error(`the last run did not come to its end:\n${child.output()}`)
  return Number(done[1])
}

interface Child {
  readonly process: ChildProcess
  readonly feeding: Promise<boolean>
  readonly ended: Promise<void>
  output(): string
}

function start(...mode: string[]): Child {
  const child = spawn(process.execPath, [program, join(directory, 'data'), ...mode], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve())
  })
  const feeding = new Promise<boolean>((resolve) => {
    const hear = (part: Buffer): void => {
      said += part.toString()
      if (said.includes('feeding\n')) resolve(true)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void ended.then(() => resolve(false))
  })
  return { process: child, feeding, ended, output: () => said }
}

function readOutputs(): TransformOutputs {
  const read = (topic: string): StoredRecord[][] =>
    readTopic(join(directory, 'data'), topic, eventPartitions).map((batches) =>
      batches.flatMap(({ records }) => records),
    )
  const withoutClosing = (topic: string): StoredRecord[][] =>
    read(topic).map((records) => records.filter(({ key }) => key !== 'closing'))
  return { sums: read('sums').flat(), unique: withoutClosing('unique').flat(), joined: withoutClosing('joined') }
}

function checkControls(count: number, outputs: TransformOutputs): void {
  const { sums, unique, joined } = outputs
  requireFound('a window taken out', judgeTransforms(count, { ...outputs, sums: sums.slice(1) }), 'lost')
  requireFound('a window of fewer events', judgeTransforms(count + 1, outputs), 'wrong')
  requireFound(
    'a unique record twice',
    judgeTransforms(count, { ...outputs, unique: [...unique, unique[0]!] }),
    'repeated',
  )
  const backwards = joined.map((records) => records.toReversed())
  requireFound('a row that goes back', judgeTransforms(count, { ...outputs, joined: backwards }), 'stale')
}
