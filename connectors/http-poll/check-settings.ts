// What a schema cannot say about the settings of an http-poll source.

import type { SettingProblem } from '../../core/connector/declaration.js'
import { rangeProblem } from '../../core/security/outgoing/address-ranges.js'
import { urlProblem } from '../../core/security/outgoing/outgoing-url.js'
import { pathProblem } from './body-path.js'
import { rankOf } from './rank.js'
import { namesIn } from './request-body.js'
import { type AuthSettings, type HttpPollSettings, type PaginationSettings, policyOf } from './settings.js'

/** What fits into memory beside what it is unpacked to. */
const mostBodyBytes = 64 * 1024 * 1024
/** A mistake in the file must not become an attack. */
const leastIntervalMs = 100

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const ownHeaders = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'content-type',
  'host',
  'if-modified-since',
  'if-none-match',
  'transfer-encoding',
])

type Complain = (path: readonly string[], message: string | undefined) => void

export function checkHttpPoll(settings: HttpPollSettings): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  const complain: Complain = (path, message) => {
    if (message !== undefined) problems.push({ path, message })
  }
  checkPlace(settings, complain)
  checkRequest(settings, complain)
  checkAnswer(settings, complain)
  if (settings.auth !== undefined) checkAuth(settings.auth, complain)
  if (settings.pagination !== undefined) checkPagination(settings, settings.pagination, complain)
  checkCursor(settings, complain)
  checkTimes(settings, complain)
  return problems
}

function checkPlace(settings: HttpPollSettings, complain: Complain): void {
  const ranges = settings.allowPrivate.map(rangeProblem)
  for (const [index, problem] of ranges.entries()) complain(['allowPrivate', String(index)], problem)
  const areRanges = ranges.every((problem) => problem === undefined)
  if (areRanges) complain(['url'], urlProblem(settings.url, policyOf(settings)))
  for (const [index, host] of settings.allowHosts.entries()) {
    const isHost = /^[^\s/:?#@\\]+$/.test(host) && URL.canParse(`https://${host}`)
    if (!isHost) complain(['allowHosts', String(index)], 'is no host; one looks like pages.example.com')
  }
}

function checkRequest({ method, headers, body, contentType, cursor }: HttpPollSettings, complain: Complain): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name)) complain(['headers', name], 'is no name of a header')
    else if (ownHeaders.has(name.toLowerCase())) complain(['headers', name], 'is set by the source itself')
    else if (!/^[\t -~\u0080-\u00ff]*$/.test(value)) complain(['headers', name], 'is no value of a header')
  }
  if (body === undefined) return
  if (method === 'GET') complain(['body'], 'is for the method "POST"')
  if (typeof body !== 'string' && !/json/i.test(contentType)) {
    complain(['contentType'], 'is not JSON: give `body` as a text')
  }
  const names = namesIn(body)
  if (names.has('since') && cursor === undefined) complain(['body'], '{since} needs "cursor"')
}

function checkAnswer(settings: HttpPollSettings, complain: Complain): void {
  for (const name of ['records', 'id', 'time'] as const) {
    const path = settings[name]
    if (path !== undefined) complain([name], pathProblem(path))
  }
  const { format, records, missingRecords, id, time, cursor, badRecords, maxBody } = settings
  if (format !== 'json' && records !== undefined) complain(['records'], 'is for the format "json"')
  if (missingRecords !== 'refuse' && records === undefined) complain(['missingRecords'], 'needs "records"')
  if (format === 'bytes') {
    const given = { id: id !== undefined, time: time !== undefined, cursor: cursor !== undefined }
    for (const [name, isGiven] of Object.entries(given)) {
      if (isGiven) complain([name], 'needs records of JSON: the format is "bytes"')
    }
    if (badRecords !== 'refuse') complain(['badRecords'], 'is not for the format "bytes"')
  }
  if (maxBody > mostBodyBytes || maxBody < 1) complain(['maxBody'], 'must be from 1B to 64MiB')
}

/** Which settings each scheme needs; the others belong to another one. */
const settingsOfScheme: Readonly<Record<AuthSettings['scheme'], readonly (keyof AuthSettings)[]>> = {
  bearer: ['token'],
  basic: ['user', 'password'],
  header: ['header', 'token'],
}

function checkAuth(auth: AuthSettings, complain: Complain): void {
  const needed = settingsOfScheme[auth.scheme]
  for (const name of ['token', 'header', 'user', 'password'] as const) {
    const isGiven = auth[name] !== undefined
    if (isGiven === needed.includes(name)) continue
    if (isGiven) complain(['auth', name], `does not belong to "${auth.scheme}"`)
    else complain(['auth'], `the scheme "${auth.scheme}" needs "${name}"`)
  }
  const name = auth.header?.toLowerCase()
  if (name === undefined) return
  if (!headerName.test(name)) complain(['auth', 'header'], 'is no name of a header')
  else if (ownHeaders.has(name) && name !== 'authorization') {
    complain(['auth', 'header'], 'is set by the source itself')
  }
}

/** Which settings belong to which kind of pagination, besides those of all. */
const settingsOfKind: Readonly<Record<PaginationSettings['by'], readonly (keyof PaginationSettings)[]>> = {
  link: ['path'],
  cursor: ['parameter', 'path', 'header', 'lastRecord'],
  page: ['parameter', 'first', 'size'],
  offset: ['parameter', 'first', 'size'],
}

function checkPagination(settings: HttpPollSettings, pagination: PaginationSettings, complain: Complain): void {
  const { by, path, header, lastRecord, size, keep, more, expired } = pagination
  for (const name of ['parameter', 'path', 'header', 'lastRecord', 'first', 'size'] as const) {
    if (pagination[name] !== undefined && !settingsOfKind[by].includes(name)) {
      complain(['pagination', name], `does not belong to "${by}"`)
    }
  }
  for (const name of ['path', 'lastRecord', 'more'] as const) {
    const text = pagination[name]
    if (text !== undefined) complain(['pagination', name], pathProblem(text))
  }
  const tokenPlaces = [path, header, lastRecord].filter((place) => place !== undefined).length
  if (by === 'cursor' && tokenPlaces !== 1) {
    complain(['pagination'], '"cursor" needs one of "path", "header" and "lastRecord"')
  }
  if (by === 'page' && keep && size === undefined) complain(['pagination', 'keep'], 'needs "size" with "page"')
  if (keep && settings.cursor !== undefined) {
    complain(['pagination', 'keep'], '"cursor" of the source says already where a round begins')
  }
  if (expired === 'restart' && (by === 'page' || by === 'offset')) {
    complain(['pagination', 'expired'], `does not belong to "${by}"`)
  }
  const readsBody = path !== undefined || more !== undefined
  if (settings.format !== 'json' && (readsBody || lastRecord !== undefined)) {
    complain(['pagination'], `the format "${settings.format}" has no place for what says where the next page is`)
  }
}

function checkCursor({ cursor, interval }: HttpPollSettings, complain: Complain): void {
  if (interval < leastIntervalMs) complain(['interval'], `must be at least ${leastIntervalMs}ms`)
  if (cursor === undefined) return
  const { path, type, initial, overlap } = cursor
  complain(['cursor', 'path'], pathProblem(path))
  if (overlap > 0 && type !== 'time') complain(['cursor', 'overlap'], 'is for the type "time"')
  if (initial !== undefined && rankOf({ text: initial, isNumber: false }, type) === undefined) {
    complain(['cursor', 'initial'], type === 'time' ? 'is no point in time' : 'is no number')
  }
}

function checkTimes({ timeout, retry }: HttpPollSettings, complain: Complain): void {
  if (timeout < 1) complain(['timeout'], 'must be at least 1ms')
  if (retry.first < leastIntervalMs) complain(['retry', 'first'], `must be at least ${leastIntervalMs}ms`)
  if (retry.longest < retry.first) complain(['retry', 'longest'], 'must not be shorter than "first"')
}
