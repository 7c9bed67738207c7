// tailrace validate FILE…: every mistake in the files at once; with --connect, also what the connectors see.

import type { Command } from 'commander'
import { findingsText } from '../findings.js'
import { print, printJson } from '../output.js'

interface ValidateOptions {
  readonly connect?: true
  readonly data?: string
  readonly json?: true
}

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('check pipeline files without running them')
    .argument('<files...>', 'pipeline files; several are checked together, as `run` would take them')
    .option('--connect', 'also let every connector look at its surroundings, without changing anything')
    .option('--data <dir>', 'data directory that they would run with (default: .tailrace beside the first file)')
    .option('--json', 'print JSON')
    .action(validate)
}

async function validate(files: readonly string[], options: ValidateOptions): Promise<void> {
  const { checkFiles, mistakesFailure } = await import('../../hub/check-files.js')
  const { problems, findings, summary } = await checkFiles(files, {
    data: options.data,
    connect: options.connect === true,
  })
  if (problems.length > 0) process.exitCode = 2
  else if (findings.some(({ level }) => level === 'problem')) process.exitCode = 1
  if (options.json) return printJson({ valid: problems.length === 0, problems, findings })
  if (problems.length > 0) throw mistakesFailure(problems)
  print(summary.join('\n'))
  if (findings.length > 0) print(findingsText(findings))
}
