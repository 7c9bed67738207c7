// Steps for the tests of those who run steps.

import { defineErrors } from '../../../../core/errors/tailrace-error.js'
import { fieldPath } from '../../../../core/pipeline/steps/field-path.js'
import type { RecordStep } from '../../../../core/pipeline/steps/record-step.js'

const stepErrors = defineErrors({
  number_unlucky: { retry: 'never', summary: 'The number is unlucky.', hint: 'Choose another.' },
})

const number = fieldPath('number')
const secret = fieldPath('secret')

/** Leaves out even numbers. */
export const onlyOdd: RecordStep = {
  apply(record, onward) {
    if (Number(record.field(number)) % 2 === 1) onward()
  },
}

export const plusOne: RecordStep = {
  apply(record, onward) {
    record.setField(number, Number(record.field(number)) + 1)
    onward()
  },
}

/** Fails 13. */
export const unlucky: RecordStep = {
  apply(record, onward) {
    if (record.field(number) === 13) throw stepErrors.make('number_unlucky', 'it is 13')
    onward()
  },
}

export const withoutSecret: RecordStep = {
  redacts: true,
  apply(record, onward) {
    record.removeField(secret)
    onward()
  },
}

/** Sends large numbers elsewhere. */
export const routed: RecordStep = {
  apply(record, onward) {
    if (Number(record.field(number)) > 100) record.to = 'large'
    onward()
  },
}
