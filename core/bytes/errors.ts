import { defineErrors } from '../errors/tailrace-error.js'

/** What a reader of binary fields may answer. */
export const bytesErrors = defineErrors({
  bytes_truncated: {
    retry: 'never',
    summary: 'A binary field reaches beyond the end of its bytes, or has a length below zero.',
    hint: 'The bytes are damaged or of another format; the message names the field’s place.',
  },
  bytes_unsafe_integer: {
    retry: 'never',
    summary: 'A 64-bit integer does not fit into the integers below 2^53 that are used here.',
    hint: 'The bytes are damaged or of another format; no offset or time stamp is that large.',
  },
})
