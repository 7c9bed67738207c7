// tailrace replay TOPIC: dead letters go back where they failed.

import { InvalidArgumentError, type Command } from 'commander'
import type { ReplayReport } from '../../hub/admin-vocabulary.js'
import { withHub, withHubOptions, type HubPlace } from '../hub-client.js'
import { print, printJson } from '../output.js'

interface ReplayOptions extends HubPlace {
  readonly edge?: string
  readonly code?: string
  readonly since?: string
  readonly where?: string
  readonly limit?: number
  readonly dryRun?: true
  readonly json?: true
}

export function addReplay(program: Command): void {
  withHubOptions(program.command('replay'))
    .description('put dead letters back where they failed; each goes back once')
    .argument('<topic>', 'the dead-letter topic')
    .option('--edge <edge>', 'only those of PIPELINE.EDGE, or of every EDGE of this name')
    .option('--code <code>', 'only those with this error code')
    .option('--since <time>', 'only those that failed since "-10m", or a time such as 2026-11-22T10:00:00Z')
    .option('--where <condition>', 'only those for which it holds, in the language of steps')
    .option('--limit <n>', 'so many at most', positiveInteger)
    .option('--dry-run', 'change nothing; say what would be done')
    .option('--json', 'print JSON')
    .action(replay)
}

async function replay(topic: string, options: ReplayOptions): Promise<void> {
  const { edge, code, since, where, limit, dryRun } = options
  const { timeFromText } = await import('../../hub/log-position.js')
  const request = {
    ...(edge === undefined ? {} : { edge }),
    ...(code === undefined ? {} : { code }),
    ...(since === undefined ? {} : { sinceMs: timeFromText(since, Date.now()) }),
    ...(where === undefined ? {} : { where }),
    ...(limit === undefined ? {} : { limit }),
    isDryRun: dryRun === true,
  }
  const report = await withHub(options, (admin) => admin.replay(topic, request))
  if (options.json) printJson(report)
  else print(replayText(report))
}

/** What went back and where to, then what did not and why. */
function replayText(report: ReplayReport): string {
  const { topic, isDryRun, replayed, repeated, filtered, overtaking, targets, refused } = report
  const lines = [`${topic}: ${letters(replayed)} ${isDryRun ? 'would go back' : 'went back'}`]
  for (const target of targets) lines.push(`  ${target.count} of ${target.edge} into ${target.topic}`)
  if (repeated > 0) lines.push(`${letters(repeated)} went back in an earlier run`)
  if (filtered > 0) lines.push(`${letters(filtered)} left out by the options`)
  if (overtaking > 0) {
    lines.push(`warning: ${letters(overtaking)} of those go ahead of an earlier one of their key, which is left out`)
  }
  for (const { reason, count, examples } of refused) {
    const places = examples.map(({ partition, offset }) => `${partition}/${offset}`).join(', ')
    lines.push(`${letters(count)} cannot go back: ${reason} (${places}${count > examples.length ? ', …' : ''})`)
  }
  return lines.join('\n')
}

function letters(count: number): string {
  return count === 1 ? '1 dead letter' : `${count} dead letters`
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('it must be a whole number from 1 on.')
  return Number(text)
}
