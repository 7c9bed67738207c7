// tailrace topics list | describe | create | delete.

import type { Command } from 'commander'
import { bytesText, type TopicDetails } from '../../hub/admin-vocabulary.js'
import { withHub, withHubOptions, type HubPlace } from '../hub-client.js'
import { print, printJson, table } from '../output.js'

interface JsonOptions extends HubPlace {
  readonly json?: true
}

interface CreateOptions extends JsonOptions {
  readonly partitions?: string
  readonly set: readonly string[]
}

export function addTopics(program: Command): void {
  const topics = program.command('topics').description('list, describe, create and delete topics')
  withHubOptions(topics.command('list')).description('all topics').option('--json', 'print JSON').action(list)
  withHubOptions(topics.command('describe'))
    .description('one topic with its settings and partitions')
    .argument('<topic>')
    .option('--json', 'print JSON')
    .action(describe)
  withHubOptions(topics.command('create'))
    .description('make a topic')
    .argument('<topic>')
    .option('--partitions <n>', 'number of partitions (default: 1)')
    .option(
      '--set <setting=value>',
      'a setting as in a pipeline file, such as retention.time=30d; may be repeated',
      (setting: string, before: readonly string[]) => [...before, setting],
      [] as readonly string[],
    )
    .option('--json', 'print JSON')
    .action(create)
  withHubOptions(topics.command('delete'))
    .description('delete a topic and its records')
    .argument('<topic>')
    .option('--json', 'print JSON')
    .action(remove)
}

async function list(options: JsonOptions): Promise<void> {
  const topics = await withHub(options, (admin) => admin.topics())
  if (options.json) return printJson(topics)
  if (topics.length === 0) return print('no topics')
  const rows = topics.map(({ name, partitions, recordCount, bytes, settings }) => [
    name,
    partitions,
    recordCount,
    bytesText(bytes),
    settings.cleanup,
    settings.durability,
  ])
  print(table(['TOPIC', 'PARTITIONS', 'RECORDS', 'SIZE', 'CLEANUP', 'DURABILITY'], rows))
}

async function describe(topic: string, options: JsonOptions): Promise<void> {
  const details = await withHub(options, (admin) => admin.topic(topic))
  if (options.json) printJson(details)
  else print(detailsText(details))
}

function detailsText({ name, id, recordCount, bytes, settings, partitionViews }: TopicDetails): string {
  const facts = Object.entries({ id, records: recordCount, size: bytesText(bytes), ...settings })
  const rows = partitionViews.map((view) => [
    view.partition,
    view.logStartOffset,
    view.highWatermark,
    bytesText(view.bytes),
  ])
  return [
    `topic ${name}`,
    ...facts.map(([key, value]) => `  ${key}: ${value}`),
    table(['PARTITION', 'START', 'END', 'SIZE'], rows),
  ].join('\n')
}

async function create(topic: string, { partitions, set, ...options }: CreateOptions): Promise<void> {
  const { topicFromSettings } = await import('../../hub/topic-settings.js')
  const settings = partitions === undefined ? set : [...set, `partitions=${partitions}`]
  const request = await topicFromSettings(topic, settings)
  const created = await withHub(options, (admin) => admin.createTopic(request))
  if (options.json) printJson(created)
  else print(`topic ${created.name} made: ${created.partitions} partitions, id ${created.id}`)
}

async function remove(topic: string, options: JsonOptions): Promise<void> {
  await withHub(options, (admin) => admin.deleteTopic(topic))
  if (options.json) printJson({ deleted: topic })
  else print(`topic ${topic} deleted`)
}
