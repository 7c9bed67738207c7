import { defineErrors } from '../errors/tailrace-error.js'

/** What any engine may answer, whatever it stands on. */
export const engineErrors = defineErrors({
  unknown_topic: {
    retry: 'never',
    summary: 'The topic does not exist.',
    hint: 'List the topics with `tailrace topics list`.',
  },
  unknown_partition: {
    retry: 'never',
    summary: 'The topic has no such partition.',
    hint: 'Look at its number of partitions with `tailrace topics describe TOPIC`.',
  },
  topic_exists: {
    retry: 'never',
    summary: 'A topic of this name exists already.',
    hint: 'Choose another name, or alter the topic that exists.',
  },
  invalid_topic_name: {
    retry: 'never',
    summary: 'The name breaks the rules for topic names.',
    hint: 'Use 1 to 249 of the characters a-z A-Z 0-9 . _ - and neither "." nor "..".',
  },
  invalid_topic_setting: {
    retry: 'never',
    summary: 'A setting of a topic is out of its range.',
    hint: 'Correct the setting that the message names.',
  },
  internal_topic: {
    retry: 'never',
    summary: 'Internal topics are written by the product alone.',
    hint: 'Choose a topic whose name does not start with "__tailrace_".',
  },
  offset_out_of_range: {
    retry: 'manual',
    summary: 'The offset lies before the log start or beyond the end.',
    hint: 'Nothing is skipped by itself: decide where to go on with `tailrace groups reset`.',
  },
  corrupt_batch: {
    retry: 'never',
    summary: 'The batch to append is not a valid record batch.',
    hint: 'The producer sent bytes that are not a whole, intact record batch of format v2.',
  },
  batch_too_large: {
    retry: 'never',
    summary: 'The batch is larger than its topic takes.',
    hint: 'Make smaller batches, or raise maxBatchBytes of the topic.',
  },
  out_of_order_sequence: {
    retry: 'never',
    summary: 'A batch of an idempotent producer does not follow the one before it.',
    hint: 'Batches before it are missing or are refused as well: send those first, or start over with the next epoch.',
  },
  invalid_producer_epoch: {
    retry: 'never',
    summary: 'A newer run of the producer has written to the partition.',
    hint: 'The older run has to stop, or to ask for a new producer id.',
  },
  unknown_transaction: {
    retry: 'never',
    summary: 'The transactional id is not known, or the producer id is not the one that it has.',
    hint: 'Ask for a producer id of the transactional id first; one that was not used for seven days is forgotten.',
  },
  producer_fenced: {
    retry: 'never',
    summary: 'A newer producer holds the transactional id, or the transaction was open for too long and is aborted.',
    hint: 'Stop the older producer, or start it anew; give each running one a transactional id of its own.',
  },
  invalid_transaction_state: {
    retry: 'never',
    summary: 'The transaction is not in a state that allows this.',
    hint: 'Begin a transaction and name its partitions and groups before writing to them; abort what failed.',
  },
  invalid_transactional_id: {
    retry: 'never',
    summary: 'A transactional id is empty or too long.',
    hint: 'Use 1 to 255 bytes.',
  },
  invalid_transaction_timeout: {
    retry: 'never',
    summary: 'The time-out of a transaction is out of range.',
    hint: 'Choose 1 ms to 15 min.',
  },
  transaction_limit: {
    retry: 'manual',
    summary: 'A bound of transactions is reached: transactional ids, partitions or offsets of one transaction.',
    hint: 'Use fewer transactional ids (idle ones are forgotten after seven days), or smaller transactions.',
  },
  append_too_large: { retry: 'never', summary: 'One append may hold 8 MiB of batches.', hint: 'Split the append.' },
  damaged: {
    retry: 'manual',
    summary: 'Bytes on disk do not match their checksum and are not served.',
    hint: 'Look at the place with `tailrace log verify DIR`; the other partitions go on.',
  },
  log_disk_full: {
    retry: 'timed',
    summary: 'The disk has no room for a safe append.',
    hint: 'Free space, or lower the retention of topics; appends go on by themselves.',
  },
  budget_used: {
    retry: 'timed',
    summary: 'The disk budget is used up by records that sinks still need.',
    hint: 'Bring the slowest sink forward, raise the budget, or remove the sink.',
  },
  engine_stopped: {
    retry: 'manual',
    summary: 'The log stopped and takes no more calls.',
    hint: 'Look at the reason that was logged, correct it, and start again.',
  },
  state_fenced: {
    retry: 'never',
    summary: 'A newer run of the connector owns its state.',
    hint: 'The older run has to stop; nothing of it was written.',
  },
  state_key_unknown: {
    retry: 'never',
    summary: 'The key of a state record was written by a later release.',
    hint: 'Start the release that wrote the data directory, or a later one.',
  },
  unknown_group: {
    retry: 'never',
    summary: 'The group does not exist.',
    hint: 'List the groups with `tailrace groups list`.',
  },
  invalid_group: {
    retry: 'never',
    summary: 'The name of a group is empty or too long.',
    hint: 'Use 1 to 255 bytes.',
  },
  group_limit: {
    retry: 'manual',
    summary: 'A bound of consumer groups is reached: groups, members, offsets, or bytes of metadata.',
    hint: 'Stop members, or delete groups that nobody needs.',
  },
  group_not_empty: { retry: 'manual', summary: 'The group has members.', hint: 'Stop its consumers first.' },
  unknown_member: {
    retry: 'never',
    summary: 'The group does not know this member (any more).',
    hint: 'Join again as a new member.',
  },
  illegal_generation: {
    retry: 'never',
    summary: 'The generation is not the current one of the group.',
    hint: 'Join again; what an old generation wants to commit is refused.',
  },
  rebalance_in_progress: { retry: 'timed', summary: 'The group rebalances.', hint: 'Join again.' },
  fenced_instance: {
    retry: 'never',
    summary: 'Another member took over this instance id.',
    hint: 'Give each running instance an id of its own.',
  },
  inconsistent_protocol: {
    retry: 'never',
    summary: 'The member shares no protocol with the group.',
    hint: 'Configure the same assignor in all members.',
  },
  invalid_session_timeout: {
    retry: 'never',
    summary: 'The session time-out is out of range.',
    hint: 'Choose 1 s to 30 min.',
  },
  invalid_commit: {
    retry: 'never',
    summary: 'An offset to commit is negative or its metadata too long.',
    hint: 'Commit offsets from 0, with at most 4096 characters of metadata.',
  },
})
