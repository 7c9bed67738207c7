// Tells which SCRAM mechanisms users have, and with how many iterations. Null users stand for all.

import { array, int16, int32, int8, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const describeUserScramCredentialsApi = declareApi({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: '0',
  flexible: '0+',
  request: {
    users: array(
      struct('DescribeUserScramCredentialsRequestUser', {
        name: string('0+'),
      }),
      '0+',
      { nullable: '0+' },
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    results: array(
      struct('DescribeUserScramCredentialsResponseResult', {
        user: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        credentialInfos: array(
          struct('DescribeUserScramCredentialsResponseResultCredentialInfo', {
            mechanism: int8('0+'),
            iterations: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
