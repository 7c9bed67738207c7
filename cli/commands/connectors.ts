// tailrace connectors [TYPE]: which connectors there are, and the documentation of one.

import type { Command } from 'commander'
import { print, printJson, table } from '../output.js'

export function addConnectors(program: Command): void {
  program
    .command('connectors')
    .description('list the connectors, or show the settings of one')
    .argument('[type]', 'type of a connector, as in a pipeline file')
    .option('--json', 'print JSON')
    .action(async (type: string | undefined, options: { readonly json?: true }) => {
      const { connectorDocumentation, connectorSummaries } = await import('../../hub/pipeline-files.js')
      if (type !== undefined) {
        const found = connectorDocumentation(type)
        if (options.json) printJson(found.map(({ page: _page, ...rest }) => rest))
        else print(found.map(({ page }) => page).join('\n\n'))
        return
      }
      const connectors = connectorSummaries()
      if (options.json) return printJson(connectors)
      const rows = connectors.map(({ type: name, role, delivery, summary }) => [name, role, delivery, summary])
      print(table(['TYPE', 'ROLE', 'DELIVERY', 'SUMMARY'], rows))
    })
}
