import { defineErrors } from '../errors/tailrace-error.js'

export const securityErrors = defineErrors({
  token_needed: {
    retry: 'never',
    summary: 'The request needs the admin token.',
    hint: 'Send "Authorization: Bearer TOKEN"; the token stands in the file admin.token of the data directory.',
  },
  host_refused: {
    retry: 'never',
    summary: 'The request names a host that this hub does not answer for.',
    hint: 'Use localhost or the address that the hub listens on, or start it with --allow-host NAME.',
  },
  origin_refused: {
    retry: 'never',
    summary: 'A page of another site sent the request.',
    hint: 'Only pages that the hub itself serves may call it.',
  },
  invalid_address: {
    retry: 'never',
    summary: 'The address to listen on is not HOST:PORT.',
    hint: 'Write it as in 127.0.0.1:7070 or [::1]:7070; port 0 picks a free one.',
  },
  invalid_token_file: {
    retry: 'manual',
    summary: 'The file with the admin token holds no token.',
    hint: 'Remove the file; the next start makes a new token.',
  },
  invalid_user: {
    retry: 'never',
    summary: 'The name, the password or the credentials of a user are not what they may be.',
    hint: 'A name has letters, digits and ._@-; a password has 8 to 1024 characters.',
  },
  unknown_user: {
    retry: 'never',
    summary: 'There is no user with this name.',
    hint: 'List them with `tailrace users list`.',
  },
  tls_unusable: {
    retry: 'manual',
    summary: 'Certificate and key for TLS cannot be used.',
    hint: 'Both are PEM files: the certificate with its chain, and the key that belongs to it, readable by this process.',
  },
})
