// Bounds that are shorter than the values they stand for: a prefix is never more than the value, and a prefix whose last
// character is replaced by the next one is always more. Text stays valid UTF-8.

/** What readers look at to skip a row group is mostly in the first bytes. */
export const mostBoundBytes = 64

const lastCodePoint = 0x10ffff
const firstSurrogate = 0xd800
const behindSurrogates = 0xe000

/** The longest prefix within the limit; for text it ends between two characters. */
export function shortenedLeast(least: Buffer, isText: boolean): Buffer {
  return least.subarray(0, isText ? characterEnd(least) : mostBoundBytes)
}

/** Undefined when no prefix has anything behind it: all its bytes are the highest. */
export function shortenedMost(most: Buffer, isText: boolean): Buffer | undefined {
  return isText ? nextText(most.subarray(0, characterEnd(most))) : nextBytes(most.subarray(0, mostBoundBytes))
}

function characterEnd(text: Buffer): number {
  let end = mostBoundBytes
  while (end > 0 && isContinuation(text[end])) end--
  return end
}

function nextBytes(prefix: Buffer): Buffer | undefined {
  let end = prefix.length
  while (end > 0 && prefix[end - 1] === 0xff) end--
  if (end === 0) return undefined
  const next = Buffer.from(prefix.subarray(0, end))
  next[end - 1]!++
  return next
}

function nextText(prefix: Buffer): Buffer | undefined {
  for (let end = prefix.length; end > 0; ) {
    let start = end - 1
    while (start > 0 && isContinuation(prefix[start])) start--
    const next = nextCharacter(prefix.subarray(start, end))
    if (next !== undefined) return Buffer.concat([prefix.subarray(0, start), next])
    end = start
  }
  return undefined
}

/** Undefined for the last one there is, and for bytes that are no character: nobody may rely on their order. */
function nextCharacter(character: Buffer): Buffer | undefined {
  const codePoint = character.toString('utf8').codePointAt(0) ?? lastCodePoint
  if (!Buffer.from(String.fromCodePoint(codePoint)).equals(character) || codePoint === lastCodePoint) return undefined
  const next = codePoint + 1
  return Buffer.from(String.fromCodePoint(next === firstSurrogate ? behindSurrogates : next))
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
