// tailrace log verify | dump | repair DIR: a data directory while no hub runs on it.

import type { Command } from 'commander'
import { bytesText } from '../../hub/admin-vocabulary.js'
import { print, printJson } from '../output.js'

interface JsonOptions {
  readonly json?: true
}

export function addLog(program: Command): void {
  const log = program.command('log').description('verify, dump or repair a data directory that no hub runs on')
  log
    .command('verify')
    .description('read every byte that a start relies on; changes nothing')
    .argument('<dir>', 'data directory')
    .option('--json', 'print JSON')
    .action(verify)
  log
    .command('dump')
    .description('print what lies in the files, one JSON object per line; changes nothing')
    .argument('<dir>', 'data directory')
    .option('--topic <topic>', 'only the segments of this topic')
    .action(dump)
  log
    .command('repair')
    .description('accept the loss of what cannot be read: it is set aside and named, and the rest opens again')
    .argument('<dir>', 'data directory')
    .action(repair)
}

async function verify(directory: string, options: JsonOptions): Promise<void> {
  const { verifyOffline } = await import('../../hub/offline-log.js')
  const report = await verifyOffline(directory)
  const { findings, segmentCount, partitionCount, batchCount, recordCount, bytes, frameCount } = report
  const problemCount = findings.filter(({ level }) => level === 'problem').length
  if (problemCount > 0) process.exitCode = 1
  if (options.json) return printJson(report)
  for (const { level, path, message } of findings)
    print(`${level === 'problem' ? 'PROBLEM' : 'note   '}  ${path}: ${message}`)
  print(
    `${partitionCount} partitions, ${segmentCount} segments, ${batchCount} batches, ${recordCount} records, ${bytesText(bytes)}, ${frameCount} frames of journal`,
  )
  print(
    problemCount === 0
      ? 'all that was acknowledged is there'
      : `${problemCount} problems: restore them from a copy, or see \`tailrace log repair\``,
  )
}

async function dump(directory: string, options: { readonly topic?: string }): Promise<void> {
  const { dumpOffline } = await import('../../hub/offline-log.js')
  await dumpOffline(directory, options.topic, (line) => print(JSON.stringify(line)))
}

async function repair(directory: string): Promise<void> {
  const { repairOffline } = await import('../../hub/offline-log.js')
  const { terminalLogger } = await import('../terminal-log.js')
  await repairOffline(
    directory,
    terminalLogger('warn', (line) => process.stderr.write(`${line}\n`)),
  )
  print(`${directory} opens again; what could not be read, if anything, is named above and lies in set-aside/`)
}
