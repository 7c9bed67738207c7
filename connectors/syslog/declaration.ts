// What the syslog source says of itself. Light: the rest is loaded when a source is created or examined.

import { declarePushSource } from '../../core/connector/declaration.js'
import { checkSyslogSettings, syslogFields, syslogListenUse } from './settings.js'

export const syslogSource = declarePushSource({
  role: 'push-source',
  type: 'syslog',
  summary:
    'Takes syslog over UDP, TCP or TLS (RFC 3164, 5424, 6587). Senders get no answer: what is not in the log yet is lost with the process.',
  delivery: 'best-effort',
  fields: syslogFields,
  check: (settings) => checkSyslogSettings(settings),
  listens: (settings) => syslogListenUse(settings),
  examine: async (settings, context) => (await import('./examine.js')).examineSyslog(settings, context),
  load: () => import('./source.js'),
})
