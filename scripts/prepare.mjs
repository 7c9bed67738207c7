// @ts-check
// Brings a clone into a state in which it can run: the right Node, dependencies as locked, sources compiled.
// Every script begins here, so that `npm start` and `npm test` work in a folder that has seen nothing but git clone.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repositoryRoot = dirname(dirname(fileURLToPath(import.meta.url)))

const oldestNode = [20, 19]
const builtFolders = ['core', 'connectors', 'config', 'hub', 'cli', 'test', 'bench']
const builtBy = ['package.json', 'tsconfig.json', 'tsconfig.build.json']

/** Ends the process unless this Node runs the product. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  process.stderr.write(`Tailrace needs Node ${oldestNode.join('.')} or newer; this is Node ${process.versions.node}.\n`)
  process.exit(1)
}

/** Installs what package-lock.json says, unless exactly that is there already. */
export function ensureInstalled() {
  if (isInstalled()) return
  process.stderr.write('Installing dependencies …\n')
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  // Development dependencies hold the compiler, so they are needed even where NODE_ENV says production.
  runOrExit([...npm, 'ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** npm keeps what it installed in a lock file of its own; packages for other platforms are missing there. */
function isInstalled() {
  const installedLock = join(repositoryRoot, 'node_modules/.package-lock.json')
  if (!existsSync(installedLock)) return false
  const wanted = lockedPackages(join(repositoryRoot, 'package-lock.json'))
  const installed = lockedPackages(installedLock)
  for (const [path, { version, optional }] of wanted) {
    const there = installed.get(path)
    if (there === undefined ? !optional : there.version !== version) return false
  }
  return true
}

/** @param {string} path */
function lockedPackages(path) {
  const lock = JSON.parse(readFileSync(path, 'utf8'))
  /** @type {[string, { version: string, optional?: boolean }][]} */
  const entries = Object.entries(lock.packages)
  return new Map(entries.filter(([name]) => name !== ''))
}

/** Compiles into dist/ when a source has changed, come or gone since the last time. */
export function ensureBuilt() {
  const stamp = join(repositoryRoot, 'dist/.built')
  const fingerprint = fingerprintOfSources()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return
  process.stderr.write('Compiling …\n')
  // What a removed source has left behind would still be found by an import.
  rmSync(join(repositoryRoot, 'dist'), { recursive: true, force: true })
  runOrExit([process.execPath, join(repositoryRoot, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'])
  writeFileSync(stamp, fingerprint)
}

function fingerprintOfSources() {
  const hash = createHash('sha256')
  /** @param {string} path */
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(repositoryRoot, path))
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  builtBy.forEach(add)
  for (const folder of builtFolders.filter((one) => existsSync(join(repositoryRoot, one)))) {
    const names = readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    for (const name of names.filter((one) => one.endsWith('.ts')).sort()) add(join(folder, name))
  }
  return hash.digest('hex')
}

/**
 * Runs a program in the repository with our own input and output, and returns its exit code.
 * @param {readonly string[]} command
 */
export function run(command) {
  const [program = '', ...args] = command
  const { status, error } = spawnSync(program, args, { cwd: repositoryRoot, stdio: 'inherit' })
  if (error) process.stderr.write(`${program} did not start: ${error.message}\n`)
  return status ?? 1
}

/** @param {readonly string[]} command */
export function runOrExit(command) {
  const code = run(command)
  if (code !== 0) process.exit(code)
}
