import { describe, expect, test } from 'vitest'
import { evaluate, functions } from './evaluate.ts'

/** Expression, and its value as JSON. */
type Case = readonly [expression: string, json: string]

const GROUPS: Record<string, readonly Case[]> = {
  math: [
    ['ABS(-2147483648)', '-2147483648'],
    ['ABS(CAST(-9223372036854775807 AS BIGINT))', '9223372036854775807'],
    ['ABS(-1.50)', '1.50'],
    ['CEIL(-1.50)', '-1.00'],
    ['FLOOR(-1.5E0)', '-2.0'],
    ['ROUND(-1.5E0)', '-1'],
    ['ROUND(1.5E0)', '2'],
    ['ROUND(-1.5)', '-1'],
    ['ROUND(12.345, 2)', '12.350'],
    ['ROUND(12.345, -1)', '10.000'],
    ['ROUND(1234.5E0, 2000000000)', '1234.5'],
    ['ROUND(1234.5E0, -2000000000)', '0.0'],
    ['TRUNC(-1.9E0)', '-1'],
    ['TRUNC(12.349, 2)', '12.340'],
    ['SQRT(16)', '4.0'],
    ['LN(3)', '1.0986122886681098'],
    ['LOG(2, 8)', '3.0'],
    ['LOG(1, 8)', '"NaN"'],
    ['POWER(2, 10)', '1024.0'],
    ['SIGN(-3.2E0)', '-1'],
    ['DEGREES(PI())', '180.0'],
    ['RANDOM()', '0.25'],
    ['GREATEST(1, NULL, 3)', '3'],
    ['LEAST(1.5, 2.25)', '1.5'],
    ["GREATEST(CAST('10:00' AS TIME), '11:00')", '39600000'],
  ],
  nulls: [
    ['COALESCE(NULL, 2, 3)', '2'],
    ["IFNULL(NULL, 'a')", '"a"'],
    ['NULLIF(1, 1)', 'null'],
    ['NULLIF(1, 2)', '1'],
    ['AS_VALUE(5)', '5'],
  ],
  strings: [
    ["LEN('déjà')", '4'],
    ["SUBSTRING('stream', 1, 4)", '"stre"'],
    ["SUBSTRING('stream', -3)", '"eam"'],
    ["SUBSTRING('stream', 3, 2147483647)", '"ream"'],
    ["SUBSTRING(TO_BYTES('abc', 'utf8'), 2)", '"YmM="'],
    ["CONCAT('a', NULL, 'b')", '"ab"'],
    ["CONCAT_WS('-', 'a', NULL, 'b')", '"a-b"'],
    ["CONCAT_WS(CAST(NULL AS STRING), 'a', 'b')", 'null'],
    ["UCASE('straße')", '"STRASSE"'],
    ["TRIM('  a b ')", '"a b"'],
    ["REPLACE('a.b.c', '.', '$&')", '"a$&b$&c"'],
    ["SPLIT('a,b,', ',')", '["a","b",""]'],
    ["SPLIT('abc', '')", '["a","b","c"]'],
    ["SPLIT_TO_MAP('a=1;b=2;c;a=3', ';', '=')", '{"a":"3","b":"2"}'],
    ["LPAD('x', 4, 'ab')", '"abax"'],
    ["RPAD('stream', 3, '-')", '"str"'],
    ["LPAD('x', -1, 'a')", 'null'],
    ["INSTR('corporate floor', 'or', 3, 2)", '14'],
    ["INSTR('corporate floor', 'or', -3)", '5'],
    ["INSTR('corporate floor', 'xyz')", '0'],
    ["INITCAP(' the QUICK fox')", '"The Quick Fox"'],
    ["ELT(2, 'a', 'b')", '"b"'],
    ["FIELD('b', 'a', 'b')", '2'],
    ['CHR(75)', '"K"'],
    ["CHR('\\u004b')", '"K"'],
    ["MD5('ksqlDB')", '"aa97027427d39488a27a9847fa7ec39b"'],
    ["ENCODE('X''6b73''', 'hex', 'ascii')", '"ks"'],
    ["ENCODE('ks', 'utf8', 'base64')", '"a3M="'],
    ["FROM_BYTES(TO_BYTES('ab', 'utf8'), 'hex')", '"6162"'],
    ['UUID()', '"00000000-0000-4000-8000-000000000000"'],
    ["UUID(TO_BYTES('000102030405060708090A0B0C0D0E0F', 'hex'))", '"00010203-0405-0607-0809-0a0b0c0d0e0f"'],
  ],
  masks: [
    ["MASK('My Test $123')", '"Xx-Xxxx--nnn"'],
    ["MASK('Aa1-', '*', NULL, '#', NULL)", '"*a#-"'],
    ["MASK_KEEP_LEFT('abcd', 2)", '"abxx"'],
    ["MASK_KEEP_RIGHT('abcd', 1)", '"xxxd"'],
    ["MASK_LEFT('abcd', 9)", '"xxxx"'],
    ["MASK_RIGHT('abcd', 1)", '"abcx"'],
  ],
  'regular expressions': [
    ["REGEXP_EXTRACT('(\\w+)@(\\w+)', 'me@home', 2)", '"home"'],
    ["REGEXP_EXTRACT('x', 'abc')", 'null'],
    ["REGEXP_EXTRACT_ALL('[0-9]+', 'a1b22')", '["1","22"]'],
    ["REGEXP_REPLACE('a1b2', '([a-z])([0-9])', '$2$1')", '"1a2b"'],
    ["REGEXP_SPLIT_TO_ARRAY('aXbXX', 'X')", '["a","b","",""]'],
    ["REGEXP_SPLIT_TO_ARRAY('abc', '')", '["a","b","c"]'],
  ],
  arrays: [
    ['ARRAY_CONCAT(ARRAY[1], ARRAY[2, 1])', '[1,2,1]'],
    ['ARRAY_CONTAINS(ARRAY[1, NULL], NULL)', 'true'],
    ['ARRAY_DISTINCT(ARRAY[ARRAY[1], ARRAY[2], ARRAY[1]])', '[[1],[2]]'],
    ['ARRAY_EXCEPT(ARRAY[1, 2, 2, 3], ARRAY[3])', '[1,2]'],
    ['ARRAY_INTERSECT(ARRAY[1, 2, 3], ARRAY[3, 1])', '[1,3]'],
    ["ARRAY_JOIN(ARRAY['a', NULL], '-')", '"a-null"'],
    ['ARRAY_LENGTH(ARRAY[1, 2])', '2'],
    ['ARRAY_MAX(ARRAY[1, NULL, 3])', '3'],
    ["ARRAY_MIN(ARRAY['b', 'B'])", '"B"'],
    ['ARRAY_REMOVE(ARRAY[1, 2, 1], 1)', '[2]'],
    ['ARRAY_SORT(ARRAY[3, NULL, 1])', '[1,3,null]'],
    ["ARRAY_SORT(ARRAY[3, NULL, 1], 'desc')", '[3,1,null]'],
    ["ARRAY_SORT(ARRAY[3, 1], 'sideways')", 'null'],
    ['ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])', '[1,2,3]'],
    ['GENERATE_SERIES(1, 7, 3)', '[1,4,7]'],
    ['GENERATE_SERIES(2, 0)', '[2,1,0]'],
    ['SLICE(ARRAY[1, 2, 3], 2, NULL)', '[2,3]'],
    ['SLICE(ARRAY[1, 2, 3], 2, 9)', 'null'],
  ],
  maps: [
    ["AS_MAP(ARRAY['a', 'b'], ARRAY[1])", '{"a":1,"b":null}'],
    ["ENTRIES(MAP('b' := 1, 'a' := 2), true)", '[{"K":"a","V":2},{"K":"b","V":1}]'],
    ["MAP_KEYS(MAP('__proto__' := 1))", '["__proto__"]'],
    ["MAP_UNION(MAP('a' := 1), MAP('a' := 2, 'b' := 3))", '{"a":2,"b":3}'],
    ["MAP_VALUES(MAP('a' := 1))", '[1]'],
  ],
  lambdas: [
    ['TRANSFORM(ARRAY[1, 2], x => x * 2)', '[2,4]'],
    ["TRANSFORM(MAP('a' := 1), (k, v) => UCASE(k), (k, v) => v + 1)", '{"A":2}'],
    ['FILTER(ARRAY[1, 2, 3], x => x > 1)', '[2,3]'],
    ["FILTER(MAP('a' := 1, 'b' := 2), (k, v) => v > 1)", '{"b":2}'],
    ['REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x)', '16'],
    ["REDUCE(MAP('a' := 1, 'b' := 2), 0, (s, k, v) => s + v)", '3'],
    ['REDUCE(CAST(NULL AS ARRAY<INT>), 10, (s, x) => s + x)', '10'],
  ],
  dates: [
    ["FORMAT_DATE(CAST('2024-02-29' AS DATE), 'EEEE, d MMM yy')", '"Thursday, 29 Feb 24"'],
    ["FORMAT_TIME(CAST('13:05:09' AS TIME), 'h:mm:ss a')", '"1:05:09 PM"'],
    ["FORMAT_DATE(FROM_DAYS(0), 'HH')", 'null'],
    [
      "FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy-MM-dd''T''HH:mm:ss.SSSXXX VV', 'Asia/Kolkata')",
      '"1970-01-01T05:30:00.000+05:30 Asia/Kolkata"',
    ],
    ["FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy[-MM]')", '"1970-01"'],
    ["TIMESTAMPTOSTRING(1720000000000, 'HH:mm zzz', 'Europe/London')", '"10:46 BST"'],
    ["DATETOSTRING(18000, 'yyyy-DDD')", '"2019-104"'],
    ["PARSE_DATE('2024-02-30', 'yyyy-MM-dd')", '19783'],
    ["STRINGTODATE('20240230', 'yyyyMMdd')", '19782'],
    ["PARSE_DATE('29 february 2024', 'd MMMM yyyy')", '19782'],
    ["PARSE_TIME('1:05 pm', 'h:mm a')", '47100000'],
    ["PARSE_TIME('2024', 'yyyy')", 'null'],
    ["PARSE_TIMESTAMP('2024-02-29 12', 'yyyy-MM-dd HH')", '1709208000000'],
    ["STRINGTOTIMESTAMP('2024-02-29T12:00:00+0130', 'yyyy-MM-dd''T''HH:mm:ssX')", '1709202600000'],
    ["STRINGTOTIMESTAMP('12:30', 'HH:mm', 'America/New_York')", '63000000'],
    ["CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', 'Asia/Tokyo')", '32400000'],
    ['DATEADD(DAYS, -1, FROM_DAYS(0))', '-1'],
    ["TIMEADD(HOURS, 23, CAST('02:00' AS TIME))", '3600000'],
    ['TIMESTAMPSUB(SECONDS, 1, FROM_UNIXTIME(0))', '-1000'],
    ['UNIX_TIMESTAMP()', '1709208000000'],
    ['UNIX_DATE()', '19782'],
  ],
  json: [
    [`EXTRACTJSONFIELD('{"a":{"b c":[1,2.50]}}', '$.a["b c"][1]')`, '"2.50"'],
    [`EXTRACTJSONFIELD('{"n":12345678901234567890}', '$.n')`, '"12345678901234567890"'],
    [`EXTRACTJSONFIELD('{"__proto__":1}', '$.__proto__')`, '"1"'],
    [`EXTRACTJSONFIELD('{"a":1}', '$.b')`, 'null'],
    [`IS_JSON_STRING('[1, 2')`, 'false'],
    [`IS_JSON_STRING('')`, 'false'],
    [`JSON_ARRAY_CONTAINS('[1, null]', 1)`, 'true'],
    [`JSON_ARRAY_CONTAINS('[1.0]', 1)`, 'false'],
    [`JSON_ARRAY_LENGTH('[1, [2, 3]]')`, '2'],
    [`JSON_CONCAT('{"a":1}', '{"b":1e2}')`, '"{\\"a\\":1,\\"b\\":100}"'],
    [`JSON_CONCAT('[1]', '2')`, '"[1,2]"'],
    [`JSON_ITEMS('[{"a":1e2}, "x"]')`, '["{\\"a\\":1E+2}","\\"x\\""]'],
    [`JSON_KEYS('{"b":1,"2":2,"a":3}')`, '["b","2","a"]'],
    [`JSON_RECORDS('{"a":"x","b":[1]}')`, '{"a":"x","b":"[1]"}'],
    [`TO_JSON_STRING(STRUCT(B := 1.50, A := 'x'))`, '"{\\"A\\":\\"x\\",\\"B\\":1.50}"'],
    ['TO_JSON_STRING(NULL)', '"null"'],
  ],
  urls: [
    ["URL_EXTRACT_HOST('https://user@example.com:8080/a?b=c#d')", '"example.com"'],
    ["URL_EXTRACT_PORT('https://example.com/a')", 'null'],
    ["URL_EXTRACT_PATH('https://example.com/a%20b')", '"/a b"'],
    ["URL_EXTRACT_QUERY('https://example.com/?a=1%262')", '"a=1&2"'],
    ["URL_EXTRACT_PARAMETER('https://example.com/?a=1&b', 'b')", '""'],
    ["URL_EXTRACT_PROTOCOL('no spaces allowed')", 'null'],
    ["URL_ENCODE_PARAM('a b*(é)')", '"a+b*%28%C3%A9%29"'],
    ["URL_DECODE_PARAM('a+b%26')", '"a b&"'],
  ],
  others: [
    ["GEO_DISTANCE(0, 0, 0, 180, 'MILES')", '12437.565315561991'],
    ["INT_FROM_BYTES(TO_BYTES('01000000', 'hex'), 'LITTLE_ENDIAN')", '1'],
    ["BIGINT_FROM_BYTES(TO_BYTES('7FFFFFFFFFFFFFFF', 'hex'))", '9223372036854775807'],
    ["DOUBLE_FROM_BYTES(TO_BYTES('00', 'hex'))", 'null'],
  ],
}

for (const [group, cases] of Object.entries(GROUPS))
  describe(group, () => {
    test.each(cases)('%s is %s', (expression, json) => {
      expect(evaluate(expression).json).toBe(json)
    })
  })

describe('result types', () => {
  test.each([
    ['ROUND(12.345)', 'DECIMAL(2, 0)'],
    ['ROUND(12.345, 1)', 'DECIMAL(5, 3)'],
    ['GREATEST(1.5, 10.25)', 'DECIMAL(4, 2)'],
    ['ROUND(1.5E0)', 'BIGINT'],
    ["ENTRIES(MAP('a' := 1), false)", 'ARRAY<STRUCT<`K` STRING, `V` INTEGER>>'],
    ["TRANSFORM(ARRAY['a'], x => LEN(x))", 'ARRAY<INTEGER>'],
  ])('%s is %s', (expression, type) => {
    expect(evaluate(expression).type).toBe(type)
  })
})

describe('which overload a call means', () => {
  test.each([
    ["LEAST('a', 1)", "Function 'least' does not accept parameters (STRING, INTEGER).\nValid alternatives are:"],
    [
      'GREATEST(1, CAST(2 AS BIGINT), 1.5)',
      "Function 'greatest' cannot be resolved due to ambiguous method parameters",
    ],
    ['GREATEST(NULL, NULL)', '(null, null).'],
    ['GREATEST()', "Function 'greatest' does not accept parameters ()."],
  ])('%s is refused', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message)
  })
})

/** What a row could ask for beyond measure fails; it neither hangs nor fills the memory. */
describe('hostile input', () => {
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  test.each([
    ["LPAD('x', 2147483647, 'y')", 'over the limit'],
    ["RPAD(TO_BYTES('x', 'utf8'), 2147483647, TO_BYTES('y', 'utf8'))", 'over the limit'],
    ["REPLACE(LPAD('x', 1000000, 'x'), 'x', LPAD('x', 1000, 'x'))", 'over the limit'],
    ["REGEXP_REPLACE(LPAD('x', 1000000, 'x'), 'x', LPAD('x', 1000, 'x'))", 'over the limit'],
    ['GENERATE_SERIES(0, 2147483647)', 'over the limit'],
    ["REGEXP_EXTRACT('(a)\\1', 'aa')", 'Invalid regular expression'],
    [`JSON_ARRAY_LENGTH('${nested}')`, 'nested deeper'],
    [`FORMAT_DATE(FROM_DAYS(0), '${'['.repeat(500)}')`, 'nested deeper'],
    ["FORMAT_DATE(FROM_DAYS(2147483647), 'yyyy')", 'Failed to format date'],
  ])('%s', (expression, message) => {
    const { json, errors } = evaluate(expression)
    expect(json).toBe('null')
    expect(errors.join()).toContain(message)
  })
  test.each(['(a+)+$', '(a|a)*b$', '(.*a){12}$', '([a-z]+)*[0-9]'])('the pattern %s takes linear time', pattern => {
    expect(evaluate(`REGEXP_EXTRACT('${pattern}', '${'a'.repeat(20_000)}!')`).json).toBe('null')
  })
})

test('all functions are there', () => {
  const count = (wanted: string) => functions.list().filter(({ kind }) => kind === wanted).length
  expect([count('SCALAR'), count('AGGREGATE'), count('TABLE')]).toEqual([129, 18, 2])
})
