// The port for Kafka clients: a blaster of encoded batches against a bare copy and against the engine in the process,
// 1,000 connections against one, librdkafka against itself and against NATS JetStream, and latency. The hub, clients and
// peers are processes of their own, on this machine. `--only TEXT` picks comparisons by their names.

import { blasterSections } from './kafka/blaster.js'
import { clientSections } from './kafka/clients.js'
import { compileClients, printNativeVersions } from './kafka/native.js'
import { benchOptions, printMachine } from './measure/pairs.js'
import { inScratch } from './measure/scratch.js'

const { pairs, only } = benchOptions()
printMachine()
printNativeVersions()
await inScratch(async (programDirectory) => {
  const programs = compileClients(programDirectory)
  const natives = programs === undefined ? [] : clientSections(programs)
  for (const section of [...blasterSections, ...natives]) {
    if (!section.name.includes(only)) continue
    await inScratch((directory) => section.run(section.name, { directory, pairs }))
  }
})
