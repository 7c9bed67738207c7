// The Chinook database (a music shop: 11 tables, 15,607 rows), from the script at $TAILRACE_SAMPLES, and changes of its rows.

import fs from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import type { SeededRandom } from '../../../simulation/world/seeded-random.js'

export const chinookTables = [
  'album',
  'artist',
  'customer',
  'employee',
  'genre',
  'invoice',
  'invoice_line',
  'media_type',
  'playlist',
  'playlist_track',
  'track',
] as const
export const chinookRows = 15_607

/** Undefined without the samples. */
export function chinookScript(): string | undefined {
  const samples = process.env['TAILRACE_SAMPLES']
  if (samples === undefined) return undefined
  const path = join(samples, 'chinook.sql')
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : undefined
}

/** Runs the script in the database that is there: psql's commands and those that make a database are left out. */
export async function loadChinook(client: pg.Client, script: string): Promise<void> {
  await client.query(script.replaceAll(/^(?:\\c .*|(?:DROP|CREATE) DATABASE .*;)$/gm, ''))
}

/** One small transaction, as a shop has them: prices change, customers move, invoices come, lines and a playlist go. */
export async function changeChinook(client: pg.Client, random: SeededRandom): Promise<void> {
  await client.query('BEGIN')
  const customer = 1 + random.below(59)
  const track = 1 + random.below(3503)
  await client.query('UPDATE track SET unit_price = unit_price + 0.01, milliseconds = $2 WHERE track_id = $1', [
    track,
    random.below(1_000_000),
  ])
  await client.query('UPDATE customer SET address = $2, company = NULL WHERE customer_id = $1', [
    customer,
    `Straße "${random.below(1000)}"\\n\t'`,
  ])
  const { rows } = await client.query<{ invoice_id: number }>(
    `INSERT INTO invoice (customer_id, invoice_date, billing_city, total)
     VALUES ($1, '2026-02-28 23:59:59', 'Århus', $2) RETURNING invoice_id`,
    [customer, random.below(100_000) / 100],
  )
  await client.query('INSERT INTO invoice_line (invoice_id, track_id, unit_price, quantity) VALUES ($1, $2, 0.99, 1)', [
    rows[0]!.invoice_id,
    track,
  ])
  await client.query('DELETE FROM invoice_line WHERE invoice_line_id = $1', [1 + random.below(2240)])
  await client.query('DELETE FROM playlist_track WHERE track_id = $1', [1 + random.below(3503)])
  await client.query('COMMIT')
}
