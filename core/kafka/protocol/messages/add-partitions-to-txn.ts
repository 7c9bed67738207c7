// Adds partitions to a transaction: of one producer up to version 3, of several, asked by brokers, from 4 on.

import { array, bool, int16, int32, int64, string, struct } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const addPartitionsToTxnApi = declareApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: '0-5',
  flexible: '3+',
  request: {
    transactions: array(
      struct('AddPartitionsToTxnRequestTransaction', {
        transactionalId: string('4+'),
        producerId: int64('4+'),
        producerEpoch: int16('4+'),
        verifyOnly: bool('4+'),
        topics: array(
          struct('AddPartitionsToTxnRequestTransactionTopic', {
            name: string('0+'),
            partitions: array('int32', '0+'),
          }),
          '4+',
        ),
      }),
      '4+',
    ),
    v3AndBelowTransactionalId: string('0-3'),
    v3AndBelowProducerId: int64('0-3'),
    v3AndBelowProducerEpoch: int16('0-3'),
    v3AndBelowTopics: array(
      struct('AddPartitionsToTxnRequestV3AndBelowTopic', {
        name: string('0+'),
        partitions: array('int32', '0+'),
      }),
      '0-3',
    ),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('4+'),
    resultsByTransaction: array(
      struct('AddPartitionsToTxnResponseResultsByTransaction', {
        transactionalId: string('4+'),
        topicResults: array(
          struct('AddPartitionsToTxnResponseResultsByTransactionTopicResult', {
            name: string('0+'),
            resultsByPartition: array(
              struct('AddPartitionsToTxnResponseResultsByTransactionTopicResultResultsByPartition', {
                partitionIndex: int32('0+'),
                partitionErrorCode: int16('0+'),
              }),
              '0+',
            ),
          }),
          '4+',
        ),
      }),
      '4+',
    ),
    resultsByTopicV3AndBelow: array(
      struct('AddPartitionsToTxnResponseResultsByTopicV3AndBelow', {
        name: string('0+'),
        resultsByPartition: array(
          struct('AddPartitionsToTxnResponseResultsByTopicV3AndBelowResultsByPartition', {
            partitionIndex: int32('0+'),
            partitionErrorCode: int16('0+'),
          }),
          '0+',
        ),
      }),
      '0-3',
    ),
  },
})
