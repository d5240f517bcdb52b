/**
 * Types and expressions. Precedence, tightest first: sign; `*` `/` `%`; `+` `-`; `||`; one predicate (comparison,
 * BETWEEN, IN, LIKE, IS …); NOT; AND; OR.
 */
import { EmbeddedActionsParser, type IToken, type TokenType } from 'chevrotain'
import type * as ast from '../ast/nodes.ts'
import * as t from '../lexer/tokens.ts'
import { errorMessages } from './syntax-error.ts'
import { identifierText, locationOf, stringText } from './token-text.ts'

const MAX_LOOKAHEAD = 3

const UNITS: ReadonlyMap<TokenType, ast.TimeUnit> = new Map(
  (['DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND'] as const).flatMap(unit => [
    [t.word(unit), `${unit}S` as ast.TimeUnit],
    [t.word(`${unit}S`), `${unit}S` as ast.TimeUnit],
  ]),
)
const COMPARISONS = [t.Equals, t.NotEquals, t.Less, t.LessOrEqual, t.Greater, t.GreaterOrEqual]

export class ExpressionParser extends EmbeddedActionsParser {
  constructor() {
    super(t.TOKENS, { maxLookahead: MAX_LOOKAHEAD, errorMessageProvider: errorMessages })
  }

  // name: IDENTIFIER | "quoted" | `quoted` | 1digit | ${variable} | keyword that is not reserved
  readonly name = this.RULE('name', (): string => {
    const token = this.CONSUME(t.Name)
    return this.ACTION(() => identifierText(token))
  })

  // unit: DAY | DAYS | HOUR | …
  readonly unit = this.RULE('unit', (): ast.TimeUnit => {
    const token = this.OR([...UNITS.keys()].map(unit => ({ ALT: () => this.CONSUME(unit) })))
    return this.ACTION(() => UNITS.get((token as IToken).tokenType) as ast.TimeUnit)
  })

  // number: '-'? (DECIMAL_VALUE | FLOATING_POINT_VALUE | INTEGER_VALUE)
  readonly number = this.RULE('number', (): ast.IntegerLiteral | ast.DecimalLiteral | ast.DoubleLiteral => {
    const minus = this.OPTION(() => this.CONSUME(t.Minus))
    const token = this.OR([
      { ALT: () => this.CONSUME(t.DecimalLiteral) },
      { ALT: () => this.CONSUME(t.FloatLiteral) },
      { ALT: () => this.CONSUME(t.IntegerLiteral) },
    ])
    return this.ACTION(() => numberLiteral(token, minus))
  })

  // literal: NULL | number | TRUE | FALSE | STRING | ${variable}
  readonly literal = this.RULE('literal', (): ast.Literal => {
    return this.OR<ast.Literal>([
      { ALT: () => ({ kind: 'NullLiteral', at: locationOf(this.CONSUME(t.word('NULL'))) }) },
      { ALT: () => this.SUBRULE(this.number) },
      { ALT: () => ({ kind: 'BooleanLiteral', at: locationOf(this.CONSUME(t.word('TRUE'))), value: true }) },
      { ALT: () => ({ kind: 'BooleanLiteral', at: locationOf(this.CONSUME(t.word('FALSE'))), value: false }) },
      { ALT: () => this.SUBRULE(this.stringLiteral) },
    ])
  })
  readonly stringLiteral = this.RULE('stringLiteral', (): ast.StringLiteral => {
    const token = this.CONSUME(t.StringLiteral)
    return { kind: 'StringLiteral', at: locationOf(token), value: this.ACTION(() => stringText(token)) }
  })

  // type: ( ARRAY '<' type '>' | MAP '<' type ',' type '>' | STRUCT '<' … '>' | DECIMAL '(' n ',' n ')'
  //       | name ('(' parameter (',' parameter)* ')')? ) ARRAY*
  readonly type: (index?: number) => ast.TypeNode = this.RULE('type', (): ast.TypeNode => {
    let type = this.OR<ast.TypeNode>([
      { GATE: () => this.LA(2).tokenType === t.Less, ALT: () => this.SUBRULE(this.collectionType) },
      { GATE: () => this.LA(2).tokenType === t.NotEquals, ALT: () => this.SUBRULE(this.emptyStructType) },
      { ALT: () => this.SUBRULE(this.decimalType) },
      { ALT: () => this.SUBRULE(this.namedType) },
    ])
    this.MANY(() => {
      this.CONSUME(t.word('ARRAY'))
      type = { kind: 'ArrayType', at: type.at, element: type }
    })
    return type
  })
  private readonly collectionType = this.RULE('collectionType', (): ast.TypeNode => {
    return this.OR<ast.TypeNode>([
      {
        ALT: () => {
          const at = locationOf(this.CONSUME(t.word('ARRAY')))
          this.CONSUME(t.Less)
          const element = this.SUBRULE(this.type)
          this.CONSUME(t.Greater)
          return { kind: 'ArrayType', at, element }
        },
      },
      {
        ALT: () => {
          const at = locationOf(this.CONSUME(t.word('MAP')))
          this.CONSUME2(t.Less)
          const key = this.SUBRULE2(this.type)
          this.CONSUME(t.Comma)
          const value = this.SUBRULE3(this.type)
          this.CONSUME2(t.Greater)
          return { kind: 'MapType', at, key, value }
        },
      },
      {
        ALT: () => {
          const at = locationOf(this.CONSUME(t.word('STRUCT')))
          const fields: ast.StructTypeField[] = []
          this.CONSUME3(t.Less)
          this.MANY_SEP({
            SEP: t.Comma,
            DEF: () => fields.push({ name: this.SUBRULE(this.name), type: this.SUBRULE4(this.type) }),
          })
          this.CONSUME3(t.Greater)
          return { kind: 'StructType', at, fields }
        },
      },
    ])
  })
  /** `STRUCT<>` reads as STRUCT and the operator `<>`. */
  private readonly emptyStructType = this.RULE('emptyStructType', (): ast.TypeNode => {
    const at = locationOf(this.CONSUME(t.word('STRUCT')))
    this.CONSUME(t.NotEquals)
    return { kind: 'StructType', at, fields: [] }
  })
  private readonly decimalType = this.RULE('decimalType', (): ast.TypeNode => {
    const at = locationOf(this.CONSUME(t.word('DECIMAL')))
    this.CONSUME(t.LeftParen)
    const precision = this.SUBRULE(this.typeNumber)
    this.CONSUME(t.Comma)
    const scale = this.SUBRULE2(this.typeNumber)
    this.CONSUME(t.RightParen)
    return { kind: 'DecimalType', at, precision, scale }
  })
  private readonly typeNumber = this.RULE('typeNumber', (): number => {
    const minus = this.OPTION(() => this.CONSUME(t.Minus))
    const digits = this.CONSUME(t.IntegerLiteral)
    return Number(digits.image) * (minus === undefined ? 1 : -1)
  })
  private readonly namedType = this.RULE('namedType', (): ast.TypeNode => {
    const at = locationOf(this.LA(1))
    const name = this.SUBRULE(this.name)
    const parameters: (number | 'STRING')[] = []
    this.OPTION(() => {
      this.CONSUME(t.LeftParen)
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => parameters.push(this.SUBRULE(this.typeParameter)) })
      this.CONSUME(t.RightParen)
    })
    return { kind: 'NamedType', at, name, parameters }
  })
  private readonly typeParameter = this.RULE('typeParameter', (): number | 'STRING' =>
    this.OR<number | 'STRING'>([
      {
        ALT: () => {
          this.CONSUME(t.word('STRING'))
          return 'STRING' as const
        },
      },
      { ALT: () => Number(this.CONSUME(t.IntegerLiteral).image) },
    ]),
  )

  // expression: conjunction (OR conjunction)*
  readonly expression: (index?: number) => ast.Expression = this.RULE('expression', (): ast.Expression => {
    let left = this.SUBRULE(this.conjunction)
    this.MANY(() => {
      this.CONSUME(t.word('OR'))
      const right = this.SUBRULE2(this.conjunction)
      left = { kind: 'Logical', at: left.at, operator: 'OR', left, right }
    })
    return left
  })
  private readonly conjunction = this.RULE('conjunction', (): ast.Expression => {
    let left = this.SUBRULE(this.negation)
    this.MANY(() => {
      this.CONSUME(t.word('AND'))
      const right = this.SUBRULE2(this.negation)
      left = { kind: 'Logical', at: left.at, operator: 'AND', left, right }
    })
    return left
  })
  private readonly negation: (index?: number) => ast.Expression = this.RULE(
    'negation',
    (): ast.Expression =>
      this.OR<ast.Expression>([
        {
          ALT: () => {
            const at = locationOf(this.CONSUME(t.word('NOT')))
            return { kind: 'Not', at, operand: this.SUBRULE(this.negation) }
          },
        },
        { ALT: () => this.SUBRULE(this.predicated) },
      ]),
  )

  // predicated: value ( comparison value | NOT? BETWEEN … | NOT? IN … | NOT? LIKE … | IS NOT? (NULL | DISTINCT FROM value) )?
  private readonly predicated = this.RULE('predicated', (): ast.Expression => {
    const operand = this.SUBRULE(this.value)
    return this.OPTION(() => this.SUBRULE(this.predicate, { ARGS: [operand] })) ?? operand
  })
  private readonly predicate = this.RULE('predicate', (operand: ast.Expression): ast.Expression => {
    // While the grammar is recorded there is no operand yet.
    const at = operand?.at
    return this.OR<ast.Expression>([
      {
        ALT: () => {
          const token = this.OR2(COMPARISONS.map(comparison => ({ ALT: () => this.CONSUME(comparison) })))
          const right = this.SUBRULE(this.value)
          const image = (token as IToken).image
          const operator = (image === '!=' ? '<>' : image) as ast.ComparisonOperator
          return { kind: 'Comparison', at, operator, left: operand, right }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('IS'))
          const negated = this.OPTION(() => this.CONSUME(t.word('NOT'))) !== undefined
          return this.OR3<ast.Expression>([
            {
              ALT: () => {
                this.CONSUME(t.word('NULL'))
                return { kind: 'IsNull', at, operand, negated }
              },
            },
            {
              ALT: () => {
                this.CONSUME(t.word('DISTINCT'))
                this.CONSUME(t.word('FROM'))
                const right = this.SUBRULE2(this.value)
                const operator = negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM'
                return { kind: 'Comparison', at, operator, left: operand, right }
              },
            },
          ])
        },
      },
      {
        ALT: () => {
          const negated = this.OPTION2(() => this.CONSUME2(t.word('NOT'))) !== undefined
          return this.OR4<ast.Expression>([
            { ALT: () => this.SUBRULE(this.between, { ARGS: [operand, negated] }) },
            { ALT: () => this.SUBRULE(this.inList, { ARGS: [operand, negated] }) },
            { ALT: () => this.SUBRULE(this.like, { ARGS: [operand, negated] }) },
          ])
        },
      },
    ])
  })
  private readonly between = this.RULE('between', (operand: ast.Expression, negated: boolean): ast.Expression => {
    this.CONSUME(t.word('BETWEEN'))
    const lower = this.SUBRULE(this.value)
    this.CONSUME(t.word('AND'))
    const upper = this.SUBRULE2(this.value)
    return { kind: 'Between', at: operand?.at, operand, lower, upper, negated }
  })
  private readonly inList = this.RULE('inList', (operand: ast.Expression, negated: boolean): ast.Expression => {
    const list: ast.Expression[] = []
    this.CONSUME(t.word('IN'))
    this.CONSUME(t.LeftParen)
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.expression)) })
    this.CONSUME(t.RightParen)
    return { kind: 'In', at: operand?.at, operand, list, negated }
  })
  private readonly like = this.RULE('like', (operand: ast.Expression, negated: boolean): ast.Expression => {
    this.CONSUME(t.word('LIKE'))
    const pattern = this.SUBRULE(this.value)
    const escapeWith =
      this.OPTION(() => {
        this.CONSUME(t.word('ESCAPE'))
        return this.SUBRULE(this.stringLiteral).value
      }) ?? null
    return { kind: 'Like', at: operand?.at, operand, pattern, escape: escapeWith, negated }
  })

  // value: sum ('||' sum)*
  readonly value: (index?: number) => ast.Expression = this.RULE('value', (): ast.Expression => {
    let left = this.SUBRULE(this.sum)
    this.MANY(() => {
      this.CONSUME(t.Concat)
      const right = this.SUBRULE2(this.sum)
      left = { kind: 'FunctionCall', at: left.at, name: 'CONCAT', arguments: [left, right], star: false }
    })
    return left
  })
  private readonly sum = this.RULE('sum', (): ast.Expression => {
    let left = this.SUBRULE(this.product)
    this.MANY(() => {
      const token = this.OR([{ ALT: () => this.CONSUME(t.Plus) }, { ALT: () => this.CONSUME(t.Minus) }])
      const right = this.SUBRULE2(this.product)
      left = { kind: 'Arithmetic', at: left.at, operator: token.image as '+' | '-', left, right }
    })
    return left
  })
  private readonly product = this.RULE('product', (): ast.Expression => {
    let left = this.SUBRULE(this.signed)
    this.MANY(() => {
      const token = this.OR([
        { ALT: () => this.CONSUME(t.Asterisk) },
        { ALT: () => this.CONSUME(t.Slash) },
        { ALT: () => this.CONSUME(t.Percent) },
      ])
      const right = this.SUBRULE2(this.signed)
      left = { kind: 'Arithmetic', at: left.at, operator: token.image as '*' | '/' | '%', left, right }
    })
    return left
  })
  /** A minus in front of digits belongs to the literal, so that −2147483648 is an INTEGER. */
  private readonly signed: (index?: number) => ast.Expression = this.RULE(
    'signed',
    (): ast.Expression =>
      this.OR<ast.Expression>({
        DEF: [
          {
            GATE: () => !(this.LA(1).tokenType === t.Minus && isNumber(this.LA(2))),
            ALT: () => {
              const token = this.OR2([{ ALT: () => this.CONSUME(t.Minus) }, { ALT: () => this.CONSUME(t.Plus) }])
              const operand = this.SUBRULE(this.signed)
              return { kind: 'Sign', at: locationOf(token), operator: token.image as '+' | '-', operand }
            },
          },
          { ALT: () => this.SUBRULE(this.postfix) },
        ],
        IGNORE_AMBIGUITIES: true,
      }),
  )

  // postfix: primary ( '[' value ']' | '->' name )*
  private readonly postfix = this.RULE('postfix', (): ast.Expression => {
    let base = this.SUBRULE(this.primary)
    this.MANY({
      GATE: () => !(this.LA(1).tokenType === t.Arrow && this.LA(2).tokenType === t.Asterisk),
      DEF: () =>
        this.OR([
          {
            ALT: () => {
              this.CONSUME(t.LeftBracket)
              const index = this.SUBRULE(this.value)
              this.CONSUME(t.RightBracket)
              base = { kind: 'Subscript', at: base.at, base, index }
            },
          },
          {
            ALT: () => {
              this.CONSUME(t.Arrow)
              base = { kind: 'Dereference', at: base.at, base, field: this.SUBRULE(this.name) }
            },
          },
        ]),
    })
    return base
  })

  private readonly primary = this.RULE(
    'primary',
    (): ast.Expression =>
      this.OR<ast.Expression>({
        DEF: [
          { ALT: () => this.SUBRULE(this.literal) },
          { ALT: () => this.SUBRULE(this.caseExpression) },
          { ALT: () => this.SUBRULE(this.cast) },
          { GATE: () => this.LA(2).tokenType === t.LeftBracket, ALT: () => this.SUBRULE(this.createArray) },
          { GATE: () => this.isMapConstructor(), ALT: () => this.SUBRULE(this.createMap) },
          { GATE: () => this.LA(2).tokenType === t.LeftParen, ALT: () => this.SUBRULE(this.createStruct) },
          { GATE: () => this.LA(2).tokenType === t.StringLiteral, ALT: () => this.SUBRULE(this.typedLiteral) },
          { GATE: () => this.LA(2).tokenType === t.LeftParen, ALT: () => this.SUBRULE(this.functionCall) },
          { ALT: () => this.SUBRULE(this.columnReference) },
          {
            ALT: () => {
              this.CONSUME(t.LeftParen)
              const inner = this.SUBRULE(this.expression)
              this.CONSUME(t.RightParen)
              return inner
            },
          },
        ],
        IGNORE_AMBIGUITIES: true,
      }),
  )

  /** `MAP(` is also how a function of that name would be called; ksqlDB knows none. */
  private isMapConstructor(): boolean {
    return this.LA(1).tokenType === t.word('MAP') && this.LA(2).tokenType === t.LeftParen
  }

  private readonly caseExpression = this.RULE('caseExpression', (): ast.Expression => {
    const at = locationOf(this.CONSUME(t.word('CASE')))
    const operand = this.OPTION(() => this.SUBRULE(this.value)) ?? null
    const when: ast.WhenClause[] = []
    this.AT_LEAST_ONE(() => {
      this.CONSUME(t.word('WHEN'))
      const condition = this.SUBRULE(this.expression)
      this.CONSUME(t.word('THEN'))
      when.push({ condition, result: this.SUBRULE2(this.expression) })
    })
    const otherwise =
      this.OPTION2(() => {
        this.CONSUME(t.word('ELSE'))
        return this.SUBRULE3(this.expression)
      }) ?? null
    this.CONSUME(t.word('END'))
    return { kind: 'Case', at, operand, when, otherwise }
  })
  private readonly cast = this.RULE('cast', (): ast.Expression => {
    const at = locationOf(this.CONSUME(t.word('CAST')))
    this.CONSUME(t.LeftParen)
    const operand = this.SUBRULE(this.expression)
    this.CONSUME(t.word('AS'))
    const type = this.SUBRULE(this.type)
    this.CONSUME(t.RightParen)
    return { kind: 'Cast', at, operand, type }
  })
  private readonly createArray = this.RULE('createArray', (): ast.Expression => {
    const at = locationOf(this.CONSUME(t.word('ARRAY')))
    const elements: ast.Expression[] = []
    this.CONSUME(t.LeftBracket)
    this.MANY_SEP({ SEP: t.Comma, DEF: () => elements.push(this.SUBRULE(this.expression)) })
    this.CONSUME(t.RightBracket)
    return { kind: 'CreateArray', at, elements }
  })
  private readonly createMap = this.RULE('createMap', (): ast.Expression => {
    const at = locationOf(this.CONSUME(t.word('MAP')))
    const entries: { key: ast.Expression; value: ast.Expression }[] = []
    this.CONSUME(t.LeftParen)
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const key = this.SUBRULE(this.expression)
        this.CONSUME(t.Assign)
        entries.push({ key, value: this.SUBRULE2(this.expression) })
      },
    })
    this.CONSUME(t.RightParen)
    return { kind: 'CreateMap', at, entries }
  })
  private readonly createStruct = this.RULE('createStruct', (): ast.Expression => {
    const at = locationOf(this.CONSUME(t.word('STRUCT')))
    const fields: { name: string; value: ast.Expression }[] = []
    this.CONSUME(t.LeftParen)
    this.MANY_SEP({
      SEP: t.Comma,
      DEF: () => {
        const name = this.SUBRULE(this.name)
        this.CONSUME(t.Assign)
        fields.push({ name, value: this.SUBRULE(this.expression) })
      },
    })
    this.CONSUME(t.RightParen)
    return { kind: 'CreateStruct', at, fields }
  })
  private readonly typedLiteral = this.RULE('typedLiteral', (): ast.Expression => {
    const at = locationOf(this.LA(1))
    const type = this.SUBRULE(this.name)
    return { kind: 'TypedLiteral', at, type, text: this.SUBRULE(this.stringLiteral).value }
  })
  readonly functionCall = this.RULE('functionCall', (): ast.FunctionCall => {
    const at = locationOf(this.LA(1))
    const name = this.SUBRULE(this.name)
    const args: ast.Expression[] = []
    this.CONSUME(t.LeftParen)
    const star = this.OR<boolean>([
      {
        ALT: () => {
          this.CONSUME(t.Asterisk)
          return true
        },
      },
      {
        ALT: () => {
          this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.functionArgument)) })
          return false
        },
      },
    ])
    this.CONSUME(t.RightParen)
    return { kind: 'FunctionCall', at, name, arguments: args, star }
  })
  private readonly functionArgument = this.RULE(
    'functionArgument',
    (): ast.Expression =>
      this.OR<ast.Expression>({
        DEF: [
          { GATE: () => this.isLambda(), ALT: () => this.SUBRULE(this.lambda) },
          {
            GATE: () => !UNITS.has(this.LA(1).tokenType) || this.LA(1).tokenType.CATEGORIES?.includes(t.Name) === true,
            ALT: () => this.SUBRULE(this.expression),
          },
          { ALT: () => ({ kind: 'IntervalUnit', at: locationOf(this.LA(1)), unit: this.SUBRULE(this.unit) }) },
        ],
        IGNORE_AMBIGUITIES: true,
      }),
  )
  /** `x =>` or `(x, y, …) =>`: the only place that needs more than a fixed number of tokens ahead. */
  private isLambda(): boolean {
    if (this.LA(1).tokenType !== t.LeftParen) return this.LA(2).tokenType === t.LambdaArrow
    let ahead = 2
    while (this.LA(ahead + 1).tokenType === t.Comma) ahead += 2
    return this.LA(ahead + 1).tokenType === t.RightParen && this.LA(ahead + 2).tokenType === t.LambdaArrow
  }
  private readonly lambda = this.RULE('lambda', (): ast.Expression => {
    const at = locationOf(this.LA(1))
    const parameters: string[] = []
    this.OR([
      { ALT: () => parameters.push(this.SUBRULE(this.name)) },
      {
        ALT: () => {
          this.CONSUME(t.LeftParen)
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => parameters.push(this.SUBRULE2(this.name)) })
          this.CONSUME(t.RightParen)
        },
      },
    ])
    this.CONSUME(t.LambdaArrow)
    return { kind: 'Lambda', at, parameters, body: this.SUBRULE(this.expression) }
  })
  private readonly columnReference = this.RULE('columnReference', (): ast.Expression => {
    const at = locationOf(this.LA(1))
    const first = this.SUBRULE(this.name)
    const second = this.OPTION(() => {
      this.CONSUME(t.Dot)
      return this.SUBRULE2(this.name)
    })
    return second === undefined
      ? { kind: 'ColumnReference', at, source: null, name: first }
      : { kind: 'ColumnReference', at, source: first, name: second }
  })
}

function isNumber(token: IToken): boolean {
  return [t.IntegerLiteral, t.DecimalLiteral, t.FloatLiteral].includes(token.tokenType)
}

function numberLiteral(
  token: IToken,
  minus: IToken | undefined,
): ast.IntegerLiteral | ast.DecimalLiteral | ast.DoubleLiteral {
  const at = locationOf(minus ?? token)
  const text = minus === undefined ? token.image : `-${token.image}`
  if (token.tokenType === t.IntegerLiteral) return { kind: 'IntegerLiteral', at, value: BigInt(text) }
  if (token.tokenType === t.DecimalLiteral) return { kind: 'DecimalLiteral', at, text }
  return { kind: 'DoubleLiteral', at, value: Number(text) }
}
