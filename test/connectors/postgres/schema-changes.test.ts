// Two hundred random changes of a table while its rows are written: every record shows the row as the table was then.

import { expect } from 'vitest'
import { behavioursOf, type CdcBehaviours, type CdcSite } from './cdc-site.js'
import { live } from './live.js'

const steps = 200
const seed = 20261123

/** Park and Miller's generator: the same steps in every run. */
function generator(start: number): (below: number) => number {
  let state = start % 2147483647
  return (below) => {
    state = (state * 48271) % 2147483647
    return state % below
  }
}

const kinds = ['int', 'text', 'bool', 'bigint', 'varchar(20)'] as const
type Kind = (typeof kinds)[number]

const literals: Readonly<Record<Kind, (number: number) => string>> = {
  int: (number) => String(number),
  text: (number) => `'text ${number}'`,
  bool: (number) => String(number % 2 === 0),
  bigint: (number) => String(number * 1000),
  'varchar(20)': (number) => `'v${number}'`,
}

/** The table as the test knows it, and the statements that change it. */
class ChangingTable {
  readonly #pick: (below: number) => number
  #columns = new Map<string, Kind>()
  #made = 0
  name = 'changing'

  constructor(pick: (below: number) => number) {
    this.#pick = pick
  }

  get creation(): string {
    this.#columns = new Map([['note', 'text']])
    return `CREATE TABLE ${this.name} (id int PRIMARY KEY, note text)`
  }

  /** One random change, as SQL. */
  change(): string {
    const table = `ALTER TABLE ${this.name}`
    const names = [...this.#columns.keys()]
    const name = names[this.#pick(Math.max(names.length, 1))]
    const choice = this.#pick(10)
    if (name === undefined || choice < 3) return `${table} ADD ${this.#add()}`
    const kind = this.#columns.get(name)!
    if (choice < 5) {
      this.#columns.delete(name)
      return `${table} DROP ${name}`
    }
    if (choice < 6) {
      const next = `column ${++this.#made}`
      this.#columns.delete(name)
      this.#columns.set(`"${next}"`, kind)
      return `${table} RENAME ${name} TO "${next}"`
    }
    if (choice < 7) {
      this.#columns.set(name, 'text')
      return `${table} ALTER ${name} TYPE text`
    }
    if (choice < 8) {
      const before = this.name
      this.name = `changing_${++this.#made}`
      return `ALTER TABLE ${before} RENAME TO ${this.name}`
    }
    return `${table} REPLICA IDENTITY ${choice < 9 ? 'FULL' : 'DEFAULT'}`
  }

  insert(id: number): string {
    const names = ['id', ...this.#columns.keys()]
    const values = [String(id), ...[...this.#columns.values()].map((kind) => literals[kind](this.#pick(1000)))]
    return `INSERT INTO ${this.name} (${names.join(', ')}) VALUES (${values.join(', ')}) RETURNING to_jsonb(${this.name}) AS row`
  }

  #add(): string {
    const name = `c${++this.#made}`
    const kind = kinds[this.#pick(kinds.length)]!
    this.#columns.set(name, kind)
    return `${name} ${kind}${this.#pick(2) === 0 ? ` DEFAULT ${literals[kind](7)}` : ''}`
  }
}

async function changeAndWrite(site: CdcSite): Promise<readonly unknown[]> {
  const pick = generator(seed)
  const table = new ChangingTable(pick)
  await site.run(table.creation)
  await site.run(`ALTER PUBLICATION by_hand ADD TABLE ${table.name}`)
  const expected: unknown[] = []
  for (let step = 1; step <= steps; step++) {
    const isTogether = pick(4) === 0
    if (isTogether) await site.run('BEGIN')
    await site.run(table.change())
    const [written] = await site.run(table.insert(step))
    expected.push(written?.['row'])
    if (isTogether) await site.run('COMMIT')
  }
  return expected
}

const behaviours: CdcBehaviours = {
  'each row comes with the columns that its table had': async (open) => {
    const site = await live(
      open,
      'CREATE TABLE other (id int PRIMARY KEY); CREATE PUBLICATION by_hand FOR TABLE other',
      {
        publication: 'by_hand',
      },
    )
    const expected = await changeAndWrite(site)
    const records = await site.settled()
    expect(records.map(({ value }) => value?.['after'])).toEqual(expected)
  },
}

behavioursOf('two hundred changes of a table', behaviours)
behavioursOf('two hundred changes of a table', behaviours, { version: 'debian' })
