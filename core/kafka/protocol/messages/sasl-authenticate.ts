// Carries one token of a SASL exchange; from version 1 on the answer tells how long the session may last.

import { bytes, int16, int64, string } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const saslAuthenticateApi = declareApi({
  key: 36,
  name: 'SaslAuthenticate',
  versions: '0-2',
  flexible: '2+',
  request: {
    authBytes: bytes('0+'),
  },
  response: {
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    authBytes: bytes('0+'),
    sessionLifetimeMs: int64('1+'),
  },
})
