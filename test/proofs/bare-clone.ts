// What a newcomer does: clones the repository into an empty folder, types `npm start` with an empty npm cache, appends
// a line below logs/, and looks for it below lake/. `--size` times, each in a folder of its own.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

// The compiled proof lies in dist/test/proofs.
const repository = fileURLToPath(new URL('../../..', import.meta.url))
/** From the append of a line to its file in the lake. */
const longestWayMs = 15_000

const { values } = parseArgs({ options: { size: { type: 'string', default: '1' }, seed: { type: 'string' } } })
for (let round = 1; round <= Number(values.size); round++) await prove(round)

async function prove(round: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tailrace-clone-'))
  const clone = join(directory, 'tailrace')
  try {
    const cloned = spawnSync('git', ['clone', '--quiet', repository, clone], { encoding: 'utf8' })
    if (cloned.status !== 0) throw new Error(`git clone failed: ${cloned.stderr}`)
    const startedMs = performance.now()
    const child = npmStart(clone, join(directory, 'npm-cache'))
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
    try {
      const readyLine = await readyLineOf(child)
      const readyMs = performance.now() - startedMs
      const wayMs = await wayOfALine(clone, `hello from round ${round}`)
      console.log(
        `round ${round}: after ${seconds(readyMs)} "${readyLine}"; a line was in the lake after ${seconds(wayMs)}`,
      )
    } finally {
      child.kill('SIGTERM')
    }
    const code = await exit
    if (code !== 0) throw new Error(`npm start ended with ${code} after SIGTERM`)
    const changed = spawnSync('git', ['status', '--porcelain'], { cwd: clone, encoding: 'utf8' }).stdout
    if (changed !== '') throw new Error(`npm start left the clone changed:\n${changed}`)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function npmStart(clone: string, cache: string): ChildProcess {
  const env: NodeJS.ProcessEnv = { ...process.env, npm_config_cache: cache }
  // What an npm around this proof has set speaks of another folder.
  for (const name of ['INIT_CWD', 'npm_execpath', 'npm_config_local_prefix', 'npm_package_json']) delete env[name]
  const args = ['start', '--silent', '--', '--kafka', '127.0.0.1:0', '--http', '127.0.0.1:0']
  return spawn('npm', args, { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

function readyLineOf(child: ChildProcess): Promise<string> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('npm start has no output')
  let said = ''
  stderr.on('data', (part: Buffer) => (said += part.toString()))
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (line.startsWith('tailrace ready ')) resolve(line)
      else said += `${line}\n`
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`npm start ended with ${code} before it was ready:\n${said}`)))
  })
}

/** Appends a line to a file of its own and waits until exactly one file of the lake holds it. */
async function wayOfALine(clone: string, line: string): Promise<number> {
  const startedMs = performance.now()
  appendFileSync(join(clone, 'logs/newcomer.log'), `${line}\n`)
  for (;;) {
    const wayMs = performance.now() - startedMs
    const found = linesOfLake(join(clone, 'lake')).filter((text) => text.includes(line)).length
    if (found === 1) return wayMs
    if (found > 1) throw new Error(`the line stands ${found} times in the lake`)
    if (wayMs > longestWayMs) throw new Error(`the line was not in the lake after ${seconds(wayMs)}`)
    await sleep(100)
  }
}

function linesOfLake(lake: string): readonly string[] {
  if (!existsSync(lake)) return []
  return readdirSync(lake, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ndjson'))
    .flatMap((name) => readFileSync(join(lake, name), 'utf8').split('\n'))
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
