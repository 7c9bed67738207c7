// Values of every built-in type that a column can have, as SQL literals, with what is odd about each.

export const samples: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'false'],
  int2: ['-32768', '0', '32767'],
  int4: ['-2147483648', '7', '2147483647'],
  int8: ['-9223372036854775808', '9007199254740991', '9007199254740992', '-9007199254740993', '9223372036854775807'],
  oid: ['0', '4294967295'],
  float4: ['0.1', '-0', '3.4028235e+38', '1e-45', 'NaN', 'Infinity', '-Infinity'],
  float8: ['0.1', '-0', '1e20', '5e-324', '1.7976931348623157e+308', 'NaN', 'Infinity', '-Infinity'],
  numeric: ['0', '0.000', '-1234567890123456789012345678901234567890.0000000001', 'NaN', 'Infinity', '-Infinity'],
  money: ['-92233720368547758.08', '0', '1234.5'],
  text: [
    '',
    ' ',
    'NULL',
    'null',
    '\\N',
    '\\.',
    'a\tb\nc\rd\be\ff\vg',
    '"quoted" \\ {,} ()',
    'żółć 日本 😀',
    '\u0001\u007f',
  ],
  varchar: ['', 'a "b" \\c', 'ü'.repeat(60)],
  bpchar: ['a', 'ab  '],
  name: ['x', 'Odd "Name"'],
  char: ['', 'a', '\\', '"'],
  bytea: ['\\x', '\\x00', '\\x00ff', '\\x00ff10', '\\xdeadbeef', `\\x${'00010203fffefdfc5c5c22'.repeat(40)}`],
  uuid: ['00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  date: ['2024-02-29', '0044-03-15 BC', '4713-01-01 BC', '5874897-12-31', 'infinity', '-infinity'],
  time: ['00:00', '24:00:00', '12:34:56.789012'],
  timetz: ['00:00+00', '24:00:00-15:59:59', '12:34:56.789012+05:30'],
  timestamp: ['2024-02-29 10:00', '0044-03-15 10:00:00.5 BC', '294276-12-31 23:59:59.999999', 'infinity', '-infinity'],
  timestamptz: [
    '2024-02-29 10:00+02',
    '0044-03-15 10:00:00.5 BC',
    '294276-12-31 23:59:59.999999',
    'infinity',
    '-infinity',
  ],
  interval: ['0', '1 year -2 days +3:04:05.678', '-1 mon -1 day -0.000001 sec', '178000000 years', '100:00:00'],
  json: ['{"a": [1, 2.50, "x\\n\\"\\\\"], "a":\t1e400}', '"text"', '[]', '7', '[1,[2]]', '"\\u0041\\/"', 'true'],
  jsonb: [
    '{"a": [1, 2.50, "x\\n\\"\\\\"], "b": {"c": null}}',
    '"text"',
    '[]',
    '12345678901234567890.10',
    '[1,[2]]',
    'false',
  ],
  jsonpath: ['$.a[*] ? (@ > 1)', '$."x\\"y"'],
  xml: ['<a b="c">\n&amp;</a>', ''],
  bit: ['1', '0'],
  varbit: ['', '10110'],
  inet: ['10.0.0.1/8', '::1', '192.168.0.1'],
  cidr: ['10.0.0.0/8', '2001:db8::/32'],
  macaddr: ['08:00:2b:01:02:03'],
  macaddr8: ['08:00:2b:01:02:03:04:05'],
  point: ['(1.5,-2)', '(NaN,Infinity)'],
  lseg: ['[(0,0),(1,1)]'],
  path: ['((0,0),(1,1))', '[(0,0),(1,1)]'],
  box: ['(1,1),(0,0)', '(3,4),(1,2)'],
  polygon: ['((0,0),(1,0),(1,1))'],
  line: ['{1,-1,0}'],
  circle: ['<(1,2),3>'],
  tsvector: ["'a':1A,2 'b''c' 'd\\\\e':3", ''],
  tsquery: ["'a' & !'b' <2> 'c':*A", ''],
  pg_lsn: ['16/B374D848', '0/0'],
  xid: ['4294967295', '0'],
  xid8: ['18446744073709551615'],
  cid: ['1'],
  tid: ['(4294967295,65535)'],
  txid_snapshot: ['10:20:10,14,15'],
  pg_snapshot: ['10:20:10,14,15'],
  refcursor: ['c "1"'],
  regclass: ['pg_class'],
  regcollation: ['"C"'],
  regconfig: ['simple'],
  regdictionary: ['simple'],
  regnamespace: ['pg_catalog'],
  regoper: ['|/'],
  regoperator: ['+(integer,integer)'],
  regproc: ['now'],
  regprocedure: ['sum(integer)'],
  regrole: ['postgres'],
  regtype: ['integer', 'text[]'],
  aclitem: ['postgres=arwdDxt/postgres'],
  int2vector: ['', '1 2 3'],
  oidvector: ['', '1 2 4294967295'],
  int4range: ['empty', '[1,5)', '(,)'],
  int8range: ['[1,9223372036854775807)'],
  numrange: ['[1.50,2.5]', '(,NaN]'],
  tsrange: ['["2024-01-01 00:00","2024-01-02 00:00")', '[,infinity]'],
  tstzrange: ['["2024-01-01 00:00+00",)'],
  daterange: ['[2024-01-01,2024-02-01)'],
  int4multirange: ['{}', '{[1,3),[5,7)}'],
  int8multirange: ['{[1,3)}'],
  nummultirange: ['{[1.5,3.50)}'],
  tsmultirange: ['{["2024-01-01 00:00","2024-01-02 00:00")}'],
  tstzmultirange: ['{["2024-01-01 00:00+00",)}'],
  datemultirange: ['{[2024-01-01,2024-02-01)}'],
}

/** What the server makes for itself and takes from nobody, and what is in newer servers only. */
export const withoutInput: ReadonlySet<string> = new Set([
  'gtsvector',
  'pg_node_tree',
  'pg_ndistinct',
  'pg_dependencies',
  'pg_mcv_list',
  'pg_brin_bloom_summary',
  'pg_brin_minmax_multi_summary',
])

/** Types of a database of one's own, and values of them. */
export const ownTypes = `
  CREATE EXTENSION hstore SCHEMA public;
  CREATE SCHEMA "Odd.Schema";
  CREATE TYPE public.mood AS ENUM ('sad', 'so, so', '"happy"', 'NULL', 'back\\slash');
  CREATE DOMAIN public.positive AS int CHECK (VALUE > 0);
  CREATE DOMAIN public.more_than_ten AS public.positive CHECK (VALUE > 10);
  CREATE DOMAIN public.number_list AS int[];
  CREATE DOMAIN public.document AS jsonb;
  CREATE DOMAIN public.blob AS bytea;
  CREATE TYPE public.inner_pair AS (a int, b text);
  CREATE TYPE "Odd.Schema"."Odd ""Type" AS (
    "Name, (odd)" text, number numeric, flag bool, made timestamptz, bytes bytea, doc jsonb, pair public.inner_pair,
    pairs public.inner_pair[], moods public.mood[], words public.hstore, "list" public.number_list);
  CREATE DOMAIN public.pair_domain AS public.inner_pair;
  CREATE TYPE public.single AS (only_one text);
  CREATE TYPE public.nothing AS ();
  CREATE TYPE public.textrange AS RANGE (subtype = text, collation = "C");`

export const ownSamples: Readonly<Record<string, readonly string[]>> = {
  'public.mood': ['sad', 'so, so', '"happy"', 'NULL', 'back\\slash'],
  'public.positive': ['1'],
  'public.more_than_ten': ['11', '12'],
  'public.number_list': ['{}', '{1,NULL,3}', '{{1,2},{3,4}}', '[0:1]={5,6}'],
  'public.document': ['{"a": [1]}', '[1, [2]]', '"x"'],
  'public.blob': ['\\x00ff'],
  'public.inner_pair': ['(,)', '(1,)', '(,"")', '(1,"a, (b) ""c"" \\\\ \n\t")', '(2,NULL)'],
  'public.pair_domain': ['(1,x)'],
  'public.single': ['()', '("")', '(x)'],
  'public.nothing': ['()'],
  '"Odd.Schema"."Odd ""Type"': [
    '(,,,,,,,,,,)',
    String.raw`("it's ""x""",1.50,t,2024-02-29 10:00:00+00,"\\x00ff","{""a"": [1, ""\\""""]}","(1,""a b"")","{""(1,\\""x y\\"")"",NULL,""(,)""}","{sad,""so, so""}","""k""=>NULL, ""l""=>""v \\\\\\"" v""","{1,2}")`,
  ],
  'public.hstore': ['', 'a=>1', '"a b"=>NULL, "c"=>"NULL"', '"q\\"=>"=>"x, \\\\y", ""=>""', '"line\nend"=>"tab\t"'],
  'public.textrange': ['["a ""b""",c)', 'empty'],
}
