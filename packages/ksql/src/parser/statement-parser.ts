/** Statements. Each alternative carries its production. */
import type * as ast from '../ast/nodes.ts'
import * as t from '../lexer/tokens.ts'
import { QueryParser } from './query-parser.ts'
import { identifierText, locationOf, stringText } from './token-text.ts'

export class StatementParser extends QueryParser {
  constructor() {
    super()
    this.performSelfAnalysis()
  }

  readonly terminatedStatement = this.RULE('terminatedStatement', (): ast.Statement => {
    const statement = this.SUBRULE(this.statement)
    this.CONSUME(t.Semicolon)
    return statement
  })

  readonly statement: (index?: number) => ast.Statement = this.RULE('statement', (): ast.Statement => {
    return this.OR<ast.Statement>([
      { ALT: () => this.SUBRULE(this.query) },
      { ALT: () => this.SUBRULE(this.show) },
      { ALT: () => this.SUBRULE(this.describe) },
      { ALT: () => this.SUBRULE(this.print) },
      { ALT: () => this.SUBRULE(this.queryControl) },
      { ALT: () => this.SUBRULE(this.setting) },
      { ALT: () => this.SUBRULE(this.create) },
      { ALT: () => this.SUBRULE(this.insert) },
      { ALT: () => this.SUBRULE(this.drop) },
      { ALT: () => this.SUBRULE(this.alter) },
      { ALT: () => this.SUBRULE(this.explain) },
      { ALT: () => this.SUBRULE(this.assert) },
    ])
  })

  // (SHOW | LIST) ( PROPERTIES | ALL? TOPICS EXTENDED? | STREAMS EXTENDED? | TABLES EXTENDED? | QUERIES EXTENDED?
  //   | FUNCTIONS | (SOURCE | SINK)? CONNECTORS | CONNECTOR PLUGINS | TYPES | VARIABLES )
  private readonly show = this.RULE('show', (): ast.Show => {
    const at = locationOf(this.LA(1))
    this.OR([{ ALT: () => this.CONSUME(t.word('SHOW')) }, { ALT: () => this.CONSUME(t.word('LIST')) }])
    const what = this.OR2<ast.Listing>([
      { ALT: () => this.CONSUME(t.word('PROPERTIES')) && 'PROPERTIES' },
      {
        ALT: () => {
          const all = this.OPTION(() => this.CONSUME(t.word('ALL')))
          this.CONSUME(t.word('TOPICS'))
          return all === undefined ? 'TOPICS' : 'ALL TOPICS'
        },
      },
      { ALT: () => this.CONSUME(t.word('STREAMS')) && 'STREAMS' },
      { ALT: () => this.CONSUME(t.word('TABLES')) && 'TABLES' },
      { ALT: () => this.CONSUME(t.word('QUERIES')) && 'QUERIES' },
      { ALT: () => this.CONSUME(t.word('FUNCTIONS')) && 'FUNCTIONS' },
      { ALT: () => this.CONSUME(t.word('CONNECTORS')) && 'CONNECTORS' },
      {
        ALT: () => {
          this.CONSUME(t.word('SOURCE'))
          this.CONSUME2(t.word('CONNECTORS'))
          return 'SOURCE CONNECTORS'
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('SINK'))
          this.CONSUME3(t.word('CONNECTORS'))
          return 'SINK CONNECTORS'
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('CONNECTOR'))
          this.CONSUME(t.word('PLUGINS'))
          return 'CONNECTOR PLUGINS'
        },
      },
      { ALT: () => this.CONSUME(t.word('TYPES')) && 'TYPES' },
      { ALT: () => this.CONSUME(t.word('VARIABLES')) && 'VARIABLES' },
    ])
    const extended = this.OPTION2(() => this.CONSUME(t.word('EXTENDED'))) !== undefined
    return { kind: 'Show', at, what, extended }
  })

  // DESCRIBE ( FUNCTION name | CONNECTOR name | (STREAMS | TABLES) EXTENDED? | name EXTENDED? )
  private readonly describe = this.RULE('describe', (): ast.Describe => {
    const at = locationOf(this.CONSUME(t.word('DESCRIBE')))
    return this.OR<ast.Describe>({
      DEF: [
        {
          GATE: () => this.LA(2).tokenType !== t.Semicolon && this.LA(2).tokenType !== t.word('EXTENDED'),
          ALT: () => {
            this.CONSUME(t.word('FUNCTION'))
            return { kind: 'Describe', at, what: 'FUNCTION', name: this.SUBRULE(this.name), extended: false }
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.word('CONNECTOR'))
            return { kind: 'Describe', at, what: 'CONNECTOR', name: this.SUBRULE2(this.name), extended: false }
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.word('STREAMS'))
            const extended = this.OPTION(() => this.CONSUME(t.word('EXTENDED'))) !== undefined
            return { kind: 'Describe', at, what: 'STREAMS', name: null, extended }
          },
        },
        {
          GATE: () => this.LA(1).tokenType === t.word('TABLES'),
          ALT: () => {
            this.CONSUME(t.word('TABLES'))
            const extended = this.OPTION2(() => this.CONSUME2(t.word('EXTENDED'))) !== undefined
            return { kind: 'Describe', at, what: 'TABLES', name: null, extended }
          },
        },
        {
          ALT: () => {
            const name = this.SUBRULE3(this.name)
            const extended = this.OPTION3(() => this.CONSUME3(t.word('EXTENDED'))) !== undefined
            return { kind: 'Describe', at, what: 'SOURCE', name, extended }
          },
        },
      ],
      IGNORE_AMBIGUITIES: true,
    })
  })

  // PRINT (name | STRING) (FROM BEGINNING)? ((INTERVAL | SAMPLE) n)? (LIMIT n)?
  private readonly print = this.RULE('print', (): ast.Print => {
    const at = locationOf(this.CONSUME(t.word('PRINT')))
    const topic = this.SUBRULE(this.resourceName)
    const fromBeginning =
      this.OPTION(() => {
        this.CONSUME(t.word('FROM'))
        return this.CONSUME(t.word('BEGINNING'))
      }) !== undefined
    const interval =
      this.OPTION2(() => {
        this.OR([{ ALT: () => this.CONSUME(t.word('INTERVAL')) }, { ALT: () => this.CONSUME(t.word('SAMPLE')) }])
        return Number(this.CONSUME(t.IntegerLiteral).image)
      }) ?? null
    const limit = this.OPTION3(() => this.SUBRULE(this.limitClause)) ?? null
    return { kind: 'Print', at, topic, fromBeginning, interval, limit }
  })
  /** A topic or subject: an unquoted name keeps its case, as topics are case-sensitive. */
  private readonly resourceName = this.RULE('resourceName', (): string => {
    const token = this.OR([{ ALT: () => this.CONSUME(t.StringLiteral) }, { ALT: () => this.CONSUME(t.Name) }])
    return this.ACTION(() => {
      if (token.tokenType === t.StringLiteral) return stringText(token)
      const quoted = token.tokenType === t.QuotedIdentifier || token.tokenType === t.BackquotedIdentifier
      return quoted ? identifierText(token) : token.image
    })
  })

  // (TERMINATE | PAUSE | RESUME) (ALL | name)
  private readonly queryControl = this.RULE('queryControl', (): ast.QueryControl => {
    const at = locationOf(this.LA(1))
    const action = this.OR<ast.QueryControl['action']>([
      { ALT: () => this.CONSUME(t.word('TERMINATE')) && 'TERMINATE' },
      { ALT: () => this.CONSUME(t.word('PAUSE')) && 'PAUSE' },
      { ALT: () => this.CONSUME(t.word('RESUME')) && 'RESUME' },
    ])
    const queryId = this.OR2<string | null>([
      { ALT: () => this.CONSUME(t.word('ALL')) && null },
      { ALT: () => this.SUBRULE(this.name) },
    ])
    return { kind: 'QueryControl', at, action, queryId }
  })

  // SET 'p' = 'v' | UNSET 'p' | DEFINE name = 'v' | UNDEFINE name
  private readonly setting = this.RULE('setting', (): ast.Statement => {
    const at = locationOf(this.LA(1))
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          this.CONSUME(t.word('SET'))
          const name = this.SUBRULE(this.stringLiteral).value
          this.CONSUME(t.Equals)
          return { kind: 'SetProperty', at, name, value: this.SUBRULE2(this.stringLiteral).value }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('UNSET'))
          return { kind: 'SetProperty', at, name: this.SUBRULE3(this.stringLiteral).value, value: null }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('DEFINE'))
          const name = this.CONSUME(t.Identifier).image
          this.CONSUME2(t.Equals)
          return { kind: 'DefineVariable', at, name, value: this.SUBRULE4(this.stringLiteral).value }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('UNDEFINE'))
          return { kind: 'DefineVariable', at, name: this.CONSUME2(t.Identifier).image, value: null }
        },
      },
    ])
  })

  // CREATE (OR REPLACE)? SOURCE? (STREAM | TABLE) … | CREATE (SOURCE | SINK) CONNECTOR … | CREATE TYPE …
  private readonly create = this.RULE('create', (): ast.Statement => {
    const at = locationOf(this.CONSUME(t.word('CREATE')))
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          this.CONSUME(t.word('TYPE'))
          const ifNotExists = this.SUBRULE(this.ifNotExists)
          const name = this.SUBRULE(this.name)
          this.CONSUME(t.word('AS'))
          return { kind: 'CreateType', at, name, ifNotExists, type: this.SUBRULE(this.type) }
        },
      },
      { ALT: () => this.SUBRULE(this.createConnector, { ARGS: [at] }) },
      { ALT: () => this.SUBRULE(this.createSource, { ARGS: [at] }) },
    ])
  })
  private readonly createConnector = this.RULE('createConnector', (at: ast.Location): ast.CreateConnector => {
    const type = this.OR<'SOURCE' | 'SINK'>([
      { ALT: () => this.CONSUME(t.word('SOURCE')) && 'SOURCE' },
      { ALT: () => this.CONSUME(t.word('SINK')) && 'SINK' },
    ])
    this.CONSUME(t.word('CONNECTOR'))
    const ifNotExists = this.SUBRULE(this.ifNotExists)
    const name = this.SUBRULE(this.name)
    return { kind: 'CreateConnector', at, type, name, ifNotExists, properties: this.SUBRULE(this.withClause) }
  })
  private readonly createSource = this.RULE('createSource', (at: ast.Location): ast.Statement => {
    const orReplace =
      this.OPTION(() => {
        this.CONSUME(t.word('OR'))
        return this.CONSUME(t.word('REPLACE'))
      }) !== undefined
    const readOnly = this.OPTION2(() => this.CONSUME(t.word('SOURCE'))) !== undefined
    const type = this.SUBRULE(this.sourceKind)
    const ifNotExists = this.SUBRULE(this.ifNotExists)
    const name = this.SUBRULE(this.name)
    const columns = this.OPTION3(() => this.SUBRULE(this.columnElements)) ?? []
    const properties = this.OPTION4(() => this.SUBRULE(this.withClause)) ?? []
    const query = this.OPTION5({
      GATE: () => columns.length === 0 && !readOnly,
      DEF: () => {
        this.CONSUME(t.word('AS'))
        return this.SUBRULE(this.query)
      },
    })
    return query === undefined
      ? { kind: 'CreateSource', at, type, name, orReplace, ifNotExists, readOnly, columns, properties }
      : { kind: 'CreateAsSelect', at, type, name, orReplace, ifNotExists, properties, query }
  })
  private readonly sourceKind = this.RULE(
    'sourceKind',
    (): ast.SourceKind =>
      this.OR<ast.SourceKind>([
        { ALT: () => this.CONSUME(t.word('STREAM')) && 'STREAM' },
        { ALT: () => this.CONSUME(t.word('TABLE')) && 'TABLE' },
      ]),
  )
  private readonly ifNotExists = this.RULE(
    'ifNotExists',
    (): boolean =>
      this.OPTION({
        GATE: () => this.LA(2).tokenType === t.word('NOT'),
        DEF: () => {
          this.CONSUME(t.word('IF'))
          this.CONSUME(t.word('NOT'))
          return this.CONSUME(t.word('EXISTS'))
        },
      }) !== undefined,
  )
  private readonly ifExists = this.RULE(
    'ifExists',
    (): boolean =>
      this.OPTION({
        GATE: () => this.LA(2).tokenType === t.word('EXISTS'),
        DEF: () => {
          this.CONSUME(t.word('IF'))
          return this.CONSUME(t.word('EXISTS'))
        },
      }) !== undefined,
  )
  // '(' name type (PRIMARY? KEY | HEADERS | HEADER '(' STRING ')')? , … ')'
  private readonly columnElements = this.RULE('columnElements', (): ast.ColumnElement[] => {
    const columns: ast.ColumnElement[] = []
    this.CONSUME(t.LeftParen)
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const at = locationOf(this.LA(1))
        const name = this.SUBRULE(this.name)
        const type = this.SUBRULE(this.type)
        const constraint = this.OPTION(() => this.SUBRULE(this.columnConstraint)) ?? null
        columns.push({ at, name, type, constraint })
      },
    })
    this.CONSUME(t.RightParen)
    return columns
  })
  private readonly columnConstraint = this.RULE(
    'columnConstraint',
    (): ast.ColumnConstraint =>
      this.OR<ast.ColumnConstraint>([
        { ALT: () => this.CONSUME(t.word('KEY')) && ({ kind: 'KEY' } as const) },
        {
          ALT: () => {
            this.CONSUME(t.word('PRIMARY'))
            this.CONSUME2(t.word('KEY'))
            return { kind: 'PRIMARY KEY' } as const
          },
        },
        { ALT: () => this.CONSUME(t.word('HEADERS')) && ({ kind: 'HEADERS' } as const) },
        {
          ALT: () => {
            this.CONSUME(t.word('HEADER'))
            this.CONSUME(t.LeftParen)
            const header = this.SUBRULE(this.stringLiteral).value
            this.CONSUME(t.RightParen)
            return { kind: 'HEADER', header } as const
          },
        },
      ]),
  )
  // WITH '(' (name | STRING) '=' literal , … ')'
  private readonly withClause = this.RULE('withClause', (): ast.Property[] => {
    const properties: ast.Property[] = []
    this.CONSUME(t.word('WITH'))
    this.CONSUME(t.LeftParen)
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => {
        const name = this.OR([
          { ALT: () => this.SUBRULE(this.name) },
          { ALT: () => this.SUBRULE(this.stringLiteral).value },
        ])
        this.CONSUME(t.Equals)
        properties.push({ name, value: this.SUBRULE(this.literal) })
      },
    })
    this.CONSUME(t.RightParen)
    return properties
  })

  // INSERT INTO name ( columns? VALUES '(' … ')' | (WITH …)? query )
  private readonly insert = this.RULE('insert', (): ast.Statement => {
    const at = locationOf(this.CONSUME(t.word('INSERT')))
    this.CONSUME(t.word('INTO'))
    const target = this.SUBRULE(this.name)
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          const columns =
            this.OPTION(() => {
              const names: string[] = []
              this.CONSUME(t.LeftParen)
              this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => names.push(this.SUBRULE2(this.name)) })
              this.CONSUME(t.RightParen)
              return names
            }) ?? null
          const values: ast.Expression[] = []
          this.CONSUME(t.word('VALUES'))
          this.CONSUME2(t.LeftParen)
          this.MANY_SEP({ SEP: t.Comma, DEF: () => values.push(this.SUBRULE(this.value)) })
          this.CONSUME2(t.RightParen)
          return { kind: 'InsertValues', at, target, columns, values }
        },
      },
      {
        ALT: () => {
          const properties = this.OPTION2(() => this.SUBRULE(this.withClause)) ?? []
          return { kind: 'InsertIntoSelect', at, target, properties, query: this.SUBRULE(this.query) }
        },
      },
    ])
  })

  // DROP ( (STREAM | TABLE) (IF EXISTS)? name (DELETE TOPIC)? | TYPE (IF EXISTS)? name | CONNECTOR (IF EXISTS)? name )
  private readonly drop = this.RULE('drop', (): ast.Statement => {
    const at = locationOf(this.CONSUME(t.word('DROP')))
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          const type = this.SUBRULE(this.sourceKind)
          const ifExists = this.SUBRULE(this.ifExists)
          const name = this.SUBRULE(this.name)
          const deleteTopic =
            this.OPTION(() => {
              this.CONSUME(t.word('DELETE'))
              return this.CONSUME(t.word('TOPIC'))
            }) !== undefined
          return { kind: 'DropSource', at, type, name, ifExists, deleteTopic }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('TYPE'))
          const ifExists = this.SUBRULE2(this.ifExists)
          return { kind: 'DropType', at, ifExists, name: this.SUBRULE2(this.name) }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('CONNECTOR'))
          const ifExists = this.SUBRULE3(this.ifExists)
          return { kind: 'DropConnector', at, ifExists, name: this.SUBRULE3(this.name) }
        },
      },
    ])
  })

  // ALTER ( (STREAM | TABLE) name ADD COLUMN? name type , … | SYSTEM STRING '=' STRING )
  private readonly alter = this.RULE('alter', (): ast.Statement => {
    const at = locationOf(this.CONSUME(t.word('ALTER')))
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          const type = this.SUBRULE(this.sourceKind)
          const name = this.SUBRULE(this.name)
          const columns: { name: string; type: ast.TypeNode }[] = []
          this.AT_LEAST_ONE_SEP({
            SEP: t.Comma,
            DEF: () => {
              this.CONSUME(t.word('ADD'))
              this.OPTION(() => this.CONSUME(t.word('COLUMN')))
              columns.push({ name: this.SUBRULE2(this.name), type: this.SUBRULE(this.type) })
            },
          })
          return { kind: 'AlterSource', at, type, name, columns }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('SYSTEM'))
          const name = this.SUBRULE(this.stringLiteral).value
          this.CONSUME(t.Equals)
          return { kind: 'AlterSystem', at, name, value: this.SUBRULE2(this.stringLiteral).value }
        },
      },
    ])
  })

  // EXPLAIN (statement | name)
  private readonly explain = this.RULE('explain', (): ast.Explain => {
    const at = locationOf(this.CONSUME(t.word('EXPLAIN')))
    const subject = this.OR<ast.Statement | string>({
      DEF: [
        { GATE: () => this.LA(2).tokenType === t.Semicolon, ALT: () => this.SUBRULE(this.name) },
        { ALT: () => this.SUBRULE(this.statement) },
      ],
      IGNORE_AMBIGUITIES: true,
    })
    return { kind: 'Explain', at, subject }
  })

  // ASSERT (NOT EXISTS)? ( TOPIC name (WITH …)? | SCHEMA (SUBJECT name)? (ID n)? ) (TIMEOUT n unit)?
  private readonly assert = this.RULE('assert', (): ast.Statement => {
    const at = locationOf(this.CONSUME(t.word('ASSERT')))
    const exists =
      this.OPTION(() => {
        this.CONSUME(t.word('NOT'))
        return this.CONSUME(t.word('EXISTS'))
      }) === undefined
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          this.CONSUME(t.word('TOPIC'))
          const topic = this.SUBRULE(this.resourceName)
          const properties = this.OPTION2(() => this.SUBRULE(this.withClause)) ?? []
          const timeout = this.SUBRULE(this.timeout)
          return { kind: 'AssertTopic', at, exists, topic, properties, timeout }
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.word('SCHEMA'))
          const subject =
            this.OPTION3(() => {
              this.CONSUME(t.word('SUBJECT'))
              return this.SUBRULE2(this.resourceName)
            }) ?? null
          const id =
            this.OPTION4(() => {
              this.CONSUME(t.word('ID'))
              return Number(this.CONSUME(t.IntegerLiteral).image)
            }) ?? null
          const timeout = this.SUBRULE2(this.timeout)
          return { kind: 'AssertSchema', at, exists, subject, id, timeout }
        },
      },
    ])
  })
  private readonly timeout = this.RULE(
    'timeout',
    (): ast.Duration | null =>
      this.OPTION(() => {
        this.CONSUME(t.word('TIMEOUT'))
        return this.SUBRULE(this.duration)
      }) ?? null,
  )
}
