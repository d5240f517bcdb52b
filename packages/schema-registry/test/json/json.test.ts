import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { javaDoubleText, javaFloatText } from '../../src/json/java-numbers.ts'
import { jsonValueOf } from '../../src/json/json-value.ts'
import { printJson, printSortedJson } from '../../src/json/print-json.ts'
import { JsonSyntaxError, readJson } from '../../src/json/read-json.ts'

test('what JSON.stringify writes is read as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), value => {
      expect(JSON.parse(printJson(readJson(JSON.stringify(value))))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('printing and reading again changes nothing', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), text => {
      const once = printJson(readJson(text))
      expect(printJson(readJson(once))).toBe(once)
    }),
  )
})

test('any text is read or refused with a position inside it', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      try {
        readJson(text, { allowsComments: true })
      } catch (error) {
        expect(error).toBeInstanceOf(JsonSyntaxError)
        expect((error as JsonSyntaxError).position).toBeLessThanOrEqual(text.length)
      }
    }),
  )
})

describe('texts that are kept or changed', () => {
  test.each([
    ['{"b":1,"2":2,"1":3}', '{"b":1,"2":2,"1":3}'],
    ['{"__proto__":{"polluted":true}}', '{"__proto__":{"polluted":true}}'],
    ['{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
    ['9007199254740993', '9007199254740993'],
    ['[1.0, 1e3, 2, -0.0, 1E-5]', '[1.0,1000.0,2,-0.0,1.0E-5]'],
    ['"\\u00e9\\u0001\\/"', '"é\\u0001/"'],
    ['"\\ud800"', '"\ud800"'],
  ])('%s → %s', (text, printed) => {
    expect(printJson(readJson(text))).toBe(printed)
  })
})

test.each([
  '',
  '{',
  '[1,]',
  '{"a" 1}',
  '{a:1}',
  '01',
  '1.',
  '.5',
  '+1',
  '1x',
  'nul',
  '"\n"',
  '"\\x"',
  '"\\u12"',
  '1 2',
  '/* c */ 1',
])('%j is refused', text => {
  expect(() => readJson(text)).toThrow(JsonSyntaxError)
})

test('nesting and numbers have limits', () => {
  expect(() => readJson('['.repeat(100_000))).toThrow('more than 1000 levels of nesting')
  expect(() => readJson('1'.repeat(100_000))).toThrow('a number of more than 1000 characters')
})

test('comments are read only where they are allowed', () => {
  expect(readJson('/* a */ // b\n "c"', { allowsComments: true })).toBe('c')
})

test('sorted printing sorts at every depth', () => {
  expect(printSortedJson(jsonValueOf({ b: { d: 1, c: 2 }, a: [{ f: 1, e: 2 }] }))).toBe(
    '{"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}}',
  )
})

test.each([
  [1, '1.0'],
  [100, '100.0'],
  [1234567, '1234567.0'],
  [1e7, '1.0E7'],
  [12345678.9, '1.23456789E7'],
  [0.001, '0.001'],
  [0.00099, '9.9E-4'],
  [-2.5, '-2.5'],
  [-0, '-0.0'],
  [1.7976931348623157e308, '1.7976931348623157E308'],
  [Number.NaN, 'NaN'],
  [-Infinity, '-Infinity'],
])('the double %d is written as %s', (value, text) => {
  expect(javaDoubleText(value)).toBe(text)
})

test.each([
  [0.1, '0.1'],
  [3, '3.0'],
  [3.4028234663852886e38, '3.4028235E38'],
  [16777216, '1.6777216E7'],
])('the float %d is written as %s', (value, text) => {
  expect(javaFloatText(value)).toBe(text)
})

test('the text of a double reads back as the double', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), value => {
      expect(Number(javaDoubleText(value))).toBe(value)
    }),
  )
})
