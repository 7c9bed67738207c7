// tailrace test FILE…: the cases that pipeline files hold; with --record, a new case from what a hub holds.

import { InvalidArgumentError, type Command } from 'commander'
import { untilInterrupted, withHub, withHubOptions, type HubPlace } from '../hub-client.js'
import { print, printJson } from '../output.js'
import { testReportText } from '../test-report-text.js'

interface TestOptions extends HubPlace {
  readonly record?: string
  readonly count: number
  readonly from: string
  readonly json?: true
}

export function addTest(program: Command): void {
  withHubOptions(program.command('test'))
    .description('run the cases of pipeline files: what goes into the steps of an edge, and what comes out')
    .argument('<files...>', 'pipeline files')
    .option('--record <transform>', 'print a new case instead, from records that a hub holds')
    .option('--count <n>', 'with --record: so many records', positiveInteger, 10)
    .option('--from <place>', 'with --record: as in `tap`', 'beginning')
    .option('--json', 'print JSON')
    .action(test)
}

async function test(files: readonly string[], options: TestOptions): Promise<void> {
  if (options.record !== undefined) return record(files, options, options.record)
  const { testFiles } = await import('../../hub/testing/test-files.js')
  const report = await testFiles(files)
  if (report.failed > 0) process.exitCode = 1
  if (options.json) printJson(report)
  else print(testReportText(report))
}

/** JSON in any case: it is to be pasted into a file. */
async function record(files: readonly string[], options: TestOptions, transform: string): Promise<void> {
  const { recordCase } = await import('../../hub/testing/record-case.js')
  const { positionFromText } = await import('../../hub/log-position.js')
  const from = positionFromText(options.from, Date.now())
  const request = { files, transform, count: options.count, from }
  printJson(await withHub(options, (admin) => recordCase(admin, request, untilInterrupted())))
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('it must be a whole number from 1 to 99999.')
  return Number(text)
}
