// tailrace plan FILE…: what running the files would change against what the data directory last ran.

import type { Command } from 'commander'
import type { Change, SettingChange } from '../../hub/admin-vocabulary.js'
import { print, printJson } from '../output.js'

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
      const changes = await planChanges(files, { ...options, token: process.env['TAILRACE_TOKEN'] })
      if (options.json) return printJson(changes)
      print(changes.length === 0 ? 'nothing changes' : changes.map(changeText).join('\n'))
    })
}

const marks = { added: '+', removed: '-', changed: '~' } as const

function changeText({ kind, pipeline, what, id, settings, effects }: Change): string {
  const name =
    what === 'pipeline'
      ? `pipeline ${id}`
      : what === 'defaults'
        ? `defaults of ${pipeline}`
        : `${what} ${pipeline}.${id}`
  return [
    `${marks[kind]} ${name}`,
    ...settings.map((setting) => `    ${settingText(setting)}`),
    ...effects.map(
      ({ setting, effect, dangerous }) => `    ${dangerous ? 'DANGER' : 'effect'} of ${setting}: ${effect}`,
    ),
  ].join('\n')
}

function settingText({ path, previous, next }: SettingChange): string {
  const shown = (value: unknown): string => (value === undefined ? '(absent)' : JSON.stringify(value))
  return `${path.join('.')}: ${shown(previous)} → ${shown(next)}`
}
