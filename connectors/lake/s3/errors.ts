import { defineErrors } from '../../../core/errors/tailrace-error.js'

/** What an object store may answer, beyond what every lake, the disk and the log answer. */
export const s3Errors = defineErrors({
  s3_unreachable: {
    retry: 'timed',
    summary: 'The endpoint of the object store does not answer.',
    hint: 'It is tried again by itself. Compare `endpoint` and `region` with the store, and look at the network on the way.',
  },
  s3_busy: {
    retry: 'timed',
    summary: 'The object store is overloaded, or fails for the moment.',
    hint: 'It is tried again by itself, with growing pauses.',
  },
  s3_credentials_missing: {
    retry: 'manual',
    summary: 'No credentials for the object store were found.',
    hint: 'Set them in the environment, in a profile or in `credentials`, or give the machine or the container a role.',
  },
  s3_credentials_expired: {
    retry: 'timed',
    summary: 'The credentials have expired, and those that were read again have too.',
    hint: 'Renew them where they come from: they are read again by themselves.',
  },
  s3_credentials_refused: {
    retry: 'manual',
    summary: 'The object store does not know the access key, or the secret does not fit it.',
    hint: 'Compare access key and secret with the store, and `region` with that of the bucket.',
  },
  s3_denied: {
    retry: 'manual',
    summary: 'The credentials do not have the right that the message names.',
    hint: 'Grant it. The page docs/lake.md lists the rights that the sink needs, as a policy to copy.',
  },
  s3_bucket_missing: {
    retry: 'manual',
    summary: 'There is no such bucket.',
    hint: 'Make the bucket, or correct `bucket` and `endpoint`. The sink makes none.',
  },
  s3_region_wrong: {
    retry: 'manual',
    summary: 'The bucket lies in another region.',
    hint: 'Set `region` to the one that the message names.',
  },
  s3_region_missing: {
    retry: 'manual',
    summary: 'No region is set.',
    hint: 'Set `region` in the sink, AWS_REGION in the environment, or a region in the profile.',
  },
  s3_clock_skewed: {
    retry: 'timed',
    summary: 'The clocks of this machine and of the store differ too much, and correcting for it did not help.',
    hint: 'Set the clock of this machine by NTP.',
  },
  s3_upload_conflict: {
    retry: 'timed',
    summary: 'The store let others write the same key at the same moment, several times in a row.',
    hint: 'It is tried again by itself. If it goes on, another program writes below the prefix.',
  },
  s3_bytes_changed: {
    retry: 'manual',
    summary: 'What arrived at the store is not what the plan says.',
    hint: 'The file in DATA/work was changed, or the disk or memory is bad. The sink starts again by itself and makes the file anew.',
  },
  s3_refused: {
    retry: 'manual',
    summary: 'The object store refuses a request.',
    hint: 'The message holds what it answered. Compare the settings of the sink with what the store offers.',
  },
})
