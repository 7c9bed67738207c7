import { defineErrors } from '../../../errors/tailrace-error.js'

/** What steps with state may answer. */
export const statefulErrors = defineErrors({
  step_key_too_large: {
    retry: 'never',
    summary: 'The key of a record for a step with state is too large.',
    hint: 'Choose a shorter key for the step: it is held in memory and in the state for as long as it counts.',
  },
  step_key_missing: {
    retry: 'never',
    summary: 'A step that goes by the key of records got one without a key.',
    hint: 'Give the step an expression as its `key`, or records a key before it.',
  },
  step_time_missing: {
    retry: 'never',
    summary: 'A step that works by time got a record without a time.',
    hint: 'Give records a time before this step, with `parse` or `convert`, or let the producer set it.',
  },
  throttled: {
    retry: 'never',
    summary: 'A record was beyond the limit of a throttle step.',
    hint: 'Raise the limit, or replay the record when there is room.',
  },
  lookup_missing: {
    retry: 'never',
    summary: 'The table of a lookup step has nothing for a record.',
    hint: 'Bring the row into the table and replay the record, or choose another `missing`.',
  },
  lookup_too_large: {
    retry: 'manual',
    summary: 'The table of a lookup step does not fit into the memory that it may take.',
    hint: 'Raise maxBytes of the step, or look up in a topic that holds less.',
  },
  aggregate_value: {
    retry: 'never',
    summary: 'A value cannot be aggregated by the function that is to take it.',
    hint: 'Convert the field before the step, or leave such records out with a filter.',
  },
  aggregate_full: {
    retry: 'never',
    summary: 'A step holds as many open windows and groups as it may.',
    hint: 'Raise maxGroups, group by less, or choose shorter windows or less lateness.',
  },
  distinct_full: {
    retry: 'never',
    summary: 'One window of one group has seen as many different values as it may.',
    hint: 'Raise maxDistinct of the step, or count distinct values of a coarser expression.',
  },
})
