// tailrace doctor: what is well and what is not; exit code 1 when something is not.

import type { Command } from 'commander'
import { findingsText } from '../findings.js'
import { withHub, withHubOptions, type HubPlace } from '../hub-client.js'
import { print, printJson } from '../output.js'

export function addDoctor(program: Command): void {
  withHubOptions(program.command('doctor'))
    .description('say what is well and what is not, and what to do about it')
    .option('--json', 'print JSON')
    .action(async (options: HubPlace & { readonly json?: true }) => {
      const findings = await withHub(options, (admin) => admin.doctor())
      if (options.json) printJson(findings)
      else print(findingsText(findings))
      if (findings.some(({ level }) => level === 'problem')) process.exitCode = 1
    })
}
