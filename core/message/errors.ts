import { defineErrors } from '../errors/tailrace-error.js'

/** What the reader of versioned messages may answer. */
export const messageErrors = defineErrors({
  malformed_message: {
    retry: 'never',
    summary: 'A binary message is cut short, or one of its fields has a length or a value that its format forbids.',
    hint: 'The sender is broken, or speaks another format; the message names the field and its place.',
  },
})
