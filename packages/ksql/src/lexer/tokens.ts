/**
 * The tokens of ksqlDB's SQL. Keywords match in any case; those that are not reserved may also stand where a name is
 * expected, which their category `Name` says. `IDENTIFIER@…` and names that start with a digit follow the original.
 */
import { createToken, Lexer, type TokenType } from 'chevrotain'

/** Whatever can be a name: identifiers of all spellings and the keywords that are not reserved. */
export const Name = createToken({ name: 'Name', pattern: Lexer.NA })

export const Identifier = createToken({
  name: 'IDENTIFIER',
  pattern: /[A-Za-z_][A-Za-z0-9_@]*/,
  categories: Name,
})
export const QuotedIdentifier = createToken({
  name: 'QUOTED_IDENTIFIER',
  pattern: /"(?:[^"]|"")*"/,
  categories: Name,
  line_breaks: true,
})
export const BackquotedIdentifier = createToken({
  name: 'BACKQUOTED_IDENTIFIER',
  pattern: /`(?:[^`]|``)*`/,
  categories: Name,
  line_breaks: true,
})
export const DigitIdentifier = createToken({
  name: 'DIGIT_IDENTIFIER',
  pattern: /[0-9](?![0-9]*(?:[eE][+-]?[0-9]+)(?![A-Za-z0-9_@]))[A-Za-z0-9_@]*[A-Za-z_@][A-Za-z0-9_@]*/,
  categories: Name,
})
export const Variable = createToken({ name: 'VARIABLE', pattern: /\$\{[A-Za-z_][A-Za-z0-9_@]*\}/, categories: Name })

export const StringLiteral = createToken({ name: 'STRING', pattern: /'(?:[^']|'')*'/, line_breaks: true })
export const FloatLiteral = createToken({
  name: 'FLOATING_POINT_VALUE',
  pattern: /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+/,
})
export const DecimalLiteral = createToken({ name: 'DECIMAL_VALUE', pattern: /[0-9]+\.[0-9]*|\.[0-9]+/ })
export const IntegerLiteral = createToken({ name: 'INTEGER_VALUE', pattern: /[0-9]+/ })

const RESERVED = `SELECT FROM AS ALL DISTINCT WHERE WITHIN WINDOW GROUP BY HAVING LIMIT AT OR AND IN NOT EXISTS BETWEEN LIKE
  IS NULL TRUE FALSE MILLISECOND YEARS MONTHS DAYS HOURS MINUTES SECONDS MILLISECONDS TUMBLING HOPPING SIZE ADVANCE
  RETENTION CASE WHEN THEN ELSE END JOIN FULL OUTER INNER LEFT RIGHT ON WITH VALUES CREATE TABLE TOPIC STREAM STREAMS
  INSERT DELETE INTO DESCRIBE EXTENDED PRINT CAST LIST TOPICS QUERY QUERIES TERMINATE LOAD DROP TO RENAME SAMPLE EXPORT
  CATALOG PROPERTIES BEGINNING UNSET RUN SCRIPT DECIMAL CONNECTOR CONNECTORS NAMESPACE MATERIALIZED VIEW PAUSE RESUME`
const NOT_RESERVED = `SHOW TABLES COLUMNS COLUMN PARTITIONS FUNCTIONS FUNCTION SESSION STRUCT MAP ARRAY PARTITION INTEGER DATE
  TIME TIMESTAMP INTERVAL ZONE STRING YEAR MONTH DAY HOUR MINUTE SECOND EXPLAIN ANALYZE TYPE TYPES SET RESET IF SOURCE
  SINK PRIMARY KEY EMIT CHANGES FINAL ESCAPE REPLACE ASSERT ALTER ADD HEADER HEADERS GRACE PERIOD DEFINE UNDEFINE
  VARIABLES PLUGINS SYSTEM TIMEOUT SCHEMA SUBJECT ID`

function keyword(word: string, reserved: boolean): TokenType {
  return createToken({
    name: word,
    pattern: new RegExp(word, 'i'),
    longer_alt: Identifier,
    ...(reserved ? {} : { categories: Name }),
  })
}

const words = (text: string): string[] => text.split(/\s+/)
const keywords = new Map<string, TokenType>([
  ...words(RESERVED).map(word => [word, keyword(word, true)] as const),
  ...words(NOT_RESERVED).map(word => [word, keyword(word, false)] as const),
])

/** The token of a keyword, given in capitals. */
export function word(name: string): TokenType {
  const token = keywords.get(name)
  if (token === undefined) throw new TypeError(`${name} is not a keyword`)
  return token
}

export function isReserved(token: TokenType): boolean {
  return keywords.get(token.name) === token && token.CATEGORIES?.includes(Name) !== true
}

/** `name` in capitals: does it have to be quoted to be a name? */
export function isReservedWord(name: string): boolean {
  const token = keywords.get(name)
  return token !== undefined && isReserved(token)
}

export const Equals = createToken({ name: "'='", pattern: '=' })
export const NotEquals = createToken({ name: 'NEQ', pattern: /<>|!=/ })
export const LessOrEqual = createToken({ name: "'<='", pattern: '<=' })
export const GreaterOrEqual = createToken({ name: "'>='", pattern: '>=' })
export const Less = createToken({ name: "'<'", pattern: '<' })
export const Greater = createToken({ name: "'>'", pattern: '>' })
export const Plus = createToken({ name: "'+'", pattern: '+' })
export const Minus = createToken({ name: "'-'", pattern: '-' })
export const Asterisk = createToken({ name: "'*'", pattern: '*' })
export const Slash = createToken({ name: "'/'", pattern: '/' })
export const Percent = createToken({ name: "'%'", pattern: '%' })
export const Concat = createToken({ name: "'||'", pattern: '||' })
export const Assign = createToken({ name: "':='", pattern: ':=' })
export const Arrow = createToken({ name: "'->'", pattern: '->' })
export const LambdaArrow = createToken({ name: "'=>'", pattern: '=>' })
export const LeftParen = createToken({ name: "'('", pattern: '(' })
export const RightParen = createToken({ name: "')'", pattern: ')' })
export const LeftBracket = createToken({ name: "'['", pattern: '[' })
export const RightBracket = createToken({ name: "']'", pattern: ']' })
export const Comma = createToken({ name: "','", pattern: ',' })
export const Dot = createToken({ name: "'.'", pattern: '.' })
export const Semicolon = createToken({ name: "';'", pattern: ';' })

const Whitespace = createToken({ name: 'WHITESPACE', pattern: /[ \r\n\t]+/, group: Lexer.SKIPPED, line_breaks: true })
const LineComment = createToken({ name: 'LINE_COMMENT', pattern: /--[^\r\n]*/, group: Lexer.SKIPPED })
const BlockComment = createToken({
  name: 'BLOCK_COMMENT',
  pattern: /\/\*[\s\S]*?\*\//,
  group: Lexer.SKIPPED,
  line_breaks: true,
})
/** In the order in which they are tried. */
export const TOKENS: TokenType[] = [
  Whitespace,
  LineComment,
  BlockComment,
  StringLiteral,
  QuotedIdentifier,
  BackquotedIdentifier,
  Variable,
  DigitIdentifier,
  FloatLiteral,
  DecimalLiteral,
  IntegerLiteral,
  // Longer before their prefixes: INTEGER, INTO, IN.
  ...[...keywords.values()].sort((a, b) => b.name.length - a.name.length),
  Identifier,
  NotEquals,
  LessOrEqual,
  GreaterOrEqual,
  LambdaArrow,
  Equals,
  Less,
  Greater,
  Concat,
  Assign,
  Arrow,
  Plus,
  Minus,
  Asterisk,
  Slash,
  Percent,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  Comma,
  Dot,
  Semicolon,
  Name,
]

export const SqlLexer = new Lexer(TOKENS, { positionTracking: 'full', ensureOptimizations: false })
