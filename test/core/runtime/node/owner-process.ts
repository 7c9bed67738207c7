// A process that claims a directory (its argument) when it is told to and says what came of it.
//
// In, a line each: claim, release. Out, a line of JSON each: {"is":"ready"}, {"is":"owner"}, {"is":"refused",…},
// {"is":"released"}, {"is":"lost",…}. Ends when its input does.

import { createInterface } from 'node:readline'
import { TailraceError } from '../../../../core/errors/tailrace-error.js'
import { socketOwnership } from '../../../../core/runtime/node/socket-ownership.js'
import type { Claim } from '../../../../core/runtime/ownership.js'

const directory = process.argv[2] ?? '.'
let claim: Claim | undefined

function say(is: string, error?: unknown): void {
  const failure =
    error instanceof TailraceError ? { code: error.code, message: error.message } : { message: String(error) }
  process.stdout.write(`${JSON.stringify(error === undefined ? { is } : { is, ...failure })}\n`)
}

async function take(): Promise<void> {
  try {
    const taken = await socketOwnership.claim(directory)
    claim = taken
    taken.lost.addEventListener('abort', () => say('lost', taken.lost.reason))
    say('owner')
  } catch (error) {
    say('refused', error)
  }
}

async function release(): Promise<void> {
  await claim?.release()
  say('released')
}

createInterface({ input: process.stdin }).on('line', (line) => {
  void (line === 'claim' ? take() : release())
})
say('ready')
