// Which page comes behind one that was read, by the kinds of pagination. Pure.

import { bodyPath } from './body-path.js'
import { httpPollErrors } from './errors.js'
import { nextLink } from './link-header.js'
import { firstNumber, type PageAt } from './page-request.js'
import type { PageReader, PageRecords } from './page-records.js'
import type { HttpPollSettings, PaginationSettings } from './settings.js'

/** A page that was read. */
export interface PageSeen {
  readonly at: PageAt
  /** Where it was read from. */
  readonly url: URL
  readonly headers: ReadonlyMap<string, string>
  readonly records: PageRecords
}

export interface Following {
  /** The page to go on with: at once, or, when the round is over and `keep` is set, in the next round. */
  readonly at: PageAt
  readonly isRoundOver: boolean
  /** The next round asks for this very page again: its records are to be remembered. */
  readonly staysHere: boolean
}

/** Errors: http_poll_body_invalid, http_poll_link_refused. */
export function following(settings: HttpPollSettings, page: PageSeen, reader: PageReader): Following {
  const { pagination } = settings
  if (pagination === undefined) return { at: undefined, isRoundOver: true, staysHere: false }
  const next = nextOf[pagination.by](pagination, page, reader)
  const isLast = next === undefined || saysNoMore(pagination, page, reader)
  if (!isLast) {
    return {
      at: next,
      isRoundOver: pagination.keep && isAtEnd(pagination, page.records.starts.length),
      staysHere: false,
    }
  }
  if (!pagination.keep) return { at: undefined, isRoundOver: true, staysHere: false }
  const goesOn = next !== undefined && pagination.by !== 'page'
  return { at: goesOn ? next : page.at, isRoundOver: true, staysHere: !goesOn }
}

/** Whether a page behind which there is a next one says all the same that there is nothing more for now. */
function isAtEnd(pagination: PaginationSettings, recordCount: number): boolean {
  // A feed with nothing new names the place that it was asked from, or another one behind no records.
  if (pagination.by === 'cursor') return recordCount === 0
  return pagination.by === 'offset' && isShort(pagination, recordCount)
}

type NextPage = (pagination: PaginationSettings, page: PageSeen, reader: PageReader) => PageAt

const nextOf: Readonly<Record<PaginationSettings['by'], NextPage>> = {
  link({ path }, { url, headers, records }, reader) {
    const target = path === undefined ? nextLink(headers.get('link') ?? '') : textAt(path, records, reader)
    if (target === undefined || target === '') return undefined
    if (!URL.canParse(target, url.href)) {
      throw httpPollErrors.make('http_poll_link_refused', 'what should be the link to the next page is no URL')
    }
    return { url: new URL(target, url).href }
  },
  cursor({ path, header, lastRecord }, { headers, records }, reader) {
    let token: string | undefined
    if (header !== undefined) token = headers.get(header.toLowerCase())
    else if (path !== undefined) token = textAt(path, records, reader)
    else if (lastRecord !== undefined) token = lastRecordText(lastRecord, records, reader)
    return token === undefined || token === '' ? undefined : { token }
  },
  page(pagination, { at, records }) {
    const count = records.starts.length
    if (count === 0 || isShort(pagination, count)) return undefined
    return { number: numberOf(pagination, at) + 1 }
  },
  offset(pagination, { at, records }) {
    const count = records.starts.length
    const next = { number: numberOf(pagination, at) + count }
    // What only grows goes on behind its last record, be there a full page or not.
    return count === 0 || (isShort(pagination, count) && !pagination.keep) ? undefined : next
  },
}

function isShort({ size }: PaginationSettings, count: number): boolean {
  return size !== undefined && count < size
}

function numberOf(pagination: PaginationSettings, at: PageAt): number {
  return at !== undefined && 'number' in at ? at.number : (firstNumber(pagination) ?? 0)
}

function saysNoMore({ more }: PaginationSettings, { records }: PageSeen, reader: PageReader): boolean {
  if (more === undefined) return false
  const said = reader.textAt(records.bytes, bodyPath(more))
  if (typeof said === 'boolean') return !said
  throw httpPollErrors.make('http_poll_body_invalid', `the answer has neither true nor false at ${more}`)
}

function textAt(path: string, { bytes }: PageRecords, reader: PageReader): string | undefined {
  const found = reader.textAt(bytes, bodyPath(path))
  // Some say false where there is no next page.
  if (found === false) return undefined
  if (found === true) throw httpPollErrors.make('http_poll_body_invalid', `at ${path} stands true`)
  return found?.text
}

function lastRecordText(path: string, { bytes, starts, ends }: PageRecords, reader: PageReader): string | undefined {
  const [start, end] = [starts.at(-1), ends.at(-1)]
  if (start === undefined) return undefined
  const found = reader.textAt(bytes, bodyPath(path), start, end)
  if (typeof found === 'object') return found.text
  throw httpPollErrors.make('http_poll_body_invalid', `the last record of a page has no text or number at ${path}`)
}
