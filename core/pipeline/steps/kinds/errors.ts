import { defineErrors } from '../../../errors/tailrace-error.js'

/** What the steps without state may answer. */
export const stepErrors = defineErrors({
  step_value: {
    retry: 'never',
    summary: 'A step cannot use what stands in a record.',
    hint: 'Convert or set the field before this step, or leave such records out with a filter.',
  },
  step_field_taken: {
    retry: 'never',
    summary: 'A step would put two values into one field.',
    hint: 'Choose another separator or prefix, or drop or rename one of the fields before this step.',
  },
  route_unknown: {
    retry: 'never',
    summary: 'A route step gave a topic that is not among its topics.',
    hint: 'Name the topic in `topics` of the step, or say with `otherwise` where such records go.',
  },
  schema_violated: {
    retry: 'never',
    summary: 'A value does not fit the JSON Schema of a validate step.',
    hint: 'Correct the producer, or the schema if it is too narrow; then replay the record.',
  },
  schema_unusable: {
    retry: 'manual',
    summary: 'The JSON Schema of a validate step cannot be read or used.',
    hint: 'Correct the schema: JSON Schema draft-07, without references to other files.',
  },
  module_unusable: {
    retry: 'manual',
    summary: 'The module of a step cannot be loaded.',
    hint: 'Look at the cause: the file must be a JavaScript module (.mjs, .js), or TypeScript (.ts) where Node strips types (22.18 or newer), and export the function.',
  },
  module_failed: {
    retry: 'never',
    summary: 'The module of a step failed for a record, or gave back what is no record.',
    hint: 'The function returns the record, changed or not, or null to leave it out; it must not be async.',
  },
})
