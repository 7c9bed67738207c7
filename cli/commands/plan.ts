// tailrace plan FILE…: what running the files would change, against what the data directory last ran and in the systems
// that their connectors reach.

import type { Command } from 'commander'
import { print, printJson } from '../output.js'
import { planText } from '../plan-text.js'

interface PlanOptions {
  readonly data?: string
  readonly http?: string
  readonly json?: true
}

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('show what running pipeline files would change, and what that does to what is there')
    .argument('<files...>', 'pipeline files')
    .option('--data <dir>', 'data directory (default: .tailrace beside the first file)')
    .option('--http <host:port>', 'admin API of a running hub')
    .option('--json', 'print JSON')
    .action(async (files: readonly string[], options: PlanOptions) => {
      const { planChanges } = await import('../../hub/plan-changes.js')
      const planned = await planChanges(files, { ...options, token: process.env['TAILRACE_TOKEN'] })
      if (options.json) return printJson(planned)
      print(planText(planned))
    })
}
