// Since SIGKILL cannot show a missing fsync: a program makes `--size` appends and writes a line for each answer, and
// strace shows that before each line a sync ended that began after the frame of its append was written. The same
// program with the sync taken out of the product must be found guilty.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { endOfRecording, readSystemCalls, recordingLauncher } from '../crash/strace.js'
import { judgeSyncOrder, type SyncOrder } from '../crash/sync-order.js'

const { values } = parseArgs({ options: { size: { type: 'string', default: '1000' }, seed: { type: 'string' } } })
const appendCount = Number(values.size)

/** Of a frame: enough for several appends, whose place in it is not known. */
const shownBytes = 16 * 1024

const built = fileURLToPath(new URL('../..', import.meta.url))
const program = 'test/crash/append-program.js'
/** What makes bytes durable, in the product as it is built. */
const syncCall = {
  file: 'core/runtime/node/node-file.js',
  present: "return this.#call('sync', (callback) => fs.fdatasync(this.#descriptor, callback));",
  absent: 'return Promise.resolve();',
}

const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-sync-order-'))
try {
  const asBuilt = await record(built, 'as-built')
  if (asBuilt.broken.length > 0)
    throw new Error(`answers without a sync:\n  ${asBuilt.broken.slice(0, 10).join('\n  ')}`)
  console.log(
    `${asBuilt.answerCount} answers, each behind a sync that began after its frame; ${asBuilt.syncCount} syncs`,
  )
  const unsynced = await record(buildWithoutSync(), 'unsynced')
  if (unsynced.broken.length < appendCount / 2) {
    throw new Error(`a control that must fail held: without syncs only ${unsynced.broken.length} answers were found`)
  }
  console.log(`control: with the sync taken out, ${unsynced.broken.length} answers were found`)
  fs.rmSync(directory, { recursive: true })
} catch (error) {
  console.error(error)
  console.error(`left for examination: ${directory}`)
  process.exitCode = 1
}

async function record(root: string, name: string): Promise<SyncOrder> {
  const recording = join(directory, `${name}.strace`)
  const [launcher, ...options] = recordingLauncher(recording, shownBytes)
  const env = { ...process.env, UV_USE_IO_URING: '0' }
  const arguments_ = [...options, process.execPath, join(root, program), join(directory, name), String(appendCount)]
  const child = spawn(launcher!, arguments_, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let answers = ''
  child.stdout.on('data', (part: Buffer) => (answers += part.toString()))
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const answerCount = answers.split('\n').length - 1
  if (exitCode !== 0 || answerCount !== appendCount) {
    throw new Error(`${name}: exit code ${String(exitCode)} and ${answerCount} answers of ${appendCount}`)
  }
  await endOfRecording(recording)
  const order = judgeSyncOrder(readSystemCalls(recording))
  if (order.answerCount !== appendCount) throw new Error(`${name}: ${order.answerCount} answers in the recording`)
  return order
}

/** A copy of what was built in which a sync returns at once. */
function buildWithoutSync(): string {
  const copy = join(directory, 'dist')
  for (const folder of ['core', dirname(program)])
    fs.cpSync(join(built, folder), join(copy, folder), { recursive: true })
  const modules = nodeModules()
  fs.symlinkSync(modules, join(directory, 'node_modules'))
  fs.copyFileSync(join(dirname(modules), 'package.json'), join(directory, 'package.json'))
  const path = join(copy, syncCall.file)
  const text = fs.readFileSync(path, 'utf8')
  if (text.split(syncCall.present).length !== 2)
    throw new Error(`${syncCall.file} does not hold once: ${syncCall.present}`)
  fs.writeFileSync(path, text.replace(syncCall.present, syncCall.absent))
  return copy
}

function nodeModules(): string {
  let folder = built
  while (!fs.existsSync(join(folder, 'node_modules'))) {
    if (dirname(folder) === folder) throw new Error(`no node_modules above ${built}`)
    folder = dirname(folder)
  }
  return join(folder, 'node_modules')
}
