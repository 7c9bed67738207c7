import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What the syslog source may answer. */
export const syslogErrors = defineErrors({
  syslog_address_unusable: {
    retry: 'manual',
    summary: 'A syslog source cannot listen on its address.',
    hint: 'Choose another address or port; ports below 1024 are for privileged processes. The source tries again by itself.',
  },
})
