// Sets and deletes SCRAM credentials; a password travels salted.

import { array, bytes, int16, int32, int8, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const alterUserScramCredentialsApi = declareApi({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    deletions: array(
      struct('AlterUserScramCredentialsRequestDeletion', {
        name: string('0+'),
        mechanism: int8('0+'),
      }),
      '0+',
    ),
    upsertions: array(
      struct('AlterUserScramCredentialsRequestUpsertion', {
        name: string('0+'),
        mechanism: int8('0+'),
        iterations: int32('0+'),
        salt: bytes('0+'),
        saltedPassword: bytes('0+'),
      }),
      '0+',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('AlterUserScramCredentialsResponseResult', {
        user: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      }),
      '0+',
    ),
  },
})
