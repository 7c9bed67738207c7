// A body of CSV: the first row names the columns, each further one is a record, a JSON object of texts. A row with more
// or fewer fields than there are columns is a bad line.

import { CsvRows } from '../../../core/format/csv-rows.js'
import type { IncomingRecord, RecordIntake } from '../protocol.js'
import type { HttpSettings } from '../settings.js'
import { badBody, type BodyReading, checkUtf8, recordOf, textStart } from './body-reading.js'

export function csvReading(badLines: HttpSettings['badLines']): BodyReading {
  return (request, body, intake) => {
    checkUtf8(body)
    const text = body.toString('utf8', textStart(body))
    const rows = new CsvRows(text)
    const names = columnNames(rows)
    const record = recordOf(request, body)
    while (rows.next()) {
      const fault = rows.fault ?? countFault(rows, names.length)
      if (fault === undefined) addText(record, intake, objectText(names, rows.fields))
      else if (badLines === 'refuse') throw badBody(rows.line, fault)
      else {
        aim(record, text.slice(rows.start, rows.end))
        intake.deadLetter(record, 'http_body_invalid', `line ${rows.line} of the body: ${fault}`)
      }
    }
  }
}

/** As names in JSON, with their colons. */
function columnNames(rows: CsvRows): readonly string[] {
  if (!rows.next()) throw badBody(1, 'the names of the columns are missing')
  if (rows.fault !== undefined) throw badBody(rows.line, rows.fault)
  const twice = rows.fields.find((name, index) => rows.fields.indexOf(name) < index)
  if (twice !== undefined) throw badBody(rows.line, `the column ${JSON.stringify(twice)} stands there twice`)
  return rows.fields.map((name) => `${JSON.stringify(name)}:`)
}

function countFault({ fields }: CsvRows, columns: number): string | undefined {
  return fields.length === columns ? undefined : `it has ${fields.length} fields for ${columns} columns`
}

function objectText(names: readonly string[], fields: readonly string[]): string {
  return `{${names.map((name, index) => name + JSON.stringify(fields[index])).join(',')}}`
}

function addText(record: IncomingRecord, intake: RecordIntake, text: string): void {
  aim(record, text)
  intake.add(record)
}

function aim(record: IncomingRecord, text: string): void {
  record.value = Buffer.from(text)
  record.valueStart = 0
  record.valueEnd = record.value.length
}
