// The protocols that a source may speak, by the setting `protocol`.

import type { Protocol } from './protocol.js'
import { elasticProtocol } from './protocols/elastic/elastic-protocol.js'
import { otlpProtocol } from './protocols/otlp/otlp-protocol.js'
import { rawProtocol } from './raw/raw-protocol.js'
import type { HttpSettings } from './settings.js'

type MakeProtocol = (settings: HttpSettings) => Protocol

const protocols = {
  raw: rawProtocol,
  elastic: elasticProtocol,
  otlp: otlpProtocol,
} satisfies Readonly<Record<HttpSettings['protocol'], MakeProtocol>>

export function protocolOf(settings: HttpSettings): Protocol {
  return protocols[settings.protocol](settings)
}
