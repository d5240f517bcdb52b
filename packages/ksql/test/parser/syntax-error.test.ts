import { describe, expect, test } from 'vitest'
import { parseScript } from '../../src/parser/parse.ts'
import { SqlSyntaxError } from '../../src/parser/syntax-error.ts'

function errorOf(script: string): SqlSyntaxError {
  try {
    parseScript(script)
  } catch (error) {
    if (error instanceof SqlSyntaxError) return error
    throw error
  }
  throw new Error(`parsed: ${script}`)
}

describe('a syntax error names the place and what could stand there', () => {
  test.each([
    ['SELECT * FROM a ORDER BY b;', 1, 23, 'BY', "missing ';' at 'BY'"],
    ['SELECT * FROM a;\nSELEC * FROM b;', 2, 1, 'SELEC', "Unknown statement 'SELEC'"],
    ['CREATE STREAM s (k (KEY));', 1, 20, '(', 'Expecting'],
    ['SELECT a FROM select;', 1, 15, 'select', "Syntax error at or near 'select' at line 1:15"],
    ['SELECT 1 + FROM s;', 1, 12, 'FROM', ''],
    ['SHOW STREAMS', 1, 13, '', "missing ';'"],
    ["SELECT 'open FROM s;", 1, 8, "'", ''],
    ['SELECT a ? b FROM s;', 1, 10, '?', ''],
  ])('%s', (script, line, column, image, message) => {
    const error = errorOf(script)
    expect([error.line, error.column]).toEqual([line, column])
    expect(error.message).toContain(message)
    expect(error.sourceLine.slice(column - 1)).toSatisfy((rest: string) => rest.startsWith(image))
  })

  test('the caret stands under it', () => {
    expect(errorOf('SHOW\n  STREEMS;').pointed).toMatch(/\n {2}SHOW?.*\n|\n {4}STREEMS;\n {4}\^$/)
  })
  test('deep nesting is refused before the parser recurses', () => {
    const error = errorOf(`SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)} FROM s;`)
    expect(error.message).toContain('more than 200 brackets')
  })
})
