import { describe, expect, test } from 'vitest'
import { AVRO_PROVIDER } from '../../src/avro/avro-provider.ts'
import { compatibilityProblems } from '../../src/subjects/compatibility-levels.ts'
import { COMPATIBILITY_LEVELS, type CompatibilityLevel } from '../../src/subjects/config.ts'

type Field = readonly [name: string, type: unknown, defaultValue?: unknown]

function schema(...fields: readonly Field[]) {
  const json = fields.map(([name, type, defaultValue]) => ({ name, type, default: defaultValue }))
  return parse({ type: 'record', name: 'R', fields: json })
}
const parse = (json: unknown) => AVRO_PROVIDER.parse({ text: JSON.stringify(json), dependencies: [], isStrict: true })

const ID: Field = ['id', 'long']
const NOTE: Field = ['note', 'string', '']
const MUST: Field = ['must', 'string']

type Levels = readonly CompatibilityLevel[]
const ALL: Levels = COMPATIBILITY_LEVELS
const FORWARD: Levels = ['NONE', 'FORWARD', 'FORWARD_TRANSITIVE']
const BACKWARD: Levels = ['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE']

describe('which levels a change passes', () => {
  test.each<[name: string, older: readonly (readonly Field[])[], next: readonly Field[], passes: Levels]>([
    ['the first version', [], [ID], ALL],
    ['nothing changed', [[ID]], [ID], ALL],
    ['a field with a default more', [[ID]], [ID, NOTE], ALL],
    ['a field with a default less', [[ID, NOTE]], [ID], ALL],
    ['a field without a default more', [[ID]], [ID, MUST], FORWARD],
    ['a field without a default less', [[ID, MUST]], [ID], BACKWARD],
    ['a wider type', [[['n', 'int']]], [['n', 'long']], BACKWARD],
    ['another type', [[['n', 'int']]], [['n', 'string']], ['NONE']],
    ['string and bytes', [[['n', 'string']]], [['n', 'bytes']], ALL],
    [
      'fine with the newest, not with the one before',
      [[ID], [ID, NOTE]],
      [ID, ['note', 'string']],
      ['NONE', 'BACKWARD', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL'],
    ],
  ])('%s', (_, older, next, passes) => {
    const newestFirst = older.map((fields, index) => ({ version: index + 1, parsed: schema(...fields) })).reverse()
    const passing = ALL.filter(level => compatibilityProblems(level, schema(...next), newestFirst).length === 0)
    expect(new Set(passing)).toEqual(new Set(passes))
  })
})

describe('messages', () => {
  const old = { version: 3, parsed: schema(['n', 'int']) }
  const text = `{oldSchema: '${old.parsed.canonicalText}'}`
  const mismatch = (reader: string, writer: string, types: string) =>
    `{errorType:'TYPE_MISMATCH', description:'The type (path '/fields/0/type') of a field in the ${reader} schema does not match with the ${writer} schema', additionalInfo:'reader type: ${types}'}`

  test.each<[level: CompatibilityLevel, messages: readonly string[]]>([
    ['NONE', []],
    [
      'BACKWARD',
      [mismatch('new', 'old', 'STRING not compatible with writer type: INT'), '{oldSchemaVersion: 3}', text],
    ],
    ['FORWARD', [mismatch('old', 'new', 'INT not compatible with writer type: STRING'), '{oldSchemaVersion: 3}', text]],
    [
      'FULL',
      [
        mismatch('old', 'new', 'INT not compatible with writer type: STRING'),
        mismatch('new', 'old', 'STRING not compatible with writer type: INT'),
        '{oldSchemaVersion: 3}',
        text,
      ],
    ],
  ])('of %s', (level, messages) => {
    expect(compatibilityProblems(level, schema(['n', 'string']), [old])).toEqual(messages)
  })

  test('a percent sign in a name is no place for a side', () => {
    const symbols = (names: string[]) => parse({ type: 'enum', name: 'E', symbols: names })
    const [message] = compatibilityProblems('BACKWARD', symbols(['A']), [{ version: 1, parsed: symbols(['A', 'B']) }])
    expect(message).toContain("The new schema is missing enum symbols '[B]' at path '/symbols' in the old schema")
  })

  test('a long old schema is cut', () => {
    const parsed = parse({ type: 'record', name: 'Long', doc: 'x'.repeat(20_000), fields: [] })
    const messages = compatibilityProblems('BACKWARD', parse('int'), [{ version: 1, parsed }])
    expect(messages.at(-1)).toMatch(/<truncated>'}$/)
    expect(messages.at(-1)!.length).toBeLessThan(11_000)
  })

  test('history is read only as far as the level looks', () => {
    function* history() {
      yield { version: 2, parsed: schema(ID) }
      throw new Error('looked too far')
    }
    expect(compatibilityProblems('FULL', schema(ID), history())).toEqual([])
    expect(() => compatibilityProblems('FULL_TRANSITIVE', schema(ID), history())).toThrow('looked too far')
  })
})
