// What an answer means: only what may pass by itself is tried again.

import { describe, expect, it } from 'vitest'
import type { TailraceError } from '../../../../core/errors/tailrace-error.js'
import { failureOf } from '../../../../connectors/lake/s3/failure.js'

const attempt = { action: 's3:PutObject', bucket: 'lake', endpoint: undefined, region: 'eu-central-1' }

function answer(status: number | undefined, name: string, code?: string): TailraceError {
  const error = Object.assign(new Error('no'), { name, code, $metadata: { httpStatusCode: status } })
  return failureOf(error, attempt) as TailraceError
}

describe('a failure of the store', () => {
  it.each([
    [200, 'SyntaxError', 's3_busy'],
    [408, '408', 's3_busy'],
    [429, 'TooManyRequests', 's3_busy'],
    [500, 'InternalError', 's3_busy'],
    [503, 'SlowDown', 's3_busy'],
    [501, 'NotImplemented', 's3_refused'],
    [501, '501', 's3_refused'],
    [400, 'InvalidRequest', 's3_refused'],
    [403, '403', 's3_denied'],
    [301, '301', 's3_region_wrong'],
  ])('of status %i, called %s, is %s', (status, name, code) => {
    expect(answer(status, name)).toMatchObject({ code })
  })

  it.each(['ECONNRESET', 'ECONNABORTED', 'ENETDOWN', 'EHOSTDOWN'])('on the way (%s) is waited for', (code) => {
    expect(answer(undefined, 'Error', code)).toMatchObject({ code: 's3_unreachable', retry: 'timed' })
  })
})
