import { defineErrors } from '../errors/tailrace-error.js'

/** What is wrong with a format's settings, or with bytes of a binary format. Text that does not parse is a ParseFailure. */
export const formatErrors = defineErrors({
  encoding_unknown: {
    retry: 'never',
    summary: 'No text encoding has this name.',
    hint: 'Use a name such as utf-8, utf-16le, latin1, windows-1252, shift_jis, gbk, gb18030, big5 or euc-kr.',
  },
  delimiter_ambiguous: {
    retry: 'never',
    summary: 'Lines cannot be told apart by this delimiter in this encoding.',
    hint: 'Choose a delimiter that begins with a control character or a space, or leave it to the line feed.',
  },
  regex_invalid: {
    retry: 'never',
    summary: 'The regular expression cannot be used.',
    hint: 'The syntax is that of RE2: no look-around and no back references; at least one group has a name.',
  },
  protobuf_malformed: {
    retry: 'never',
    summary: 'Bytes that should be a message of Protocol Buffers are none.',
    hint: 'Compare what the sender sends with the Content-Type that it names.',
  },
})
