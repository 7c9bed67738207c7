#!/usr/bin/env node
// The command `tailrace`: its verbs, and how every failure ends. Exit codes: 0 good, 1 the work failed, 2 usage or
// invalid configuration. What a verb needs is loaded when it runs, so that `--version` and `--help` answer at once.

import { Command, CommanderError } from 'commander'
import { addConnectors } from './commands/connectors.js'
import { addDoctor } from './commands/doctor.js'
import { addGroups } from './commands/groups.js'
import { addLog } from './commands/log.js'
import { addPlan } from './commands/plan.js'
import { addReplay } from './commands/replay.js'
import { addRun } from './commands/run.js'
import { addSchema } from './commands/schema.js'
import { addTap } from './commands/tap.js'
import { addTest } from './commands/test.js'
import { addTopics } from './commands/topics.js'
import { addUsers } from './commands/users.js'
import { addValidate } from './commands/validate.js'
import { printFailure } from './output.js'
import { installedVersion } from '../hub/version.js'

/** In the order of the help. */
const verbs: readonly ((program: Command) => void)[] = [
  addRun,
  addValidate,
  addPlan,
  addTest,
  addDoctor,
  addTap,
  addReplay,
  addTopics,
  addGroups,
  addUsers,
  addConnectors,
  addSchema,
  addLog,
]

async function main(): Promise<void> {
  // The client of object stores prints for how long its next releases will run on this Node: ours is a fixed release.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  process.stdout.on('error', endOnBrokenPipe)
  const program = commands()
  try {
    await program.parseAsync()
  } catch (error) {
    await fail(error)
  }
}

function commands(): Command {
  const program = new Command('tailrace')
    .description('Collects, keeps and delivers: from files through a durable log into a lake, as one JSON file says.')
    .version(installedVersion(), '--version', 'print the version')
    .helpOption('--help', 'print help')
    .helpCommand(false)
    .exitOverride()
    // Our own failures are printed in one form; commander would print its own besides.
    .configureOutput({ outputError: () => undefined })
  for (const add of verbs) add(program)
  return program
}

async function fail(error: unknown): Promise<void> {
  if (error instanceof CommanderError && error.exitCode === 0) return
  const { exitCodeOf, failureView, usageError } = await import('../hub/failure.js')
  // Commander has printed the help where no command was given.
  if (error instanceof CommanderError && error.code === 'commander.help') {
    process.exitCode = 2
    return
  }
  const failure =
    error instanceof CommanderError ? usageError(error.message.replace(/^error: /, '').replaceAll('\n', ' ')) : error
  printFailure(failureView(failure), process.argv.includes('--json'))
  process.exitCode = exitCodeOf(failure)
}

/** Whoever read our output has seen enough, as in `tailrace tap t | head`. */
function endOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
}

await main()
