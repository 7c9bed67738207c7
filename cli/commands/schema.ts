// tailrace schema: the JSON Schema of the pipeline file, for editors (`"$schema": "./pipeline.schema.json"`).

import type { Command } from 'commander'
import { printJson } from '../output.js'

export function addSchema(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of a pipeline file')
    .action(async () => {
      const { pipelineFileSchema } = await import('../../hub/pipeline-files.js')
      printJson(pipelineFileSchema())
    })
}
