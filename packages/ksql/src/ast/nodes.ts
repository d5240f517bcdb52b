/**
 * The syntax tree: frozen data, each node with a `kind` and the place it was read from. Names are already resolved to
 * their case (unquoted ones in capitals); nothing else has been decided. Stages after the parser make new trees.
 */

/** Where a node starts, counted over the whole script: line and column from 1, offset from 0. */
export interface Location {
  readonly line: number
  readonly column: number
  readonly offset: number
}
interface Node {
  readonly at: Location
}

// ---- Types ----

export type TypeNode =
  | (Node & { readonly kind: 'NamedType'; readonly name: string; readonly parameters: readonly (number | 'STRING')[] })
  | (Node & { readonly kind: 'DecimalType'; readonly precision: number; readonly scale: number })
  | (Node & { readonly kind: 'ArrayType'; readonly element: TypeNode })
  | (Node & { readonly kind: 'MapType'; readonly key: TypeNode; readonly value: TypeNode })
  | (Node & { readonly kind: 'StructType'; readonly fields: readonly StructTypeField[] })
export interface StructTypeField {
  readonly name: string
  readonly type: TypeNode
}

// ---- Expressions ----

export interface NullLiteral extends Node {
  readonly kind: 'NullLiteral'
}
export interface BooleanLiteral extends Node {
  readonly kind: 'BooleanLiteral'
  readonly value: boolean
}
/** INTEGER when it fits 32 bits, else BIGINT. */
export interface IntegerLiteral extends Node {
  readonly kind: 'IntegerLiteral'
  readonly value: bigint
}
/** The text keeps precision and scale: `1.20` is DECIMAL(3, 2). */
export interface DecimalLiteral extends Node {
  readonly kind: 'DecimalLiteral'
  readonly text: string
}
export interface DoubleLiteral extends Node {
  readonly kind: 'DoubleLiteral'
  readonly value: number
}
export interface StringLiteral extends Node {
  readonly kind: 'StringLiteral'
  readonly value: string
}
/** `DATE '2020-01-01'`, `TIME '…'`, `TIMESTAMP '…'`. */
export interface TypedLiteral extends Node {
  readonly kind: 'TypedLiteral'
  readonly type: string
  readonly text: string
}
export interface ColumnReference extends Node {
  readonly kind: 'ColumnReference'
  readonly source: string | null
  readonly name: string
}
export interface FunctionCall extends Node {
  readonly kind: 'FunctionCall'
  readonly name: string
  readonly arguments: readonly Expression[]
  /** `COUNT(*)`. */
  readonly star: boolean
}
export interface Lambda extends Node {
  readonly kind: 'Lambda'
  readonly parameters: readonly string[]
  readonly body: Expression
}
/** `DAYS` as in `TIMESTAMPADD(DAYS, 1, t)`. */
export interface IntervalUnit extends Node {
  readonly kind: 'IntervalUnit'
  readonly unit: TimeUnit
}
export interface Arithmetic extends Node {
  readonly kind: 'Arithmetic'
  readonly operator: '+' | '-' | '*' | '/' | '%'
  readonly left: Expression
  readonly right: Expression
}
export interface Sign extends Node {
  readonly kind: 'Sign'
  readonly operator: '+' | '-'
  readonly operand: Expression
}
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=' | 'IS DISTINCT FROM' | 'IS NOT DISTINCT FROM'
export interface Comparison extends Node {
  readonly kind: 'Comparison'
  readonly operator: ComparisonOperator
  readonly left: Expression
  readonly right: Expression
}
export interface Logical extends Node {
  readonly kind: 'Logical'
  readonly operator: 'AND' | 'OR'
  readonly left: Expression
  readonly right: Expression
}
export interface Not extends Node {
  readonly kind: 'Not'
  readonly operand: Expression
}
export interface IsNull extends Node {
  readonly kind: 'IsNull'
  readonly operand: Expression
  readonly negated: boolean
}
export interface Between extends Node {
  readonly kind: 'Between'
  readonly operand: Expression
  readonly lower: Expression
  readonly upper: Expression
  readonly negated: boolean
}
export interface In extends Node {
  readonly kind: 'In'
  readonly operand: Expression
  readonly list: readonly Expression[]
  readonly negated: boolean
}
export interface Like extends Node {
  readonly kind: 'Like'
  readonly operand: Expression
  readonly pattern: Expression
  readonly escape: string | null
  readonly negated: boolean
}
export interface WhenClause {
  readonly condition: Expression
  readonly result: Expression
}
/** `operand` is null in the searched form. */
export interface Case extends Node {
  readonly kind: 'Case'
  readonly operand: Expression | null
  readonly when: readonly WhenClause[]
  readonly otherwise: Expression | null
}
export interface Cast extends Node {
  readonly kind: 'Cast'
  readonly operand: Expression
  readonly type: TypeNode
}
export interface Subscript extends Node {
  readonly kind: 'Subscript'
  readonly base: Expression
  readonly index: Expression
}
export interface Dereference extends Node {
  readonly kind: 'Dereference'
  readonly base: Expression
  readonly field: string
}
export interface CreateArray extends Node {
  readonly kind: 'CreateArray'
  readonly elements: readonly Expression[]
}
export interface CreateMap extends Node {
  readonly kind: 'CreateMap'
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[]
}
export interface CreateStruct extends Node {
  readonly kind: 'CreateStruct'
  readonly fields: readonly { readonly name: string; readonly value: Expression }[]
}

export type Literal = NullLiteral | BooleanLiteral | IntegerLiteral | DecimalLiteral | DoubleLiteral | StringLiteral
export type Expression =
  | Literal
  | TypedLiteral
  | ColumnReference
  | FunctionCall
  | Lambda
  | IntervalUnit
  | Arithmetic
  | Sign
  | Comparison
  | Logical
  | Not
  | IsNull
  | Between
  | In
  | Like
  | Case
  | Cast
  | Subscript
  | Dereference
  | CreateArray
  | CreateMap
  | CreateStruct

// ---- Queries ----

export type TimeUnit = 'DAYS' | 'HOURS' | 'MINUTES' | 'SECONDS' | 'MILLISECONDS'
export interface Duration {
  readonly amount: number
  readonly unit: TimeUnit
}
export type SelectItem =
  | (Node & { readonly kind: 'SelectExpression'; readonly expression: Expression; readonly alias: string | null })
  | (Node & { readonly kind: 'SelectAll'; readonly source: string | null })
  | (Node & { readonly kind: 'SelectStructAll'; readonly base: Expression })
export interface AliasedSource extends Node {
  readonly kind: 'AliasedSource'
  readonly name: string
  readonly alias: string | null
}
export interface JoinedSource extends Node {
  readonly kind: 'JoinedSource'
  readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL'
  readonly source: AliasedSource
  readonly within: Within | null
  readonly on: Expression
}
export interface Within {
  readonly before: Duration
  readonly after: Duration
  readonly grace: Duration | null
}
export interface WindowClause extends Node {
  readonly kind: 'WindowClause'
  readonly type: 'TUMBLING' | 'HOPPING' | 'SESSION'
  /** The gap of a session. */
  readonly size: Duration
  readonly advance: Duration | null
  readonly retention: Duration | null
  readonly grace: Duration | null
}
export interface Query extends Node {
  readonly kind: 'Query'
  readonly select: readonly SelectItem[]
  readonly from: AliasedSource
  readonly joins: readonly JoinedSource[]
  readonly window: WindowClause | null
  readonly where: Expression | null
  readonly groupBy: readonly Expression[] | null
  readonly partitionBy: readonly Expression[] | null
  readonly having: Expression | null
  readonly emit: 'CHANGES' | 'FINAL' | null
  readonly limit: number | null
}

// ---- Statements ----

export interface Property {
  readonly name: string
  readonly value: Literal
}
export interface ColumnElement extends Node {
  readonly name: string
  readonly type: TypeNode
  readonly constraint: ColumnConstraint | null
}
export type ColumnConstraint =
  | { readonly kind: 'KEY' }
  | { readonly kind: 'PRIMARY KEY' }
  | { readonly kind: 'HEADERS' }
  | { readonly kind: 'HEADER'; readonly header: string }

export type SourceKind = 'STREAM' | 'TABLE'

export interface CreateSource extends Node {
  readonly kind: 'CreateSource'
  readonly type: SourceKind
  readonly name: string
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  /** `CREATE SOURCE …`: read-only. */
  readonly readOnly: boolean
  readonly columns: readonly ColumnElement[]
  readonly properties: readonly Property[]
}
export interface CreateAsSelect extends Node {
  readonly kind: 'CreateAsSelect'
  readonly type: SourceKind
  readonly name: string
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly properties: readonly Property[]
  readonly query: Query
}
export interface InsertIntoSelect extends Node {
  readonly kind: 'InsertIntoSelect'
  readonly target: string
  readonly properties: readonly Property[]
  readonly query: Query
}
export interface InsertValues extends Node {
  readonly kind: 'InsertValues'
  readonly target: string
  readonly columns: readonly string[] | null
  readonly values: readonly Expression[]
}
export interface DropSource extends Node {
  readonly kind: 'DropSource'
  readonly type: SourceKind
  readonly name: string
  readonly ifExists: boolean
  readonly deleteTopic: boolean
}
export interface AlterSource extends Node {
  readonly kind: 'AlterSource'
  readonly type: SourceKind
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: TypeNode }[]
}
export interface CreateType extends Node {
  readonly kind: 'CreateType'
  readonly name: string
  readonly ifNotExists: boolean
  readonly type: TypeNode
}
export interface DropType extends Node {
  readonly kind: 'DropType'
  readonly name: string
  readonly ifExists: boolean
}
/** What `SHOW` and `LIST` list. */
export type Listing =
  | 'PROPERTIES'
  | 'TOPICS'
  | 'ALL TOPICS'
  | 'STREAMS'
  | 'TABLES'
  | 'FUNCTIONS'
  | 'CONNECTORS'
  | 'SOURCE CONNECTORS'
  | 'SINK CONNECTORS'
  | 'CONNECTOR PLUGINS'
  | 'TYPES'
  | 'VARIABLES'
  | 'QUERIES'
export interface Show extends Node {
  readonly kind: 'Show'
  readonly what: Listing
  readonly extended: boolean
}
export interface Describe extends Node {
  readonly kind: 'Describe'
  readonly what: 'SOURCE' | 'STREAMS' | 'TABLES' | 'FUNCTION' | 'CONNECTOR'
  /** Null for all streams or tables. */
  readonly name: string | null
  readonly extended: boolean
}
export interface Explain extends Node {
  readonly kind: 'Explain'
  readonly subject: Statement | string
}
/** `queryId` null means ALL. */
export interface QueryControl extends Node {
  readonly kind: 'QueryControl'
  readonly action: 'TERMINATE' | 'PAUSE' | 'RESUME'
  readonly queryId: string | null
}
export interface Print extends Node {
  readonly kind: 'Print'
  readonly topic: string
  readonly fromBeginning: boolean
  readonly interval: number | null
  readonly limit: number | null
}
export interface SetProperty extends Node {
  readonly kind: 'SetProperty'
  readonly name: string
  /** Null: UNSET. */
  readonly value: string | null
}
export interface AlterSystem extends Node {
  readonly kind: 'AlterSystem'
  readonly name: string
  readonly value: string
}
export interface DefineVariable extends Node {
  readonly kind: 'DefineVariable'
  readonly name: string
  /** Null: UNDEFINE. */
  readonly value: string | null
}
export interface AssertTopic extends Node {
  readonly kind: 'AssertTopic'
  readonly exists: boolean
  readonly topic: string
  readonly properties: readonly Property[]
  readonly timeout: Duration | null
}
export interface AssertSchema extends Node {
  readonly kind: 'AssertSchema'
  readonly exists: boolean
  readonly subject: string | null
  readonly id: number | null
  readonly timeout: Duration | null
}
export interface CreateConnector extends Node {
  readonly kind: 'CreateConnector'
  readonly type: 'SOURCE' | 'SINK'
  readonly name: string
  readonly ifNotExists: boolean
  readonly properties: readonly Property[]
}
export interface DropConnector extends Node {
  readonly kind: 'DropConnector'
  readonly name: string
  readonly ifExists: boolean
}
export type Statement =
  | Query
  | CreateSource
  | CreateAsSelect
  | InsertIntoSelect
  | InsertValues
  | DropSource
  | AlterSource
  | CreateType
  | DropType
  | Show
  | Describe
  | Explain
  | QueryControl
  | Print
  | SetProperty
  | AlterSystem
  | DefineVariable
  | AssertTopic
  | AssertSchema
  | CreateConnector
  | DropConnector

/** A statement with its own text (without the semicolon), as error answers and the command log repeat it. */
export interface ParsedStatement {
  readonly statement: Statement
  readonly text: string
}
