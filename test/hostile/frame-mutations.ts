// What a hostile or broken peer makes of a request.

import type { SeededRandom } from '../simulation/world/seeded-random.js'

/** Gives a frame of its own; `other` is another request. */
export type Mutation = (frame: Buffer, random: SeededRandom, other: Buffer) => Buffer

/** API key, version, correlation id and the length of the client id. */
const headerBytes = 10
const lengths = [0, -1, 1, 2 ** 31 - 1, -(2 ** 31), 100 * 1024 * 1024, 65_536]
const varints = ['00', '7f', 'ffffffff0f', 'ffffffffff', 'ffffffff07', '808080808001'].map((hex) =>
  Buffer.from(hex, 'hex'),
)
const greetings = [
  Buffer.from('GET / HTTP/1.1\r\nHost: localhost:9092\r\n\r\n'),
  Buffer.from('POST /api HTTP/1.1\r\n'),
  Buffer.from('16030100c8010000c40303', 'hex'),
  Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'),
]

/** Mostly in the body, so that most frames get as far as there. */
function place(frame: Buffer, random: SeededRandom, bytes = 1): number {
  const from = random.chance(0.9) ? headerBytes : 0
  return Math.max(0, Math.min(frame.length - bytes, from + random.below(Math.max(1, frame.length - from))))
}

const flipBits: Mutation = (frame, random) => {
  for (let count = 1 + random.below(4); count > 0; count--) frame[place(frame, random)]! ^= 1 << random.below(8)
  return frame
}

const changeBytes: Mutation = (frame, random) => {
  for (let count = 1 + random.below(4); count > 0; count--) frame[place(frame, random)] = random.uint32()
  return frame
}

const cutOff: Mutation = (frame, random) => frame.subarray(0, random.below(frame.length))

const lie32: Mutation = (frame, random) => {
  if (frame.length >= 4) frame.writeInt32BE(random.pick(lengths), place(frame, random, 4))
  return frame
}

const lie16: Mutation = (frame, random) => {
  if (frame.length >= 2) frame.writeInt16BE(random.pick([0, -1, 1, 32_767, -32_768]), place(frame, random, 2))
  return frame
}

const lieCompact: Mutation = (frame, random) => {
  const at = place(frame, random)
  const rest = at + (random.chance(0.5) ? 1 : 0)
  return Buffer.concat([frame.subarray(0, at), random.pick(varints), frame.subarray(rest)])
}

const insert: Mutation = (frame, random) => {
  const at = place(frame, random)
  return Buffer.concat([frame.subarray(0, at), random.bytes(1 + random.below(12)), frame.subarray(at)])
}

const remove: Mutation = (frame, random) => {
  const at = place(frame, random)
  return Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1 + random.below(8))])
}

const splice: Mutation = (frame, random, other) =>
  Buffer.concat([frame.subarray(0, random.below(frame.length + 1)), other.subarray(random.below(other.length + 1))])

const wrongVersion: Mutation = (frame, random) => {
  frame.writeInt16BE(random.chance(0.5) ? random.below(24) : random.uint32() >> 16, 2)
  return frame
}

const wrongKey: Mutation = (frame, random) => {
  frame.writeInt16BE(random.chance(0.5) ? random.below(96) : random.uint32() >> 16, 0)
  return frame
}

const greet: Mutation = (frame, random) => Buffer.concat([random.pick(greetings), frame])

const noise: Mutation = (_frame, random) => random.bytes(random.below(200))

/** Each as often as it stands here. */
export const mutations: readonly Mutation[] = [
  ...[flipBits, flipBits, flipBits, changeBytes, changeBytes, changeBytes],
  ...[cutOff, cutOff, lie32, lie32, lie16, lie16, lieCompact, lieCompact],
  ...[insert, remove, splice, wrongVersion, wrongKey, greet, noise],
]
