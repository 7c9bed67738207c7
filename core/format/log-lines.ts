// Lines of well-known logs, each read by one anchored expression whose parts exclude each other, so that time is linear.
//
//   cri     2026-11-22T10:30:00.5Z stdout F message                     (Kubernetes, tag F whole or P part)
//   docker  {"log":"message\\n","stream":"stdout","time":"2026-11-22T10:30:00.5Z"}   (json-file; a part has no line feed)
//   klog    I1122 10:30:00.123456   17 main.go:42] message              (glog's header; it names no year)
//   access  1.2.3.4 - joe [22/Nov/2026:10:30:00 +0100] "GET / HTTP/1.1" 200 15 "referer" "agent"   (common or combined)
//   syslog  <34>1 2026-11-22T10:30:00Z host app 17 id [x a="b"] message (RFC 5424)
//           <34>Nov 22 10:30:00 host app[17]: message                   (RFC 3164; it names no year, or has a time as above)
//
// A part written as `-` is null. Failure: `syntax` at 0.

import { parseJsonObject } from './json-object.js'
import { emptyObject, type JsonObject, type JsonValue, type Parsed, ParseFailure } from './parsed.js'

const criPattern = /^(\S+) (stdout|stderr) ([FP](?::\S*)?) (.*)$/s
const klogPattern =
  /^([IWEF])(\d{2})(\d{2}) (\d{2}:\d{2}:\d{2}\.\d{1,9}) {1,7}(\d{1,10}) ([^:\s\]]+):(\d{1,9})\] (.*)$/s
const accessPattern =
  /^(\S+) (\S+) (\S+) \[(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{4})\] "([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}) (\d{1,15}|-)(?: "([^"\\]*(?:\\.[^"\\]*)*)" "([^"\\]*(?:\\.[^"\\]*)*)")?$/
const requestPattern = /^(\S+) (\S+) (\S+)$/
const priorityPattern = /^<(\d{1,3})>/
const rfc5424Pattern =
  /^<\d{1,3}>1 (\S+) (\S+) (\S+) (\S+) (\S+) (-|(?:\[[^\]"]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^\]"]*)*\])+)(?: (.*))?$/s
const rfc3164Pattern =
  /^<\d{1,3}>([A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|\d{4}-\d{2}-\d{2}T\S{8,30}) (\S+) ([^\s:[\]]+)(?:\[([^\]\s]*)\])?: ?(.*)$/s

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const lastPriority = 191

/** A line of a container's log as the Container Runtime Interface has it: `time`, `stream`, `tag`, `message`. */
export function parseCri(text: string): Parsed {
  const match = criPattern.exec(text)
  if (match === null) return new ParseFailure('syntax', 0)
  return objectOf({ time: match[1]!, stream: match[2]!, tag: match[3]!, message: match[4]! })
}

/**
 * A line of Docker's driver json-file: `time`, `stream`, `message`, `tag` (F, or P for a part of a line, as in CRI), and
 * `attrs` when it has any.
 */
export function parseDockerJson(text: string): Parsed {
  const line = parseJsonObject(text)
  if (line instanceof ParseFailure) return line
  const { log, stream, time, attrs } = line as JsonObject
  if (typeof log !== 'string' || typeof stream !== 'string' || typeof time !== 'string') {
    return new ParseFailure('syntax', 0)
  }
  const isWhole = log.endsWith('\n')
  const message = isWhole ? log.slice(0, log.endsWith('\r\n') ? -2 : -1) : log
  return objectOf({ time, stream, tag: isWhole ? 'F' : 'P', message, ...(attrs === undefined ? {} : { attrs }) })
}

/** A line of klog: `level`, `date` (month-day), `clock`, `thread`, `file`, `line`, `message`. */
export function parseKlog(text: string): Parsed {
  const match = klogPattern.exec(text)
  if (match === null) return new ParseFailure('syntax', 0)
  const [, level, month, day, clock, thread, file, line, message] = match
  return objectOf({
    level: level!,
    date: `${month!}-${day!}`,
    clock: clock!,
    thread: Number(thread),
    file: file!,
    line: Number(line),
    message: message!,
  })
}

/** A line of Apache's common or combined log; `time` becomes ISO 8601, and a request that is none stays `request`. */
export function parseAccess(text: string): Parsed {
  const match = accessPattern.exec(text)
  const month = match === null ? -1 : months.indexOf(match[5]!)
  if (match === null || month < 0) return new ParseFailure('syntax', 0)
  const [, client, identity, user, day, , year, clock, zone, request, status, bytes, referer, agent] = match
  const object = objectOf({
    client: client!,
    identity: orNull(identity!),
    user: orNull(user!),
    time: `${year!}-${String(month + 1).padStart(2, '0')}-${day!}T${clock!}${zone!}`,
    request: request!,
    status: Number(status),
    bytes: bytes === '-' ? null : Number(bytes),
  })
  const parts = requestPattern.exec(request!)
  if (parts !== null) Object.assign(object, { method: parts[1]!, path: parts[2]!, protocol: parts[3]! })
  if (referer !== undefined) Object.assign(object, { referer: orNull(referer), agent: orNull(agent!) })
  return object
}

/** A message of syslog in either form: `facility` and `severity` as numbers, `structured` as it is written. */
export function parseSyslog(text: string): Parsed {
  const priority = Number(priorityPattern.exec(text)?.[1] ?? NaN)
  if (!(priority <= lastPriority)) return new ParseFailure('syntax', 0)
  const head = { facility: priority >> 3, severity: priority & 7 }
  const modern = rfc5424Pattern.exec(text)
  if (modern !== null) {
    const [, time, host, app, pid, messageId, structured, message] = modern
    return objectOf({
      ...head,
      time: orNull(time!),
      host: orNull(host!),
      app: orNull(app!),
      pid: orNull(pid!),
      messageId: orNull(messageId!),
      structured: orNull(structured!),
      message: (message ?? '').replace(/^\u{feff}/u, ''),
    })
  }
  const old = rfc3164Pattern.exec(text)
  if (old === null) return new ParseFailure('syntax', 0)
  const [, time, host, app, pid, message] = old
  return objectOf({ ...head, time: time!, host: host!, app: app!, pid: pid ?? null, message: message! })
}

function orNull(text: string): string | null {
  return text === '-' ? null : text
}

function objectOf(fields: Readonly<Record<string, JsonValue>>): JsonObject {
  return Object.assign(emptyObject(), fields)
}
