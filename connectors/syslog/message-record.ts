// A message as a record: its value, its time, its key.
//
// What is no syslog is taken all the same, as RFC 3164 says in 4.3: a message without a priority is of user.notice, and
// one without a header is all message. Bytes that are no UTF-8 stand as base64, so that nothing of them is lost.

import { parseSyslog } from '../../core/format/log-lines.js'
import { type JsonObject, ParseFailure } from '../../core/format/parsed.js'
import { parseTimestamp } from '../../core/format/timestamp.js'
import { type SyslogSettings, zoneMinutes } from './settings.js'

export interface MessageRecord {
  readonly value: Buffer
  readonly key: string | undefined
  readonly timestampMs: number
}

/** user.notice */
const priorityOfOthers = 13
const mostPriority = 191
const yearMs = 365.25 * 24 * 3600_000

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const shortTime = /^([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2})$/

/** The message's bytes may be used by the caller again afterwards. */
export function messageRecord(
  bytes: Buffer,
  settings: Pick<SyslogSettings, 'format' | 'key' | 'zone'>,
  received: { readonly address: string; readonly nowMs: number },
): MessageRecord {
  const { format, key, zone } = settings
  const parsed = parsedMessage(bytes)
  const { host, time } = parsed
  const keyOf = { host: typeof host === 'string' ? host : received.address, address: received.address, none: undefined }
  return {
    value: format === 'raw' ? Buffer.from(bytes) : Buffer.from(JSON.stringify(parsed)),
    key: keyOf[key],
    timestampMs: timeOf(time, zoneMinutes(zone) ?? 0, received.nowMs) ?? received.nowMs,
  }
}

function parsedMessage(bytes: Buffer): JsonObject {
  const text = bytes.toString('utf8')
  const parsed = parseSyslog(text)
  const known = parsed instanceof ParseFailure ? bareMessage(text) : (parsed as JsonObject)
  const isText = !text.includes('\u{fffd}') || Buffer.from(text).equals(bytes)
  return isText ? known : { ...known, message: null, messageBase64: bytes.toString('base64') }
}

/** All that a message without a header says. */
function bareMessage(text: string): JsonObject {
  const match = /^<(\d{1,3})>/.exec(text)
  const stated = Number(match?.[1] ?? Number.NaN)
  const isStated = stated <= mostPriority
  const priority = isStated ? stated : priorityOfOthers
  return {
    facility: priority >> 3,
    severity: priority & 7,
    time: null,
    host: null,
    app: null,
    pid: null,
    message: isStated ? text.slice(match![0].length) : text,
  }
}

/** Milliseconds since the epoch. A time without a year has the one that brings it nearest to now. */
export function timeOf(time: unknown, zone: number, nowMs: number): number | undefined {
  if (typeof time !== 'string') return undefined
  const match = shortTime.exec(time)
  if (match === null) {
    const ms = parseTimestamp(time)
    return ms === undefined || ms < 0 ? undefined : ms
  }
  const [, name, day, hour, minute, second] = match
  const month = months.indexOf(name!)
  if (month < 0) return undefined
  const inYear = (year: number): number =>
    Date.UTC(year, month, Number(day), Number(hour), Number(minute) - zone, Number(second))
  const year = new Date(nowMs).getUTCFullYear()
  const thisYear = inYear(year)
  if (thisYear - nowMs > yearMs / 2) return inYear(year - 1)
  return nowMs - thisYear > yearMs / 2 ? inYear(year + 1) : thisYear
}
