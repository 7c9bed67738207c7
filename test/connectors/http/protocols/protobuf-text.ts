// Writes Protocol Buffers by field numbers, for requests that no client would send.

const varint = (value: bigint): Buffer => {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}

const tag = (field: number, wireType: number): Buffer => varint(BigInt(field * 8 + wireType))

export function bytes(field: number, content: Uint8Array): Buffer {
  return Buffer.concat([tag(field, 2), varint(BigInt(content.length)), content])
}

export function message(field: number, ...fields: readonly Uint8Array[]): Buffer {
  return bytes(field, Buffer.concat(fields))
}

export function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content))
}

export function integer(field: number, value: bigint): Buffer {
  return Buffer.concat([tag(field, 0), varint(value)])
}

export function fixed64(field: number, value: bigint): Buffer {
  const content = Buffer.alloc(8)
  content.writeBigUInt64LE(value)
  return Buffer.concat([tag(field, 1), content])
}

export function double(field: number, value: number): Buffer {
  const content = Buffer.alloc(8)
  content.writeDoubleLE(value)
  return Buffer.concat([tag(field, 1), content])
}

export function fixed32(field: number, value: number): Buffer {
  const content = Buffer.alloc(4)
  content.writeUInt32LE(value)
  return Buffer.concat([tag(field, 5), content])
}
