import { defineErrors } from '../errors/tailrace-error.js'

/** What the runtime of pipelines may answer, besides what engines and connectors say. */
export const pipelineErrors = defineErrors({
  offset_beyond_end: {
    retry: 'manual',
    summary: 'A sink stands at an offset that the log does not have yet.',
    hint: 'The log was replaced or cut behind its sink. Compare the two, then decide with `tailrace groups reset`.',
  },
  fewer_partitions: {
    retry: 'never',
    summary: 'The file gives a topic fewer partitions than it has.',
    hint: 'Partitions are never taken away: state at least the number the topic has, or write into a new topic.',
  },
  topic_settings_conflict: {
    retry: 'never',
    summary: 'Two pipelines declare one topic differently.',
    hint: 'Declare the topic in one of the files only, or alike in both.',
  },
  dead_letter_topic_too_small: {
    retry: 'never',
    summary: 'The dead-letter topic takes batches too small for a dead letter.',
    hint: 'Raise maxBatch of the dead-letter topic to 64KiB or more.',
  },
  dead_letter_topic_taken: {
    retry: 'never',
    summary: 'What a source writes would go to its own dead-letter topic.',
    hint: 'Give the edge another dead-letter topic, or another template in `to`.',
  },
  spool_full: {
    retry: 'timed',
    summary: 'The temporary files of a source have reached their limit.',
    hint: 'Raise the limit in the settings of the source, or make the transactions smaller that wait there.',
  },
  engine_lacks: {
    retry: 'never',
    summary: 'The engine cannot do what the pipeline asks for.',
    hint: 'Choose another engine (--engine), or take what the message names out of the file.',
  },
  transform_not_alone: {
    retry: 'timed',
    summary: 'Somebody else is a member of the group of a transform.',
    hint: 'Stop the consumer that uses the name of the transform as its group; the transform goes on by itself.',
  },
  offsets_moved: {
    retry: 'never',
    summary: 'The offsets of a transform were moved, and its state belongs to where it was.',
    hint: 'Reset the group to the offset that the message names, or give the steps with state another `name`: then they begin with nothing.',
  },
  step_changed: {
    retry: 'never',
    summary: 'What a step remembers was made by another definition of it.',
    hint: 'Restore the definition, or give the step another `name`: then it begins with nothing, and what it held is forgotten.',
  },
  no_dead_letter_topic: {
    retry: 'manual',
    summary: 'A record cannot be used, and its edge has no dead-letter topic.',
    hint: 'Name a topic under onError.deadLetter of the edge or of defaults, or correct the record at its origin.',
  },
  state_unreadable: {
    retry: 'never',
    summary: 'What a connector remembered is no JSON.',
    hint: 'Another version or program wrote it. Look at it with `tailrace doctor` before you go on.',
  },
  state_not_json: {
    retry: 'never',
    summary: 'A connector wants to remember something that JSON cannot hold.',
    hint: 'This is a mistake in the connector: report it with the message.',
  },
  state_view_only: {
    retry: 'never',
    summary: 'State that is only looked at was to be changed.',
    hint: 'This is a mistake in the connector: `examine` changes nothing.',
  },
  ingest_busy: {
    retry: 'timed',
    summary: 'As much as may be is on its way into the log.',
    hint: 'Send again after a moment.',
  },
  connector_failed: {
    retry: 'manual',
    summary: 'A connector failed with an error that it did not classify.',
    hint: 'The cause says what happened. The connector is started again by itself, ever more slowly.',
  },
  connector_hangs: {
    retry: 'manual',
    summary: 'A connector did not end in the time it was given.',
    hint: 'What it had not made durable is repeated at the next start; nothing is lost.',
  },
  value_not_object: {
    retry: 'never',
    summary: 'A step looks into a value that is no JSON object.',
    hint: 'Parse the value before this step, or leave such records out with a filter over `raw`.',
  },
  parse_not_json: {
    retry: 'never',
    summary: 'The value is no JSON object.',
    hint: 'Correct the producer, or let such records pass with parse.onFail "keep".',
  },
  parse_not_logfmt: {
    retry: 'never',
    summary: 'The value is not logfmt.',
    hint: 'Correct the producer, or let such records pass with parse.onFail "keep".',
  },
  parse_not_log_line: {
    retry: 'never',
    summary: 'The value is not a line of the log format that `parse` names.',
    hint: 'Correct the producer, or let such records pass with parse.onFail "keep".',
  },
  parse_not_csv: {
    retry: 'never',
    summary: 'The value is not one row of CSV with the fields that `parse.columns` names.',
    hint: 'Correct the producer or the columns, or let such records pass with parse.onFail "keep".',
  },
  parse_not_matched: {
    retry: 'never',
    summary: 'The pattern of parse does not match the value.',
    hint: 'Correct the pattern, or let such records pass with parse.onFail "keep".',
  },
})
