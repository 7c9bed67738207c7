// Bugs to plant, one at a time, into a compiled copy of the product: what the simulation must find, or it proves
// nothing. Each is a textual change of one file at a place that occurs once; a place that moved fails the proof.

export interface PlantedBug {
  readonly name: string
  /** What is to find it: the run of all operations when left out. */
  readonly run?: 'transactions'
  /** Below the compiled tree. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

const committer = 'core/log/committer.js'
const checkpointer = 'core/log/checkpointer.js'
const recovery = 'core/log/recovery.js'
const scan = 'core/log/journal-scan.js'
const journal = 'core/log/journal.js'
const partitionLog = 'core/log/partition-log.js'
const openAndAborted = 'core/record/partition-transactions.js'
const transactionCoordinator = 'core/transactions/transaction-coordinator.js'

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'answers before the sync',
    file: committer,
    find: 'await this.#sync();\n    }',
    replace:
      'for (const ticket of tickets) { ticket.request.onDurable?.(); ticket.resolve(ticket.placed); } for (const [log, place] of places) log.setDurable(place); await this.#sync();\n    }',
  },
  {
    name: 'answers after a sync that began before the write',
    file: committer,
    find: 'const written = journal.write(bytes, sequence);',
    replace:
      'const early = journal.sync(); const written = journal.write(bytes, sequence); journal.sync = () => early;',
  },
  {
    name: 'counts frames as durable while their sync is under way',
    file: committer,
    find: 'await synced;',
    replace: '',
  },
  {
    name: 'moves the high watermark at the write',
    file: committer,
    find: 'log.setWritten(place);',
    replace: 'log.setDurable(place);',
  },
  {
    name: 'tries a failed sync again',
    file: committer,
    find: 'const synced = journal.sync();',
    replace: 'const synced = journal.sync().catch(() => journal.sync());',
  },
  {
    name: 'does not sync the file that the journal leaves',
    file: journal,
    find: 'await this.current.file.datasync();\n        await this.#putToUse(sequence);',
    replace: 'await this.#putToUse(sequence);',
  },
  {
    name: 'writes a checkpoint without syncing segments',
    file: checkpointer,
    find: 'if (segment.syncedBytes < bytes)\n                await syncUnlessGone(segment);',
    replace: 'segment.syncedBytes = bytes;',
  },
  {
    name: 'does not sync the checkpoint slot',
    file: 'core/log/checkpoint.js',
    find: 'await file.datasync();',
    replace: '',
  },
  {
    name: 'does not sync the directory of a checkpoint slot',
    file: 'core/log/checkpoint.js',
    find: 'await files.syncDirectory(layout.root);',
    replace: '',
  },
  {
    name: 'does not check bodies of frames in recovery',
    file: scan,
    find: '!header.epoch.equals(epoch) ||\n                !isBodyIntact(bytes, position, header))',
    replace: '!header.epoch.equals(epoch))',
  },
  {
    name: 'does not check sequences in recovery',
    file: scan,
    find: 'header.sequence !== sequence ||\n                !header.epoch.equals(epoch) ||',
    replace: '',
  },
  {
    name: 'takes damage below a durable mark for the tail',
    file: scan,
    find: 'const damage = shown.durable >= sequence ? shown : undefined;',
    replace: 'const damage = undefined;',
  },
  {
    name: 'does not write again above the checkpoint',
    file: recovery,
    find: 'rewriter.write(entry, frame.bytes);',
    replace: 'undefined;',
  },
  {
    name: 'does not sync what recovery wrote',
    file: recovery,
    find: 'await rewriter.sync();',
    replace: '',
  },
  {
    name: 'cuts a segment one byte short in recovery',
    file: 'core/log/partition-files.js',
    find: 'await file.truncate(bytes);',
    replace: 'await file.truncate(bytes - 1);',
  },
  {
    name: 'does not cut segments in recovery',
    file: 'core/log/partition-files.js',
    find: 'await file.truncate(bytes);',
    replace: '',
  },
  {
    name: 'retention ignores what a consumer needs',
    file: 'core/engine/embedded/maintenance.js',
    find: "const neededOffset = Math.min(log.stableOffset('durable'), this.#options.neededOffset(topic, partition));",
    replace: "const neededOffset = log.stableOffset('durable');",
  },
  {
    name: 'accepts commits of an older generation',
    file: 'core/coordination/group.js',
    find: 'export function checkGeneration(group, generation) {',
    replace:
      'export function checkGeneration(group, generation) {\n    if (generation < group.metadata.generation) return;',
  },
  {
    name: 'splits an append into two frames',
    file: 'core/engine/embedded/embedded-engine.js',
    find: 'const placed = await this.#store.submit({\n            batches,',
    replace:
      "if (batches.length > 1) await this.#store.submit({ batches: [batches.pop()], changes: noChanges, kind: 'internal', needsSync: true, flushMs: 0 });\n        const placed = await this.#store.submit({\n            batches,",
  },
  {
    name: 'does not check batches on read',
    file: 'core/log/segment-scan.js',
    find: 'const first = checkBatch(bytes, 0, count);',
    replace: 'const first = count < batchHeaderBytes || batchBytes(bytes, 0) > count ? "short" : undefined;',
  },
  {
    name: 'does not check base offsets on read',
    file: 'core/log/segment-scan.js',
    find: 'if (lastOffsetOf(batch, 0) < offset)\n        return false;',
    replace: 'return true;',
  },
  {
    name: 'compaction swaps without syncing what it made',
    file: 'core/log/compaction.js',
    find: 'await file.datasync();\n',
    replace: '\n',
  },
  {
    name: 'producers: answers a repetition before what it repeats',
    file: committer,
    find: 'if (isThere(ticket))',
    replace: 'if (ticket)',
  },
  {
    name: 'producers: a checkpoint does not say what is known of them',
    file: 'core/log/partition-log.js',
    find: 'producers: this.producers.records(monotonicMs),',
    replace: 'producers: [],',
  },
  {
    name: 'producers: a replay does not take in what frames say',
    file: 'core/log/replay.js',
    find: 'partition.producers.replay(sequencedBatchAt(bytes, entry.start), { baseOffset, nowMs: replayedAtMs });',
    replace: '',
  },
  {
    name: 'producers: a turn that is taken back leaves them as they are',
    file: 'core/log/staging.js',
    find: 'this.#producers.takeBack(0);',
    replace: '',
  },
  {
    name: 'producers: a batch that follows a missing one is taken',
    file: 'core/record/producer-sequences.js',
    find: 'return firstSequence === expected ? follows :',
    replace: 'return firstSequence >= expected ? follows :',
  },
  {
    name: 'producers: sequences do not go on at 0 behind the last one',
    file: 'core/record/producer-sequences.js',
    find: 'return (sequence + 1) % sequenceCount;',
    replace: 'return sequence + 1;',
  },
  {
    name: 'producers: a start gives ids again that a frame reserved',
    file: 'core/log/replay.js',
    find: 'this.nextProducerId = change.nextProducerId;',
    replace: '',
  },
  {
    name: 'transactions: readers are not told what is open',
    run: 'transactions',
    file: partitionLog,
    find: 'const unstable = first === undefined ? undefined : this.#placeOf(first.place);',
    replace: 'const unstable = undefined;',
  },
  {
    name: 'transactions: readers of what is committed are given what was aborted',
    run: 'transactions',
    file: partitionLog,
    find: 'batches: withoutVoid(batches, aborted),',
    replace: 'batches: withoutVoid(batches, noneAborted),',
  },
  {
    name: 'transactions: a turn that is taken back leaves them as they are',
    run: 'transactions',
    file: 'core/log/staging.js',
    find: 'this.#transactions.takeBack();',
    replace: '',
  },
  {
    name: 'transactions: a checkpoint does not say what is open',
    run: 'transactions',
    file: openAndAborted,
    find: 'open: Array.from(this.#open.values(), (',
    replace: 'open: [].map((',
  },
  {
    name: 'transactions: a checkpoint does not say what was aborted',
    run: 'transactions',
    file: openAndAborted,
    find: 'aborted: this.#aborted.map((',
    replace: 'aborted: [].map((',
  },
  {
    name: 'transactions: a replay does not take ends in',
    run: 'transactions',
    file: 'core/log/replay.js',
    find: 'takeIn(partition.transactions,',
    replace: 'if (!isControl(bytes, entry.start)) takeIn(partition.transactions,',
  },
  {
    name: 'transactions: compaction takes aborted records for the latest of their keys',
    run: 'transactions',
    file: 'core/log/compaction.js',
    find: 'of chunksOf(segment, transactions))',
    replace: 'of chunksOf(segment, new transactions.constructor()))',
  },
  {
    name: 'transactions: compaction keeps aborted records',
    run: 'transactions',
    file: 'core/log/compaction.js',
    find: 'of chunksOf(segment, log.transactions))',
    replace: 'of chunksOf(segment, new log.transactions.constructor()))',
  },
  {
    name: 'transactions: compaction forgets more aborted ones than it removed',
    run: 'transactions',
    file: partitionLog,
    find: 'this.transactions.forgetBelow(behind[0]?.baseOffset ?? this.#nextOffset);',
    replace: 'this.transactions.forgetBelow(this.#nextOffset);',
  },
  {
    name: 'transactions: a batch is taken whatever its transaction is',
    run: 'transactions',
    file: committer,
    find: 'removedError(ticket) ?? ticket.request.refusal?.()',
    replace: 'removedError(ticket)',
  },
  {
    name: 'transactions: a batch is taken while its transaction ends',
    run: 'transactions',
    file: transactionCoordinator,
    find: 'entry.isEnding = end !== undefined;',
    replace: 'entry.isEnding = false;',
  },
  {
    name: 'transactions: an offset counts before the end',
    run: 'transactions',
    file: transactionCoordinator,
    find: 'await this.port.append([pendingRecord(transactionalId, group, pending)]);',
    replace:
      "await this.port.append([pendingRecord(transactionalId, group, pending)], { producer: of, outcome: 'commit', partitions: [], offsets: [{ group, offsets: commit.offsets }] });",
  },
  {
    name: 'transactions: an end is two appends',
    run: 'transactions',
    file: 'core/engine/embedded/embedded-transactions.js',
    find: 'addInternal(batches, transactionsTopic, records);',
    replace:
      "if (batches.length > 0) await store.submit({ batches: batches.splice(0, 1), changes: [], kind: 'internal', needsSync: true, flushMs: 0 }); addInternal(batches, transactionsTopic, records);",
  },
  {
    name: 'transactions: whoever takes a name leaves open what was open under it',
    run: 'transactions',
    file: transactionCoordinator,
    find: "await this.change(entry, after, ends ? 'abort' : undefined);",
    replace: 'await this.change(entry, after, ends ? undefined : undefined);',
  },
  {
    name: 'transactions: whoever ran out of time keeps his epoch',
    run: 'transactions',
    file: transactionCoordinator,
    find: 'const next = await this.port.bump(producer);',
    replace: 'const next = producer;',
  },
]
