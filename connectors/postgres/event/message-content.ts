// The content of a logical message, which is any bytes: text where they are UTF-8.

import type { LogicalMessage } from './change-format.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function messageContent({ bytes, start, end }: LogicalMessage): { content: string } | { contentBase64: string } {
  const content = bytes.subarray(start, end)
  try {
    return { content: utf8.decode(content) }
  } catch {
    // The decoder's way to say that it is no UTF-8.
    return { contentBase64: content.toString('base64') }
  }
}
