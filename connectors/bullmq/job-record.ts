// The value of a record: a job as one JSON object, with BullMQ's own names.
//
// `data`, `returnvalue` and `stacktrace` are put in as the texts that the server holds, so that no digit is lost.

import type { JobEvent, StoredJob } from './event-stream.js'

export function recordValue(queue: string, { event, jobId, outcome, job }: JobEvent): Buffer {
  const fields = [`"event":${text(event)}`, `"queue":${text(queue)}`, `"id":${text(jobId)}`]
  const put = (name: string, json: string | undefined): void => {
    if (json !== undefined) fields.push(`"${name}":${json}`)
  }
  if (job === undefined) fields.push('"removed":true')
  put('name', quoted(job?.name))
  put('data', embedded(job?.data))
  put('timestamp', number(job?.timestamp))
  if (event === 'added') putPlan(put, job)
  else putOutcome(put, job)
  if (event === 'completed') put('returnvalue', embedded(outcome ?? job?.returnvalue))
  if (event === 'failed') {
    put('failedReason', quoted(outcome ?? job?.failedReason))
    put('stacktrace', embedded(job?.stacktrace))
  }
  return Buffer.from(`{${fields.join(',')}}`)
}

type Put = (name: string, json: string | undefined) => void

function putPlan(put: Put, job: StoredJob | undefined): void {
  put('delay', number(job?.delay))
  put('priority', number(job?.priority))
}

function putOutcome(put: Put, job: StoredJob | undefined): void {
  put('attemptsMade', number(job?.attemptsMade))
  put('processedOn', number(job?.processedOn))
  put('finishedOn', number(job?.finishedOn))
}

function text(value: string): string {
  return JSON.stringify(value)
}

function quoted(value: string | null | undefined): string | undefined {
  return typeof value === 'string' ? text(value) : undefined
}

/** As it is when it is JSON; else, as clients in other languages may write it, as a text. */
function embedded(json: string | null | undefined): string | undefined {
  if (typeof json !== 'string') return undefined
  try {
    JSON.parse(json)
    return json
  } catch {
    return text(json)
  }
}

function number(stored: string | null | undefined): string | undefined {
  return typeof stored === 'string' && /^-?\d{1,16}$/.test(stored) ? String(Number(stored)) : undefined
}
