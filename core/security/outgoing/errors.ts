import { defineErrors } from '../../errors/tailrace-error.js'

export const outgoingErrors = defineErrors({
  url_refused: {
    retry: 'never',
    summary: 'A URL is not one that requests may go to.',
    hint: 'Use https, a plain host and one of the ports that are allowed; the message says which part is refused.',
  },
  address_refused: {
    retry: 'manual',
    summary: 'A host has no address that requests may go to.',
    hint: 'Private, loopback and other special addresses need their range in allowPrivate of the pipeline file.',
  },
  invalid_range: {
    retry: 'never',
    summary: 'A range of addresses cannot be read.',
    hint: 'Write it as an address with the number of its leading bits: 10.0.0.0/8 or fd00::/8.',
  },
})
