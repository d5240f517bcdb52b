import type { IToken } from 'chevrotain'
import type { Location } from '../ast/nodes.ts'
import * as t from '../lexer/tokens.ts'

export function locationOf(token: IToken): Location {
  return { line: token.startLine ?? 0, column: token.startColumn ?? 0, offset: token.startOffset }
}

/** A name in its case: quotes keep it, without them it is in capitals. */
export function identifierText(token: IToken): string {
  if (token.tokenType === t.QuotedIdentifier) return token.image.slice(1, -1).replaceAll('""', '"')
  if (token.tokenType === t.BackquotedIdentifier) return token.image.slice(1, -1).replaceAll('``', '`')
  return token.image.toUpperCase()
}

export function stringText(token: IToken): string {
  return token.image.slice(1, -1).replaceAll("''", "'")
}
