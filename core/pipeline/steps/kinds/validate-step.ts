// Lets records go on whose value fits a JSON Schema. ajv compiles the schema of the file, which its owner wrote; the
// values of records are only ever looked at.

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { messageOf } from '../../../errors/tailrace-error.js'
import type { RecordStep } from '../record-step.js'
import { stepErrors } from './errors.js'

const mostFaults = 5

/** `where` names the schema in messages. Errors: schema_unusable; of a record: value_not_object, schema_violated. */
export function validateStep(schema: Readonly<Record<string, unknown>>, where: string): RecordStep {
  const validate = compile(schema, where)
  return {
    apply(record, onward) {
      if (validate(record.fields())) return onward()
      throw stepErrors.make('schema_violated', describe(validate.errors ?? []))
    },
  }
}

function compile(schema: Readonly<Record<string, unknown>>, where: string): ValidateFunction {
  try {
    return new Ajv({ allErrors: false, strict: false, validateFormats: false }).compile(schema)
  } catch (cause) {
    throw stepErrors.make('schema_unusable', `${where}: ${messageOf(cause)}`, { cause })
  }
}

function describe(errors: readonly ErrorObject[]): string {
  const faults = errors.slice(0, mostFaults).map(({ instancePath, message }) => {
    return `${instancePath === '' ? 'the value' : instancePath.slice(1).replaceAll('/', '.')} ${message ?? 'does not fit'}`
  })
  return faults.join('; ')
}
