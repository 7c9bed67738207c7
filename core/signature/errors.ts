import { defineErrors } from '../errors/tailrace-error.js'

export const signatureErrors = defineErrors({
  signature_secret_unusable: {
    retry: 'never',
    summary: 'A secret for signatures is empty, or not in the form that its scheme gives secrets.',
    hint: 'Secrets of Standard Webhooks are base64, with or without `whsec_` before it; others are any text.',
  },
})
