// Runs seeds against the tree that this file was copied with, until one fails. Prints a line before each seed, and last
// the number of seeds that it took and what was found; "not found" when none fails.
//
//   node hunt.js FIRST-SEED SEEDS [transactions]

import { simulate } from '../log-run.js'
import { simulateTransactions } from '../transaction-run.js'

const firstSeed = Number(process.argv[2])
const seedCount = Number(process.argv[3])
const run = process.argv[4] === 'transactions' ? simulateTransactions : simulate

async function hunt(): Promise<string> {
  for (let count = 1; count <= seedCount; count++) {
    console.log(`seed ${count}`)
    try {
      await run(firstSeed + count - 1)
    } catch (error) {
      return `${count} ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return 'not found'
}

console.log(await hunt())
