// Writes the TypeScript of a declared message: its interfaces, and straight-line functions that read and write it.
//
// The text is valid and not yet formatted. Of each struct there is an interface, a decoder and an encoder; conditions
// on versions that hold in every version of the message are left out. Fields that a version does not have are read as
// their default and not written, whatever they hold.

import type { Place } from './codec-place.js'
import { innerPlaces } from './codec-place.js'
import { decoderSource } from './decoder-source.js'
import type { MessageDeclaration } from './declare.js'
import { encoderSource } from './encoder-source.js'
import { interfaceSource } from './interface-source.js'

/** The text of the module, behind `header`; `kitPath` leads from the module to this folder. */
export function codecSource(declared: MessageDeclaration, header: string, kitPath: string): string {
  const root: Place = {
    declared,
    struct: { kind: 'struct', name: declared.name, fields: declared.fields },
    versions: declared.versions,
    path: declared.name,
  }
  const places = [root, ...innerPlaces(root)]
  const body = [...places.map(interfaceSource), ...places.map(decoderSource), ...places.map(encoderSource)]
  const writerTypes = body.some((text) => text.includes('RecordChunks'))
    ? 'MessageWriter, RecordChunks'
    : 'MessageWriter'
  const imports = [
    `import type { MessageReader } from '${kitPath}/message-reader.js'`,
    `import type { ${writerTypes} } from '${kitPath}/message-writer.js'`,
  ]
  return `${[header, imports.join('\n'), ...body].join('\n\n')}\n`
}
