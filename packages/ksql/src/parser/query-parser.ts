/** `SELECT … FROM … [WINDOW] [WHERE] [GROUP BY] [PARTITION BY] [HAVING] [EMIT] [LIMIT]`, in this order only. */
import type * as ast from '../ast/nodes.ts'
import * as t from '../lexer/tokens.ts'
import { ExpressionParser } from './expression-parser.ts'
import { locationOf } from './token-text.ts'

export class QueryParser extends ExpressionParser {
  readonly query = this.RULE('query', (): ast.Query => {
    const at = locationOf(this.CONSUME(t.word('SELECT')))
    const select: ast.SelectItem[] = []
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => select.push(this.SUBRULE(this.selectItem)) })
    this.CONSUME(t.word('FROM'))
    const from = this.SUBRULE(this.aliasedSource)
    const joins: ast.JoinedSource[] = []
    this.MANY(() => joins.push(this.SUBRULE(this.joinedSource)))
    const window = this.OPTION(() => this.SUBRULE(this.windowClause)) ?? null
    const where =
      this.OPTION2(() => {
        this.CONSUME(t.word('WHERE'))
        return this.SUBRULE(this.expression)
      }) ?? null
    const groupBy =
      this.OPTION3(() => {
        this.CONSUME(t.word('GROUP'))
        this.CONSUME(t.word('BY'))
        return this.SUBRULE(this.keyList)
      }) ?? null
    const partitionBy =
      this.OPTION4(() => {
        this.CONSUME(t.word('PARTITION'))
        this.CONSUME2(t.word('BY'))
        return this.SUBRULE2(this.keyList)
      }) ?? null
    const having =
      this.OPTION5(() => {
        this.CONSUME(t.word('HAVING'))
        return this.SUBRULE2(this.expression)
      }) ?? null
    const emit =
      this.OPTION6(() => {
        this.CONSUME(t.word('EMIT'))
        return this.OR<'CHANGES' | 'FINAL'>([
          { ALT: () => this.CONSUME(t.word('CHANGES')) && 'CHANGES' },
          { ALT: () => this.CONSUME(t.word('FINAL')) && 'FINAL' },
        ])
      }) ?? null
    const limit = this.OPTION7(() => this.SUBRULE(this.limitClause)) ?? null
    return { kind: 'Query', at, select, from, joins, window, where, groupBy, partitionBy, having, emit, limit }
  })

  // LIMIT n
  readonly limitClause = this.RULE('limitClause', (): number => {
    this.CONSUME(t.word('LIMIT'))
    return Number(this.CONSUME(t.IntegerLiteral).image)
  })

  // selectItem: '*' | name '.' '*' | primary '->' '*' | expression (AS? name)?
  private readonly selectItem = this.RULE('selectItem', (): ast.SelectItem => {
    const at = locationOf(this.LA(1))
    return this.OR<ast.SelectItem>({
      DEF: [
        {
          ALT: () => {
            this.CONSUME(t.Asterisk)
            return { kind: 'SelectAll', at, source: null }
          },
        },
        {
          GATE: () => this.LA(2).tokenType === t.Dot && this.LA(3).tokenType === t.Asterisk,
          ALT: () => {
            const source = this.SUBRULE(this.name)
            this.CONSUME(t.Dot)
            this.CONSUME2(t.Asterisk)
            return { kind: 'SelectAll', at, source }
          },
        },
        { ALT: () => this.SUBRULE(this.selectExpression) },
      ],
      IGNORE_AMBIGUITIES: true,
    })
  })
  private readonly selectExpression = this.RULE('selectExpression', (): ast.SelectItem => {
    const expression = this.SUBRULE(this.expression)
    const at = expression?.at
    return this.OR<ast.SelectItem>([
      {
        ALT: () => {
          this.CONSUME(t.Arrow)
          this.CONSUME(t.Asterisk)
          return { kind: 'SelectStructAll', at, base: expression }
        },
      },
      {
        ALT: () => {
          const alias =
            this.OPTION({
              GATE: () => !this.isClauseStart(),
              DEF: () => {
                this.OPTION2(() => this.CONSUME(t.word('AS')))
                return this.SUBRULE(this.name)
              },
            }) ?? null
          return { kind: 'SelectExpression', at, expression, alias }
        },
      },
    ])
  })

  /** EMIT and PARTITION are no reserved words: before CHANGES, FINAL and BY they start a clause and are no alias. */
  private isClauseStart(): boolean {
    const [first, second] = [this.LA(1).tokenType, this.LA(2).tokenType]
    if (first === t.word('EMIT')) return second === t.word('CHANGES') || second === t.word('FINAL')
    return first === t.word('PARTITION') && second === t.word('BY')
  }

  private readonly aliasedSource = this.RULE('aliasedSource', (): ast.AliasedSource => {
    const at = locationOf(this.LA(1))
    const name = this.SUBRULE(this.name)
    const alias =
      this.OPTION({
        GATE: () => !this.isClauseStart(),
        DEF: () => {
          this.OPTION2(() => this.CONSUME(t.word('AS')))
          return this.SUBRULE2(this.name)
        },
      }) ?? null
    return { kind: 'AliasedSource', at, name, alias }
  })

  // joinedSource: (INNER? | (LEFT | RIGHT | FULL) OUTER?) JOIN source within? ON expression
  private readonly joinedSource = this.RULE('joinedSource', (): ast.JoinedSource => {
    const at = locationOf(this.LA(1))
    const type =
      this.OPTION(() =>
        this.OR<ast.JoinedSource['type']>([
          { ALT: () => this.CONSUME(t.word('INNER')) && 'INNER' },
          {
            ALT: () => {
              const outer = this.OR2<ast.JoinedSource['type']>([
                { ALT: () => this.CONSUME(t.word('LEFT')) && 'LEFT' },
                { ALT: () => this.CONSUME(t.word('RIGHT')) && 'RIGHT' },
                { ALT: () => this.CONSUME(t.word('FULL')) && 'FULL' },
              ])
              this.OPTION2(() => this.CONSUME(t.word('OUTER')))
              return outer
            },
          },
        ]),
      ) ?? 'INNER'
    this.CONSUME(t.word('JOIN'))
    const source = this.SUBRULE(this.aliasedSource)
    const within = this.OPTION3(() => this.SUBRULE(this.within)) ?? null
    this.CONSUME(t.word('ON'))
    return { kind: 'JoinedSource', at, type, source, within, on: this.SUBRULE(this.expression) }
  })
  // within: WITHIN ( duration | '(' duration ',' duration ')' ) (GRACE PERIOD duration)?
  private readonly within = this.RULE('within', (): ast.Within => {
    this.CONSUME(t.word('WITHIN'))
    const { before, after } = this.OR<Pick<ast.Within, 'before' | 'after'>>([
      {
        ALT: () => {
          this.CONSUME(t.LeftParen)
          const first = this.SUBRULE(this.duration)
          this.CONSUME(t.Comma)
          const second = this.SUBRULE2(this.duration)
          this.CONSUME(t.RightParen)
          return { before: first, after: second }
        },
      },
      {
        ALT: () => {
          const both = this.SUBRULE3(this.duration)
          return { before: both, after: both }
        },
      },
    ])
    const grace = this.OPTION(() => this.SUBRULE(this.gracePeriod)) ?? null
    return { before, after, grace }
  })

  readonly duration = this.RULE('duration', (): ast.Duration => {
    const amount = Number(this.CONSUME(t.IntegerLiteral).image)
    return { amount, unit: this.SUBRULE(this.unit) }
  })
  private readonly gracePeriod = this.RULE('gracePeriod', (): ast.Duration => {
    this.CONSUME(t.word('GRACE'))
    this.CONSUME(t.word('PERIOD'))
    return this.SUBRULE(this.duration)
  })

  // windowClause: WINDOW (TUMBLING '(' SIZE duration … | HOPPING '(' SIZE duration ',' ADVANCE BY duration … | SESSION '(' duration …) ')'
  private readonly windowClause = this.RULE('windowClause', (): ast.WindowClause => {
    const at = locationOf(this.CONSUME(t.word('WINDOW')))
    let advance: ast.Duration | null = null
    const { type, size } = this.OR<Pick<ast.WindowClause, 'type' | 'size'>>([
      {
        ALT: () => {
          this.CONSUME(t.word('TUMBLING'))
          this.CONSUME(t.LeftParen)
          this.CONSUME(t.word('SIZE'))
          return { type: 'TUMBLING', size: this.SUBRULE(this.duration) }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('HOPPING'))
          this.CONSUME2(t.LeftParen)
          this.CONSUME2(t.word('SIZE'))
          const length = this.SUBRULE2(this.duration)
          this.CONSUME(t.Comma)
          this.CONSUME(t.word('ADVANCE'))
          this.CONSUME(t.word('BY'))
          advance = this.SUBRULE3(this.duration)
          return { type: 'HOPPING', size: length }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('SESSION'))
          this.CONSUME3(t.LeftParen)
          return { type: 'SESSION', size: this.SUBRULE4(this.duration) }
        },
      },
    ])
    const retention =
      this.OPTION(() => {
        this.CONSUME2(t.Comma)
        this.CONSUME(t.word('RETENTION'))
        return this.SUBRULE5(this.duration)
      }) ?? null
    const grace =
      this.OPTION2(() => {
        this.CONSUME3(t.Comma)
        return this.SUBRULE(this.gracePeriod)
      }) ?? null
    this.CONSUME(t.RightParen)
    return { kind: 'WindowClause', at, type, size, advance, retention, grace }
  })

  // keyList: value (',' value)* | '(' (value (',' value)*)? ')'
  private readonly keyList = this.RULE('keyList', (): ast.Expression[] => {
    const keys: ast.Expression[] = []
    this.OR({
      DEF: [
        {
          GATE: () => this.isParenthesizedList(),
          ALT: () => {
            this.CONSUME(t.LeftParen)
            this.MANY_SEP({ SEP: t.Comma, DEF: () => keys.push(this.SUBRULE(this.value)) })
            this.CONSUME(t.RightParen)
          },
        },
        {
          ALT: () => {
            keys.push(this.SUBRULE2(this.value))
            this.MANY(() => {
              this.CONSUME(t.Comma)
              keys.push(this.SUBRULE3(this.value))
            })
          },
        },
      ],
      IGNORE_AMBIGUITIES: true,
    })
    return keys
  })
  /** `(a, b)` is a list, `(a + b) * c` starts a value: a clause or the end follows the closing bracket of a list. */
  private isParenthesizedList(): boolean {
    if (this.LA(1).tokenType !== t.LeftParen) return false
    let depth = 0
    for (let ahead = 1; ; ahead++) {
      const token = this.LA(ahead).tokenType
      if (token === t.LeftParen) depth++
      else if (token === t.RightParen && --depth === 0) return LIST_FOLLOWERS.has(this.LA(ahead + 1).tokenType)
      else if (token === t.Semicolon || token.name === 'EOF') return false
    }
  }
}

const LIST_FOLLOWERS = new Set([t.Semicolon, ...['PARTITION', 'HAVING', 'EMIT', 'LIMIT'].map(t.word)])
