// A bank in one Postgres server, its copy in another, and a hub between them that is going to be killed: the copy applies
// whole transactions, and the target itself judges every commit.
//
// The judge is a deferred constraint trigger on the sink's table of offsets, which each of its transactions moves: at
// the end of the transaction it writes the four sums beside what is committed, so that no state between two looks of a
// reader is missed.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { bankRows, bankSchema, bankSums, type BankSize } from '../connectors/postgres/loads/tpc-b.js'
import type { CuttingProxy } from '../support/postgres/cutting-proxy.js'
import type { PostgresServer } from '../support/postgres/postgres-server.js'
import type { HubSite } from './hub-process.js'

export const bankDatabase = 'bank'
const bankSlot = 'bank'

export interface BankServers {
  readonly source: PostgresServer
  readonly target: PostgresServer
  readonly sourceProxy: CuttingProxy
  readonly targetProxy: CuttingProxy
}

export interface BankSite extends HubSite {
  remove(): void
}

const watched = `
  CREATE SCHEMA tailrace;
  CREATE TABLE tailrace.offsets (
    hub_id text NOT NULL, sink text NOT NULL, topic_id text NOT NULL, topic text NOT NULL, partition integer NOT NULL,
    next_offset bigint NOT NULL, epoch bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hub_id, sink, topic_id, partition));
  CREATE SCHEMA judge;
  CREATE TABLE judge.commits (
    next_offset bigint, accounts text, tellers text, branches text, history text, transfers bigint);
  CREATE FUNCTION judge.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO judge.commits SELECT NEW.next_offset, sums.*, (SELECT count(*) FROM public.pgbench_history)
      FROM (${bankSums}) AS sums;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER look AFTER UPDATE OF next_offset ON tailrace.offsets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION judge.look();`

export async function makeBankSite(servers: BankServers, size: BankSize): Promise<BankSite> {
  const { source, target, sourceProxy, targetProxy } = servers
  for (const server of [source, target]) await server.run(`CREATE DATABASE ${bankDatabase}`)
  await source.run(bankSchema + bankRows(size), bankDatabase)
  await target.run(bankSchema + watched, bankDatabase)
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-bank-'))
  const pipelineFile = join(directory, 'bank.json')
  process.env['TAILRACE_BANK_SOURCE'] = urlThrough(sourceProxy)
  process.env['TAILRACE_BANK_TARGET'] = urlThrough(targetProxy)
  fs.writeFileSync(pipelineFile, JSON.stringify(pipeline))
  return {
    directory,
    pipelineFile,
    dataDirectory: join(directory, 'data'),
    remove: () => fs.rmSync(directory, { recursive: true, force: true }),
  }
}

const pipeline = {
  version: 1,
  name: 'bank',
  topics: { bank: { partitions: 1 } },
  sources: {
    db: {
      type: 'postgres-cdc',
      url: { $env: 'TAILRACE_BANK_SOURCE' },
      slot: bankSlot,
      publication: 'bank',
      tables: ['public.*'],
      create: true,
      to: 'bank',
    },
  },
  sinks: {
    copy: {
      type: 'postgres',
      url: { $env: 'TAILRACE_BANK_TARGET' },
      from: ['bank'],
      table: 'public.{table}',
      mode: 'merge',
      apply: 'transactions',
    },
  },
}

function urlThrough({ port }: CuttingProxy): string {
  return `postgres://postgres:secret@127.0.0.1:${port}/${bankDatabase}`
}

/** The four sums of one state. */
export interface BankSums {
  readonly accounts: string
  readonly tellers: string
  readonly branches: string
  readonly history: string
}

/** What the target's judge wrote at one commit. */
export interface JudgedCommit extends BankSums {
  readonly next_offset: string
  readonly transfers: string
}

export async function judgedCommits(target: pg.Client): Promise<readonly JudgedCommit[]> {
  const { rows } = await target.query<JudgedCommit>('SELECT * FROM judge.commits ORDER BY next_offset')
  return rows
}
