/** What is wrong with a script, where, and what could have stood there; wording as ksqlDB's clients know it. */
import { MillraceError } from '@millrace/protocol'
import type { IParserErrorMessageProvider, IRecognitionException, IToken, TokenType } from 'chevrotain'
import { pointed } from '../errors/pointed.ts'
import { isReserved, Name, Semicolon } from '../lexer/tokens.ts'

/** More alternatives than this say nothing; the message then leaves them out. */
const MAX_EXPECTED = 12

export class SqlSyntaxError extends MillraceError {
  readonly code = 'SQL_SYNTAX'
  /** From 1, over the whole script. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** The line of the script the error is in. */
  readonly sourceLine: string

  constructor(
    detail: string,
    place: { readonly line: number; readonly column: number },
    /** The statement that does not parse, without its semicolon. */
    readonly statementText: string,
    script: string,
  ) {
    const { line, column } = place
    super(
      detail.startsWith('Syntax error')
        ? `${detail} at line ${line}:${column}`
        : `line ${line}:${column}: Syntax Error\n${detail}\nStatement: ${statementText};`,
    )
    this.line = line
    this.column = column
    this.sourceLine = script.split('\n')[line - 1] ?? ''
  }

  /** The message with the line and a caret under the place. */
  get pointed(): string {
    return pointed(this.message, this.sourceLine, { line: 1, column: this.column })
  }
}

export function syntaxErrorAt(
  script: string,
  tokens: readonly IToken[],
  token: IToken,
  detail: string,
): SqlSyntaxError {
  const first = tokens[0] ?? token
  const last = tokens.at(-1) ?? token
  const end = last.tokenType === Semicolon ? last.startOffset : (last.endOffset ?? last.startOffset) + 1
  const statementText = script.slice(first.startOffset, end)
  const place = Number.isNaN(token.startOffset)
    ? endOf(last)
    : { line: token.startLine ?? 1, column: token.startColumn ?? 1 }
  return new SqlSyntaxError(detail, place, statementText, script)
}

function endOf(token: IToken): { line: number; column: number } {
  return { line: token.endLine ?? 1, column: (token.endColumn ?? 0) + 1 }
}

/** From the parser's first error. */
export function syntaxError(script: string, tokens: readonly IToken[], error: IRecognitionException): SqlSyntaxError {
  const isFirst = error.token === tokens[0]
  const detail =
    isFirst && !error.message.startsWith('Syntax error') ? `Unknown statement '${error.token.image}'` : error.message
  return syntaxErrorAt(script, tokens, error.token, detail)
}

function describe(expected: readonly TokenType[], actual: IToken | undefined): string {
  if (actual !== undefined && expected.includes(Name) && isReserved(actual.tokenType))
    return `Syntax error at or near '${actual.image}'`
  const names = [
    ...new Set(expected.map(type => (/^[A-Z]+$/.test(type.name) && type !== Name ? `'${type.name}'` : type.name))),
  ]
  if (names.length > MAX_EXPECTED) return ''
  return names.length === 1 && actual !== undefined && names[0]!.startsWith("'")
    ? `missing ${names[0]} at '${actual.image}'`
    : `Expecting {${names.join(', ')}}`
}

export const errorMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => describe([expected], actual),
  buildNotAllInputParsedMessage: ({ firstRedundant }) =>
    isReserved(firstRedundant.tokenType)
      ? `Syntax error at or near '${firstRedundant.image}'`
      : `extraneous input '${firstRedundant.image}'`,
  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual }) =>
    describe(
      expectedPathsPerAlt.flatMap(paths => paths.map(path => path[0]!)),
      actual[0],
    ),
  buildEarlyExitMessage: ({ expectedIterationPaths, actual }) =>
    describe(
      expectedIterationPaths.map(path => path[0]!),
      actual[0],
    ),
}
