import { defineErrors } from '../core/errors/tailrace-error.js'

export const configErrors = defineErrors({
  invalid_pipeline: {
    retry: 'manual',
    summary: 'A pipeline file has mistakes.',
    hint: 'Correct the places that the message names; `tailrace connectors TYPE` lists the settings of a connector.',
  },
})
