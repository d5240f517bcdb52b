/**
 * The tree as SQL again: `parse(print(tree))` is the same tree but for locations. Expressions print as ksqlDB writes
 * them in messages: operators in brackets, names quoted only where they need it.
 */
import { isReservedWord } from '../lexer/tokens.ts'
import type * as ast from './nodes.ts'

const list = (parts: readonly string[]): string => parts.join(', ')
const when = (condition: boolean, text: string): string => (condition ? text : '')

export function printName(name: string): string {
  return /^[A-Z_][A-Z0-9_@]*$/.test(name) && !isReservedWord(name) ? name : `\`${name.replaceAll('`', '``')}\``
}
export function printString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

export function printType(type: ast.TypeNode): string {
  switch (type.kind) {
    case 'NamedType':
      return printName(type.name) + when(type.parameters.length > 0, `(${list(type.parameters.map(String))})`)
    case 'DecimalType':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'ArrayType':
      return `ARRAY<${printType(type.element)}>`
    case 'MapType':
      return `MAP<${printType(type.key)}, ${printType(type.value)}>`
    case 'StructType':
      return `STRUCT<${list(type.fields.map(field => `${printName(field.name)} ${printType(field.type)}`))}>`
  }
}

export function printExpression(node: ast.Expression): string {
  const print = printExpression
  switch (node.kind) {
    case 'NullLiteral':
      return 'null'
    case 'BooleanLiteral':
    case 'IntegerLiteral':
      return String(node.value)
    case 'DecimalLiteral':
      return node.text
    case 'DoubleLiteral':
      return printDouble(node.value)
    case 'StringLiteral':
      return printString(node.value)
    case 'TypedLiteral':
      return `${node.type} ${printString(node.text)}`
    case 'ColumnReference':
      return node.source === null ? printName(node.name) : `${printName(node.source)}.${printName(node.name)}`
    case 'FunctionCall':
      return `${printName(node.name)}(${node.star ? '*' : list(node.arguments.map(print))})`
    case 'Lambda':
      return `(${list(node.parameters.map(printName))}) => ${print(node.body)}`
    case 'IntervalUnit':
      return node.unit
    case 'Arithmetic':
    case 'Comparison':
    case 'Logical':
      return `(${print(node.left)} ${node.operator} ${print(node.right)})`
    case 'Sign': {
      // `- 1` is a literal and `--x` a comment.
      const bare = !isNumber(node.operand) && node.operand.kind !== 'Sign'
      return node.operator + (bare ? print(node.operand) : `(${print(node.operand)})`)
    }
    case 'Not':
      return `(NOT ${print(node.operand)})`
    case 'IsNull':
      return `(${print(node.operand)} IS ${when(node.negated, 'NOT ')}NULL)`
    case 'Between':
      return `(${print(node.operand)} ${when(node.negated, 'NOT ')}BETWEEN ${print(node.lower)} AND ${print(node.upper)})`
    case 'In':
      return `(${print(node.operand)} ${when(node.negated, 'NOT ')}IN (${list(node.list.map(print))}))`
    case 'Like': {
      const escaped = node.escape === null ? '' : ` ESCAPE ${printString(node.escape)}`
      return `(${print(node.operand)} ${when(node.negated, 'NOT ')}LIKE ${print(node.pattern)}${escaped})`
    }
    case 'Case': {
      const operand = node.operand === null ? '' : ` ${print(node.operand)}`
      const branches = node.when.map(branch => ` WHEN ${print(branch.condition)} THEN ${print(branch.result)}`).join('')
      const otherwise = node.otherwise === null ? '' : ` ELSE ${print(node.otherwise)}`
      return `(CASE${operand}${branches}${otherwise} END)`
    }
    case 'Cast':
      return `CAST(${print(node.operand)} AS ${printType(node.type)})`
    case 'Subscript':
      return `${print(node.base)}[${print(node.index)}]`
    case 'Dereference':
      return `${print(node.base)}->${printName(node.field)}`
    case 'CreateArray':
      return `ARRAY[${list(node.elements.map(print))}]`
    case 'CreateMap':
      return `MAP(${list(node.entries.map(entry => `${print(entry.key)}:=${print(entry.value)}`))})`
    case 'CreateStruct':
      return `STRUCT(${list(node.fields.map(field => `${printName(field.name)}:=${print(field.value)}`))})`
  }
}

function isNumber(node: ast.Expression): boolean {
  return node.kind === 'IntegerLiteral' || node.kind === 'DecimalLiteral' || node.kind === 'DoubleLiteral'
}

/** With an exponent, so that it reads as a DOUBLE again. */
function printDouble(value: number): string {
  const text = value.toExponential().replace('e+', 'E').replace('e', 'E')
  return /\./.test(text) ? text : text.replace('E', '.0E')
}

function printDuration(duration: ast.Duration): string {
  return `${duration.amount} ${duration.unit}`
}

function printSelectItem(item: ast.SelectItem): string {
  switch (item.kind) {
    case 'SelectAll':
      return item.source === null ? '*' : `${printName(item.source)}.*`
    case 'SelectStructAll':
      return `${printExpression(item.base)}->*`
    case 'SelectExpression':
      return printExpression(item.expression) + (item.alias === null ? '' : ` ${printName(item.alias)}`)
  }
}
function printSource(source: ast.AliasedSource): string {
  return printName(source.name) + (source.alias === null ? '' : ` ${printName(source.alias)}`)
}
function printWithin(within: ast.Within): string {
  const grace = within.grace === null ? '' : ` GRACE PERIOD ${printDuration(within.grace)}`
  return ` WITHIN (${printDuration(within.before)}, ${printDuration(within.after)})${grace}`
}
function printJoin(join: ast.JoinedSource): string {
  const type = join.type === 'INNER' ? 'INNER' : `${join.type} OUTER`
  const within = join.within === null ? '' : printWithin(join.within)
  return ` ${type} JOIN ${printSource(join.source)}${within} ON ${printExpression(join.on)}`
}
function printWindow(window: ast.WindowClause): string {
  const size = printDuration(window.size)
  const parts = [window.type === 'SESSION' ? size : `SIZE ${size}`]
  if (window.advance !== null) parts.push(`ADVANCE BY ${printDuration(window.advance)}`)
  if (window.retention !== null) parts.push(`RETENTION ${printDuration(window.retention)}`)
  if (window.grace !== null) parts.push(`GRACE PERIOD ${printDuration(window.grace)}`)
  return ` WINDOW ${window.type} (${list(parts)})`
}
export function printQuery(query: ast.Query): string {
  const keys = (expressions: readonly ast.Expression[]) => `(${list(expressions.map(printExpression))})`
  return [
    `SELECT ${list(query.select.map(printSelectItem))} FROM ${printSource(query.from)}`,
    ...query.joins.map(printJoin),
    query.window === null ? '' : printWindow(query.window),
    query.where === null ? '' : ` WHERE ${printExpression(query.where)}`,
    query.groupBy === null ? '' : ` GROUP BY ${keys(query.groupBy)}`,
    query.partitionBy === null ? '' : ` PARTITION BY ${keys(query.partitionBy)}`,
    query.having === null ? '' : ` HAVING ${printExpression(query.having)}`,
    query.emit === null ? '' : ` EMIT ${query.emit}`,
    query.limit === null ? '' : ` LIMIT ${query.limit}`,
  ].join('')
}

function printProperties(properties: readonly ast.Property[]): string {
  if (properties.length === 0) return ''
  return ` WITH (${list(properties.map(({ name, value }) => `${printName(name)}=${printExpression(value)}`))})`
}
function printConstraint(constraint: ast.ColumnConstraint): string {
  return constraint.kind === 'HEADER' ? `HEADER(${printString(constraint.header)})` : constraint.kind
}
function printColumn(column: ast.ColumnElement): string {
  const constraint = column.constraint === null ? '' : ` ${printConstraint(column.constraint)}`
  return `${printName(column.name)} ${printType(column.type)}${constraint}`
}
function printTimeout(timeout: ast.Duration | null): string {
  return timeout === null ? '' : ` TIMEOUT ${printDuration(timeout)}`
}

/** Without the semicolon. */
export function printStatement(statement: ast.Statement): string {
  switch (statement.kind) {
    case 'Query':
      return printQuery(statement)
    case 'CreateSource':
    case 'CreateAsSelect': {
      const readOnly = statement.kind === 'CreateSource' && statement.readOnly
      const head = `CREATE ${when(statement.orReplace, 'OR REPLACE ')}${when(readOnly, 'SOURCE ')}${statement.type} ${when(statement.ifNotExists, 'IF NOT EXISTS ')}${printName(statement.name)}`
      if (statement.kind === 'CreateAsSelect')
        return `${head}${printProperties(statement.properties)} AS ${printQuery(statement.query)}`
      const columns = when(statement.columns.length > 0, ` (${list(statement.columns.map(printColumn))})`)
      return `${head}${columns}${printProperties(statement.properties)}`
    }
    case 'InsertIntoSelect':
      return `INSERT INTO ${printName(statement.target)}${printProperties(statement.properties)} ${printQuery(statement.query)}`
    case 'InsertValues': {
      const columns = statement.columns === null ? '' : ` (${list(statement.columns.map(printName))})`
      return `INSERT INTO ${printName(statement.target)}${columns} VALUES (${list(statement.values.map(printExpression))})`
    }
    case 'DropSource':
      return `DROP ${statement.type} ${when(statement.ifExists, 'IF EXISTS ')}${printName(statement.name)}${when(statement.deleteTopic, ' DELETE TOPIC')}`
    case 'AlterSource':
      return `ALTER ${statement.type} ${printName(statement.name)} ${list(statement.columns.map(column => `ADD COLUMN ${printName(column.name)} ${printType(column.type)}`))}`
    case 'CreateType':
      return `CREATE TYPE ${when(statement.ifNotExists, 'IF NOT EXISTS ')}${printName(statement.name)} AS ${printType(statement.type)}`
    case 'DropType':
      return `DROP TYPE ${when(statement.ifExists, 'IF EXISTS ')}${printName(statement.name)}`
    case 'Show':
      return `SHOW ${statement.what}${when(statement.extended, ' EXTENDED')}`
    case 'Describe': {
      const name = statement.name === null ? '' : ` ${printName(statement.name)}`
      return `DESCRIBE${when(statement.what !== 'SOURCE', ` ${statement.what}`)}${name}${when(statement.extended, ' EXTENDED')}`
    }
    case 'Explain':
      return `EXPLAIN ${typeof statement.subject === 'string' ? printName(statement.subject) : printStatement(statement.subject)}`
    case 'QueryControl':
      return `${statement.action} ${statement.queryId === null ? 'ALL' : printName(statement.queryId)}`
    case 'Print': {
      const interval = statement.interval === null ? '' : ` INTERVAL ${statement.interval}`
      const limit = statement.limit === null ? '' : ` LIMIT ${statement.limit}`
      return `PRINT ${printString(statement.topic)}${when(statement.fromBeginning, ' FROM BEGINNING')}${interval}${limit}`
    }
    case 'SetProperty':
      return statement.value === null
        ? `UNSET ${printString(statement.name)}`
        : `SET ${printString(statement.name)}=${printString(statement.value)}`
    case 'AlterSystem':
      return `ALTER SYSTEM ${printString(statement.name)}=${printString(statement.value)}`
    case 'DefineVariable':
      return statement.value === null
        ? `UNDEFINE ${statement.name}`
        : `DEFINE ${statement.name}=${printString(statement.value)}`
    case 'AssertTopic':
      return `ASSERT ${when(!statement.exists, 'NOT EXISTS ')}TOPIC ${printString(statement.topic)}${printProperties(statement.properties)}${printTimeout(statement.timeout)}`
    case 'AssertSchema': {
      const subject = statement.subject === null ? '' : ` SUBJECT ${printString(statement.subject)}`
      const id = statement.id === null ? '' : ` ID ${statement.id}`
      return `ASSERT ${when(!statement.exists, 'NOT EXISTS ')}SCHEMA${subject}${id}${printTimeout(statement.timeout)}`
    }
    case 'CreateConnector':
      return `CREATE ${statement.type} CONNECTOR ${when(statement.ifNotExists, 'IF NOT EXISTS ')}${printName(statement.name)}${printProperties(statement.properties)}`
    case 'DropConnector':
      return `DROP CONNECTOR ${when(statement.ifExists, 'IF EXISTS ')}${printName(statement.name)}`
  }
}
