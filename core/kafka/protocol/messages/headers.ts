// The headers in front of every request and response.
//
// Requests have version 2 when the version of their body is flexible, else 1; version 0, without a client id, belonged
// to an API between brokers. Responses have version 1 and 0 in the same way, but ApiVersions always answers with 0: a
// client cannot know yet what the broker speaks. For the same reason the client id keeps its int16 length for ever.

import { int16, int32, message, string } from '../../../message/declare.js'

export const requestHeader = message(
  'RequestHeader',
  { versions: '1-2', flexible: '2+' },
  {
    requestApiKey: int16('0+'),
    requestApiVersion: int16('0+'),
    correlationId: int32('0+'),
    clientId: string('0+', { nullable: '0+', isNeverFlexible: true }),
  },
)

export const responseHeader = message(
  'ResponseHeader',
  { versions: '0-1', flexible: '1+' },
  { correlationId: int32('0+') },
)
