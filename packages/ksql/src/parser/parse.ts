/** Text in, statements out. The whole script is split and parsed before anything runs. */
import type { IToken } from 'chevrotain'
import type { Expression, ParsedStatement } from '../ast/nodes.ts'
import { LeftBracket, LeftParen, RightBracket, RightParen, Semicolon, SqlLexer } from '../lexer/tokens.ts'
import { StatementParser } from './statement-parser.ts'
import { SqlSyntaxError, syntaxError, syntaxErrorAt } from './syntax-error.ts'

/** Brackets inside one another. The parser recurses; this keeps it far from the end of the stack. */
export const MAX_NESTING_DEPTH = 200

/** Building the parser analyses the grammar (some ten milliseconds), so it waits for the first statement. */
let shared: StatementParser | undefined
function parserOn(tokens: IToken[]): StatementParser {
  shared ??= new StatementParser()
  shared.input = tokens
  return shared
}

/** Throws a SqlSyntaxError at the first token that cannot stand where it is; a statement ends with a semicolon. */
export function parseScript(script: string): ParsedStatement[] {
  const tokens = tokensOf(script)
  const statements: ParsedStatement[] = []
  let start = 0
  while (start < tokens.length) {
    let end = start
    while (end < tokens.length && tokens[end]!.tokenType !== Semicolon) end++
    statements.push(parseStatement(script, tokens.slice(start, end + 1)))
    start = end + 1
  }
  return statements
}

/** One expression, as stored in plans. Throws a SqlSyntaxError. */
export function parseExpression(text: string): Expression {
  const tokens = tokensOf(text)
  checkNesting(text, tokens)
  const parser = parserOn(tokens)
  const expression = parser.expression()
  const [error] = parser.errors
  if (error !== undefined) throw syntaxError(text, tokens, error)
  return deepFreeze(expression)
}

function tokensOf(script: string): IToken[] {
  const { tokens, errors } = SqlLexer.tokenize(script)
  const [error] = errors
  if (error === undefined) return tokens
  const place = { line: error.line ?? 1, column: error.column ?? 1 }
  throw new SqlSyntaxError(`extraneous input '${script[error.offset]}'`, place, script.trim(), script)
}

/** `tokens` end with the semicolon, if the script has it. */
function parseStatement(script: string, tokens: IToken[]): ParsedStatement {
  checkNesting(script, tokens)
  const parser = parserOn(tokens)
  const statement = parser.terminatedStatement()
  const [error] = parser.errors
  if (error !== undefined) throw syntaxError(script, tokens, error)
  const text = script.slice(tokens[0]!.startOffset, tokens.at(-1)!.startOffset).trimEnd()
  return { statement: deepFreeze(statement), text }
}

function checkNesting(script: string, tokens: readonly IToken[]): void {
  let depth = 0
  for (const token of tokens) {
    if (token.tokenType === LeftParen || token.tokenType === LeftBracket) depth++
    else if (token.tokenType === RightParen || token.tokenType === RightBracket) depth--
    if (depth > MAX_NESTING_DEPTH)
      throw syntaxErrorAt(script, tokens, token, `more than ${MAX_NESTING_DEPTH} brackets inside one another`)
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const child of Object.values(value)) deepFreeze(child)
  return Object.freeze(value)
}
