// tailrace groups list | describe | reset. Every sink is a group, called PIPELINE.SINK.

import type { Command } from 'commander'
import { withHub, withHubOptions, type HubPlace } from '../hub-client.js'
import { print, printJson, table, visible } from '../output.js'

interface JsonOptions extends HubPlace {
  readonly json?: true
}

interface ResetOptions extends JsonOptions {
  readonly to: string
  readonly topic: readonly string[]
}

export function addGroups(program: Command): void {
  const groups = program.command('groups').description('list, describe and reset consumer groups')
  withHubOptions(groups.command('list')).description('all groups').option('--json', 'print JSON').action(list)
  withHubOptions(groups.command('describe'))
    .description('one group: its members, its offsets, and why it rebalanced lately')
    .argument('<group>', 'a sink is the group PIPELINE.SINK')
    .option('--json', 'print JSON')
    .action(describe)
  withHubOptions(groups.command('reset'))
    .description('set where a group without members goes on')
    .argument('<group>', 'a sink is the group PIPELINE.SINK; stop its hub first')
    .requiredOption('--to <place>', '"beginning", "end", "-10m", an offset, or a time such as 2026-11-22T10:00:00Z')
    .option(
      '--topic <topic>',
      'only this topic; may be repeated (default: all that the group has offsets of)',
      (topic: string, before: readonly string[]) => [...before, topic],
      [] as readonly string[],
    )
    .option('--json', 'print JSON')
    .action(reset)
}

async function list(options: JsonOptions): Promise<void> {
  const groups = await withHub(options, (admin) => admin.groups())
  if (options.json) return printJson(groups)
  if (groups.length === 0) return print('no groups')
  const rows = groups.map(({ group, state, memberCount, lagRecords }) => [group, state, memberCount, lagRecords ?? '-'])
  print(table(['GROUP', 'STATE', 'MEMBERS', 'LAG'], rows))
}

async function describe(name: string, options: JsonOptions): Promise<void> {
  const details = await withHub(options, (admin) => admin.group(name))
  if (options.json) return printJson(details)
  const { group, state, generation, members, offsets, events } = details
  print(`group ${group}: ${state}, generation ${generation}`)
  if (members.length > 0) {
    const rows = members.map(({ memberId, clientId, clientHost }) => [memberId, clientId, clientHost].map(visible))
    print(table(['MEMBER', 'CLIENT', 'HOST'], rows))
  }
  const rows = offsets.map((at) => [at.topic, at.partition, at.offset, at.highWatermark, at.lagRecords])
  print(table(['TOPIC', 'PARTITION', 'OFFSET', 'END', 'LAG'], rows))
  if (events.length > 0) {
    print(
      table(
        ['TIME', 'EVENT'],
        events.map(({ atMs, text }) => [new Date(atMs).toISOString(), text]),
      ),
    )
  }
}

async function reset(group: string, options: ResetOptions): Promise<void> {
  const { positionFromText } = await import('../../hub/log-position.js')
  const to = positionFromText(options.to, Date.now())
  const request = { to, ...(options.topic.length === 0 ? {} : { topics: options.topic }) }
  const resets = await withHub(options, (admin) => admin.resetGroup(group, request))
  if (options.json) return printJson(resets)
  const rows = resets.map(({ topic, partition, previous, offset }) => [topic, partition, previous ?? '-', offset])
  print(table(['TOPIC', 'PARTITION', 'BEFORE', 'NOW'], rows))
}
