import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What a Postgres source or sink may answer. */
export const postgresErrors = defineErrors({
  // Reaching a server and logging in
  postgres_url_invalid: {
    retry: 'manual',
    summary: 'The connection URL cannot be used.',
    hint: 'Write it as postgres://USER:PASSWORD@HOST:5432/DATABASE; characters such as @ or / in the password are percent-encoded.',
  },
  postgres_unreachable: {
    retry: 'timed',
    summary: 'No server answers at the address.',
    hint: 'Check host, port and firewall. It is tried again by itself; nothing is lost meanwhile.',
  },
  postgres_not_ready: {
    retry: 'timed',
    summary: 'The server is starting, stopping or in recovery.',
    hint: 'It is tried again by itself. If it lasts, look at the log of the server.',
  },
  postgres_connection_lost: {
    retry: 'timed',
    summary: 'The connection to the server ended.',
    hint: 'It is opened again by itself, and goes on where the log stands.',
  },
  postgres_too_many_connections: {
    retry: 'timed',
    summary: 'The server accepts no more connections.',
    hint: 'Raise max_connections (for a source also max_wal_senders), or close other sessions. It is tried again by itself.',
  },
  postgres_login_refused: {
    retry: 'manual',
    summary: 'The server refuses the login.',
    hint: 'Check user and password, that the role exists and has LOGIN, and that pg_hba.conf lets it in from here.',
  },
  postgres_database_missing: {
    retry: 'manual',
    summary: 'The database of the URL does not exist.',
    hint: 'Create the database, or name another one in the URL.',
  },
  postgres_tls_unavailable: {
    retry: 'manual',
    summary: 'The server does not offer TLS.',
    hint: 'Switch `ssl` on in the server, or take sslmode out of the URL when the way to it is safe.',
  },
  postgres_tls_untrusted: {
    retry: 'manual',
    summary: 'The certificate of the server is not trusted.',
    hint: 'Add sslrootcert=/path/to/ca.pem to the URL and use the name that stands in the certificate. sslmode=no-verify encrypts without checking who answers.',
  },
  postgres_server_unsupported: {
    retry: 'manual',
    summary: 'The version of the server is not supported.',
    hint: 'PostgreSQL 14 to 18 are supported.',
  },
  postgres_permission_denied: {
    retry: 'manual',
    summary: 'The role lacks a right.',
    hint: 'Grant the role what the message names. A source needs LOGIN, REPLICATION and SELECT on its tables.',
  },
  postgres_read_only: {
    retry: 'timed',
    summary: 'The server takes no writes: it is a standby, or was made read only.',
    hint: 'Point the URL to the primary. After a failover it is tried again by itself.',
  },
  postgres_protocol_violation: {
    retry: 'manual',
    summary: 'The server sent what the protocol does not know.',
    hint: 'Is there a proxy in between? Connect to the server itself. Otherwise report this with the version of the server.',
  },

  // Names
  postgres_name_invalid: {
    retry: 'manual',
    summary: 'The text is not a name that Postgres can hold.',
    hint: 'A name has 1 to 63 bytes and no NUL. Names that need it are quoted: public."Odd.Name".',
  },
  postgres_table_missing: {
    retry: 'manual',
    summary: 'A table does not exist.',
    hint: 'Check the spelling (names are taken as they are written) and the schema.',
  },
  postgres_snapshot_table_altered: {
    retry: 'timed',
    summary: 'A table has other columns than when the reading of its snapshot began.',
    hint: 'Nothing is to be done: the source starts again by itself and goes on with the columns as they are now.',
  },
  postgres_column_missing: {
    retry: 'manual',
    summary: 'A column does not exist.',
    hint: 'Check the spelling, or add the column.',
  },

  // Logical replication
  postgres_no_logical_wal: {
    retry: 'manual',
    summary: 'The server does not write what logical replication needs.',
    hint: 'Set wal_level = logical and restart the server; managed services call it logical replication.',
  },
  postgres_slot_in_use: {
    retry: 'timed',
    summary: 'Another process reads from the replication slot.',
    hint: 'Each source needs a slot of its own. Our own connection of before may not have ended yet: it is tried again by itself.',
  },
  postgres_slot_missing: {
    retry: 'manual',
    summary: 'The replication slot does not exist.',
    hint: 'Create it, or set "create": true.',
  },
  postgres_slot_exists: {
    retry: 'manual',
    summary: 'A replication slot of this name exists already.',
    hint: 'Choose another name, or drop the slot when nobody needs it: SELECT pg_drop_replication_slot(NAME).',
  },
  postgres_slot_invalidated: {
    retry: 'manual',
    summary: 'The server has given up the replication slot: changes that were not read are gone.',
    hint: 'Raise max_slot_wal_keep_size, drop the slot, and start again with a snapshot under a new slot.',
  },
  postgres_slot_ahead: {
    retry: 'manual',
    summary: 'The replication slot stands ahead of the log: the server will not send what lies between.',
    hint: 'Was the data directory restored from a backup, or did another process read the slot? Start again with a snapshot under a new slot.',
  },
  postgres_slots_exhausted: {
    retry: 'manual',
    summary: 'The server has no free replication slot.',
    hint: 'Raise max_replication_slots, or drop slots that nobody reads.',
  },
  postgres_publication_missing: {
    retry: 'manual',
    summary: 'The publication does not exist.',
    hint: 'Create it, or set "create": true.',
  },

  // Statements
  postgres_transaction_conflict: {
    retry: 'timed',
    summary:
      'The transaction collided with another one: a deadlock, a failed serialization or a lock that was not free.',
    hint: 'It is done again by itself. If it happens all the time, look for long transactions on the same tables.',
  },
  postgres_statement_cancelled: {
    retry: 'timed',
    summary: 'The server or an operator cancelled a statement.',
    hint: 'It is done again by itself. If it is always too slow, look at statement_timeout and at the plan of the statement.',
  },
  postgres_resources_exhausted: {
    retry: 'timed',
    summary: 'The server is out of disk, memory or another resource.',
    hint: 'Free what the message names. It is tried again by itself.',
  },
  postgres_value_refused: {
    retry: 'never',
    summary: 'The server refuses a value.',
    hint: 'The value does not fit the type of its column.',
  },
  postgres_constraint_violated: {
    retry: 'never',
    summary: 'A row breaks a constraint.',
    hint: 'Correct the row or the constraint that the message names.',
  },
  postgres_server_failed: {
    retry: 'timed',
    summary: 'The server met an error of its own.',
    hint: 'Look at the log of the server. It is tried again by itself.',
  },
  postgres_server_damaged: {
    retry: 'manual',
    summary: 'The server found its own files damaged.',
    hint: 'Look at the log of the server and repair or restore it first.',
  },
  postgres_statement_refused: {
    retry: 'manual',
    summary: 'The server refuses a statement.',
    hint: 'The message says why. Correct the settings or the database, then start again.',
  },
  postgres_column_rule_unfit: {
    retry: 'manual',
    summary: 'A column that is to be left out, hashed or masked cannot be, or is not there.',
    hint: 'Correct the options of the table; after a column was renamed or dropped they have to follow. Columns of the key can be hashed.',
  },

  // The source
  postgres_slot_foreign: {
    retry: 'manual',
    summary: 'The replication slot is not one that the source may read.',
    hint: 'Name another slot, or set the mode of the snapshot to "never" if the slot was made for this source.',
  },
  postgres_other_database: {
    retry: 'manual',
    summary: 'What is remembered of the stream belongs to another database or another slot.',
    hint: 'Correct the url. To read a restored or new database from its beginning, give the source a new id and a new slot.',
  },
  postgres_publication_lacks: {
    retry: 'manual',
    summary: 'The publication does not send what the settings ask for.',
    hint: 'Alter the publication, or the settings.',
  },
  postgres_filter_unsupported: {
    retry: 'manual',
    summary: 'The server cannot filter rows in a publication.',
    hint: 'Row filters need PostgreSQL 15. Leave out "where", or upgrade the server.',
  },
  postgres_identity_missing: {
    retry: 'manual',
    summary: 'Published like this, the server would refuse updates and deletes of a table.',
    hint: "Add a primary key, or run ALTER TABLE … REPLICA IDENTITY FULL. To read inserts only, make a publication with publish = 'insert' yourself.",
  },
  postgres_identity_not_full: {
    retry: 'manual',
    summary: 'A table goes into a compacted topic, but its updates do not carry whole rows.',
    hint: 'Run ALTER TABLE … REPLICA IDENTITY FULL, or let the topic keep all records ("cleanup": "delete").',
  },
  postgres_topic_unfit: {
    retry: 'manual',
    summary: 'The name of a table cannot be part of the name of a topic.',
    hint: 'Topics are named with a-z A-Z 0-9 . _ - only: give the table a source of its own with a fixed "to".',
  },
  postgres_stream_changed: {
    retry: 'manual',
    summary: 'The server does not go on with the transaction of which the log holds a part.',
    hint: 'Was the slot moved or made anew by hand? Start again with a snapshot under a new source id and slot.',
  },
  postgres_state_unknown: {
    retry: 'manual',
    summary: 'What the source remembers was not written by this release.',
    hint: 'Start the release that wrote it, or a later one.',
  },
  postgres_spool_crowded: {
    retry: 'timed',
    summary: 'More large transactions run at the same time than the source keeps apart.',
    hint: 'It is tried again by itself. Set "streaming": false to let the server hold them back, or raise its logical_decoding_work_mem.',
  },
  postgres_spool_damaged: {
    retry: 'timed',
    summary: 'A spool file was changed or cut by somebody else.',
    hint: 'Keep others out of the data directory. The source reads the transaction again by itself.',
  },

  // The sink
  postgres_sink_fenced: {
    retry: 'manual',
    summary: 'Another run of the sink has taken over, or its row in the target was changed by hand.',
    hint: 'Does a copy of the data directory run somewhere else? Stop one of the two. Nothing was written twice.',
  },
  postgres_text_has_nul: {
    retry: 'never',
    summary: 'A text holds the character U+0000, which no text in Postgres can hold.',
    hint: 'Clean the record on its way in, or look at it in the dead-letter topic.',
  },
  postgres_record_unfit: {
    retry: 'never',
    summary: 'The record is not one that the sink can write.',
    hint: 'The message says what it lacks. Records of another kind need another mode, or a transform before the sink.',
  },
  postgres_target_unfit: {
    retry: 'manual',
    summary: 'A table of the target cannot take the rows.',
    hint: 'Alter the table as the message says.',
  },
  postgres_truncate_refused: {
    retry: 'never',
    summary: 'The source truncated a table, and the sink is set to take that for a failure.',
    hint: 'Set "truncates" to "apply" or "ignore" to go on without.',
  },
  postgres_truncate_partitioned: {
    retry: 'manual',
    summary: 'A truncate came through a topic with several partitions, where it has no place among their records.',
    hint: 'Set "truncates" to "ignore" and truncate the target by hand, or send the table through a topic with one partition.',
  },
  postgres_transactions_partitioned: {
    retry: 'manual',
    summary: 'Whole transactions are to be applied, but the sink reads more than one partition.',
    hint: 'Send the changes through one topic with one partition, or set "apply" to "records".',
  },
})
