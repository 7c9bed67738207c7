// Chooses a SASL mechanism. After version 0 the mechanism's tokens follow without headers, after 1 in SaslAuthenticate.

import { array, int16, string } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const saslHandshakeApi = declareApi({
  key: 17,
  name: 'SaslHandshake',
  versions: '0-1',
  flexible: 'none',
  request: {
    mechanism: string('0+'),
  },
  response: {
    errorCode: int16('0+'),
    mechanisms: array('string', '0+'),
  },
})
