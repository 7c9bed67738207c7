// @ts-check
// npm run prove [-- NAME… [--size ci|full|NUMBER] [--seed NUMBER]]: runs the long proofs, one at a time.
//
// A proof is a file directly in test/proofs/ and a row in prove.sizes.json: {"NAME": {"ci": 30, "full": 300,
// "budgetSeconds": 240}}. It is started as `node dist/test/proofs/NAME.js --size NUMBER --seed NUMBER`, says on stdout
// what it did, and exits with 0 when the proof holds. In its CI size it must end within its budget; the full size, for
// which a person waits, has none. Without --seed each run draws a new one and prints it, so that it can be repeated.

import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBuilt, ensureInstalled, repositoryRoot, requireNode } from './prepare.mjs'

/** @typedef {{ ci: number, full: number, budgetSeconds: number }} Sizes */
/** @typedef {{ verdict: 'passed' | 'failed', seconds: number, reason: string }} Outcome */

requireNode()
const { values, positionals } = readArguments()
/** @type {Record<string, Sizes>} */
const table = JSON.parse(readFileSync(join(repositoryRoot, 'prove.sizes.json'), 'utf8'))
requireAgreement()
ensureInstalled()
ensureBuilt()

const names = positionals.length > 0 ? positionals : Object.keys(table)
const seed = values.seed ?? String(randomInt(2 ** 32))
/** @type {Outcome[]} */
const outcomes = []
for (const name of names) {
  const sizes = /** @type {Sizes} */ (table[name])
  const size = values.size === 'ci' ? sizes.ci : values.size === 'full' ? sizes.full : Number(values.size)
  process.stdout.write(`\n— ${name}: size ${size}, seed ${seed}\n`)
  const outcome = await prove(name, { size, budgetSeconds: size <= sizes.ci ? sizes.budgetSeconds : Infinity })
  const seconds = outcome.seconds.toFixed(1)
  process.stdout.write(`${outcome.verdict} ${name}: ${seconds} s, size ${size}, seed ${seed}${outcome.reason}\n`)
  outcomes.push(outcome)
}
const failed = outcomes.filter((outcome) => outcome.verdict === 'failed').length
process.stdout.write(`\n${outcomes.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function readArguments() {
  const options = /** @type {const} */ ({ size: { type: 'string', default: 'ci' }, seed: { type: 'string' } })
  try {
    const parsed = parseArgs({ options, allowPositionals: true })
    const { size, seed: given } = parsed.values
    if (!/^(ci|full|[1-9]\d*)$/.test(size)) throw new Error(`--size is ci, full or a number, not ${size}`)
    if (given !== undefined && !/^\d+$/.test(given)) throw new Error(`--seed is a number, not ${given}`)
    return parsed
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

/** A proof without sizes would never run in CI; sizes without a proof prove nothing. */
function requireAgreement() {
  const programs = readdirSync(join(repositoryRoot, 'test/proofs'), { encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replace(/\.ts$/, ''))
  const unsized = programs.filter((name) => !(name in table))
  const missing = Object.keys(table).filter((name) => !programs.includes(name))
  const unknown = positionals.filter((name) => !(name in table))
  if (unsized.length > 0) refuse(`prove.sizes.json has no row for ${unsized.join(', ')}`)
  if (missing.length > 0) refuse(`test/proofs has no program for ${missing.join(', ')}`)
  if (unknown.length > 0) refuse(`no such proof: ${unknown.join(', ')}; there are ${Object.keys(table).join(', ')}`)
}

/**
 * @param {string} message
 * @returns {never}
 */
function refuse(message) {
  process.stderr.write(`prove: ${message}\n`)
  process.exit(2)
}

/**
 * @param {string} name
 * @param {{ size: number, budgetSeconds: number }} limits
 * @returns {Promise<Outcome>}
 */
function prove(name, { size, budgetSeconds }) {
  const startedMs = performance.now()
  const program = join(repositoryRoot, 'dist/test/proofs', `${name}.js`)
  // A group of its own, so that a proof that hangs goes together with the processes that it has started.
  const child = spawn(process.execPath, [program, '--size', String(size), '--seed', seed], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  /** @param {NodeJS.Signals} signal */
  const endGroup = (signal) => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal)
  }
  /** @param {NodeJS.Signals} signal */
  const endAll = (signal) => {
    endGroup(signal)
    process.exit(1)
  }
  process.once('SIGINT', endAll).once('SIGTERM', endAll)
  let overBudget = false
  const timer = setTimeout(
    () => {
      overBudget = true
      endGroup('SIGKILL')
    },
    Math.min(budgetSeconds * 1000, 2 ** 31 - 1),
  )
  return new Promise((resolve) => {
    /** @param {string | undefined} fault */
    const settle = (fault) => {
      clearTimeout(timer)
      process.off('SIGINT', endAll).off('SIGTERM', endAll)
      const seconds = (performance.now() - startedMs) / 1000
      const reason = overBudget ? `over its budget of ${budgetSeconds} s` : fault
      resolve({ verdict: reason ? 'failed' : 'passed', seconds, reason: reason ? `: ${reason}` : '' })
    }
    child.once('error', (error) => settle(error.message))
    child.once('exit', (code, signal) =>
      settle(code === 0 ? undefined : signal ? `ended by ${signal}` : `exit code ${code}`),
    )
  })
}
