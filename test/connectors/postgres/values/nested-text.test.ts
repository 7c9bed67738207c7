import { describe, expect, it } from 'vitest'
import { postgresErrors } from '../../../../connectors/postgres/errors.js'
import { writeText } from '../../../../connectors/postgres/values/json-text.js'
import { arrayEncoder, compositeEncoder, hstoreEncoder } from '../../../../connectors/postgres/values/nested-text.js'
import { writeDigits, writeJson } from '../../../../connectors/postgres/values/scalars.js'
import { encoded } from './one-value.js'

const comma = 0x2c
const numbers = arrayEncoder({ encode: writeDigits, mayBeArray: false, delimiter: comma })
const texts = arrayEncoder({ encode: writeText, mayBeArray: false, delimiter: comma })
const boxes = arrayEncoder({ encode: writeText, mayBeArray: false, delimiter: 0x3b })
const documents = arrayEncoder({ encode: writeJson, mayBeArray: true, delimiter: comma })
const pair = compositeEncoder([
  { name: 'a', encode: writeDigits },
  { name: 'b "c"', encode: writeText },
])
const hstore = hstoreEncoder()

describe('a nested value becomes JSON', () => {
  it.each([
    ['an empty array', numbers, '{}', '[]'],
    ['an array with a null', numbers, '{1,NULL,-3}', '[1,null,-3]'],
    ['three dimensions', numbers, '{{{1},{2}},{{3},{NULL}}}', '[[[1],[2]],[[3],[null]]]'],
    ['an array with other bounds', numbers, '[0:1]={1,2}', '"[0:1]={1,2}"'],
    ['the text NULL', texts, '{"NULL",NULL,"null"}', '["NULL",null,"null"]'],
    ['quotes, backslashes and braces', texts, String.raw`{"a\"b","\\","{,}",""}`, String.raw`["a\"b","\\","{,}",""]`],
    ['boxes, which semicolons divide', boxes, '{(1,1),(0,0);(2,2),(1,1)}', '["(1,1),(0,0)","(2,2),(1,1)"]'],
    ['an array of JSON', documents, String.raw`{"[1, 2]","{\"a\": \"x\"}",7,NULL}`, '[[1, 2],{"a": "x"},7,null]'],
    ['dimensions of JSON, which stay text', documents, '{{1,2},{3,4}}', '"{{1,2},{3,4}}"'],
    ['a row', pair, '(1,x)', '{"a":1,"b \\"c\\"":"x"}'],
    ['a row of nulls', pair, '(,)', '{"a":null,"b \\"c\\"":null}'],
    ['an empty text in a row', pair, '(1,"")', '{"a":1,"b \\"c\\"":""}'],
    ['quotes in a row', pair, String.raw`(1,"a ""b"" \\ (,)")`, String.raw`{"a":1,"b \"c\"":"a \"b\" \\ (,)"}`],
    ['a row with more fields', pair, '(1,x,2)', '"(1,x,2)"'],
    ['a row with fewer fields', pair, '(1)', '"(1)"'],
    ['a row without fields', compositeEncoder([]), '()', '{}'],
    ['an empty hstore', hstore, '', '{}'],
    ['hstore', hstore, String.raw`"a"=>"1", "b c"=>NULL, ""=>"NULL"`, '{"a":"1","b c":null,"":"NULL"}'],
    ['hstore with quotes', hstore, String.raw`"\"=>"=>"x\\, \"y\""`, String.raw`{"\"=>":"x\\, \"y\""}`],
  ])('%s', (_, encode, text, json) => {
    expect(encoded(encode, text)).toBe(json)
  })

  it.each([
    ['an array that does not end', numbers, '{1,2'],
    ['an array without braces', numbers, '1 2'],
    ['a row without parentheses', pair, '1,x'],
  ])('%s is refused', (_, encode, text) => {
    expect(() => encoded(encode, text)).toThrow(
      expect.toSatisfy((error) => postgresErrors.is(error, 'postgres_protocol_violation')),
    )
  })
})
