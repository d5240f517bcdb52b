/** FROM and JOIN: source steps and the joins between them. */
import type * as ast from '../ast/nodes.ts'
import { printExpression } from '../ast/print.ts'
import { columnsOf } from '../ast/visit.ts'
import type { Column } from '../catalog/schema.ts'
import { uniqueName } from '../catalog/schema.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import { commonType } from '../expressions/coercion.ts'
import { compileExpression } from '../expressions/compile.ts'
import type { SourceStep, Step } from '../plan/steps.ts'
import { type SqlType, sameType } from '../types/sql-type.ts'
import { durationMs } from './durations.ts'
import { columnsOfSource, type NamedSource, SourceNames } from './names.ts'
import type { AnalysisContext, KeyColumn, Planned } from './planned.ts'
import { columnReference, resolveColumns } from './select-items.ts'
import { StepScope } from './step-scope.ts'

/** Looks up the sources of a query. Throws SqlAnalysisError for one that does not exist or is named twice. */
export function namesOf(query: ast.Query, context: AnalysisContext): SourceNames {
  const sources: NamedSource[] = []
  for (const { name, alias } of [query.from, ...query.joins.map(join => join.source)]) {
    const source = context.catalog.existing(name)
    if (sources.some(other => other.source.name === name))
      throw new SqlAnalysisError(`Can not join '${name}' to '${name}': self joins are not yet supported.`)
    sources.push({ alias: alias ?? name, source })
  }
  return new SourceNames(sources)
}

export function planSources(query: ast.Query, names: SourceNames, context: AnalysisContext): Planned {
  const [first, ...others] = names.sources as [NamedSource, ...NamedSource[]]
  let planned = planSource(first, names)
  const joined = [first]
  for (const [index, other] of others.entries()) {
    // The outermost join is `Join`, each one further in on the left one `L_` more.
    const stepName = `${'L_'.repeat(others.length - 1 - index)}Join`
    planned = planJoin(planned, joined, other, query.joins[index] as ast.JoinedSource, stepName, names, context)
    joined.push(other)
  }
  return planned
}

/** The rows of a source as a query over `names` sees them. */
export function sourceStep({ alias, source }: NamedSource, names: SourceNames): SourceStep {
  const rename = (columns: readonly Column[]): Column[] =>
    columns.map(({ name, type }) => ({ name: names.internal(alias, name), type }))
  return {
    kind: 'source',
    type: source.kind,
    topic: source.topic,
    sourceSchema: source.schema,
    formats: { key: source.keyFormat, value: source.valueFormat },
    window: source.window,
    timestamp: source.timestamp,
    schema: { key: rename(source.schema.key), value: rename(columnsOfSource(source)) },
    context: names.isJoin ? `Source-${alias}` : 'KsqlTopic',
  }
}

function planSource(named: NamedSource, names: SourceNames): Planned {
  const { alias, source } = named
  const step = sourceStep(named, names)
  const at = { line: 0, column: 0, offset: 0 }
  return {
    step,
    type: source.kind,
    keyFormat: source.keyFormat,
    valueFormat: source.valueFormat,
    window: source.window,
    key: step.schema.key.map(({ name }, index) => ({
      name,
      expressions: [columnReference(name, at)],
      text: [names.isJoin ? `${alias}.${source.schema.key[index]!.name}` : name],
    })),
  }
}

interface Criteria {
  readonly left: ast.Expression
  readonly right: ast.Expression
  readonly leftText: string
  readonly rightText: string
  /** Both sides as they were written, columns with their sources. */
  readonly text: string
}

function planJoin(
  left: Planned,
  joined: readonly NamedSource[],
  other: NamedSource,
  join: ast.JoinedSource,
  stepName: string,
  names: SourceNames,
  context: AnalysisContext,
): Planned {
  const right = planSource(other, names)
  const kinds = `${left.type.toLowerCase()}-${right.type.toLowerCase()}`
  if (kinds === 'table-stream') {
    const [a, b] = [joined.map(source => source.alias).join(' '), other.alias]
    throw new SqlAnalysisError(
      `Invalid join order: table-stream joins are not supported; only stream-table joins. Got ${a} ${joinText(join.type)} JOIN ${b}.`,
      join.at,
    )
  }
  for (const side of [left, right]) if (side.valueFormat.name === 'KAFKA') throw unsupportedKafkaFormat(names)
  const criteria = criteriaOf(join, joined, other, names)
  if (kinds === 'stream-stream' && join.within === null)
    throw new SqlAnalysisError(
      `${joined.map(source => source.alias).join(' ')} and ${other.alias} are both streams: a join of two streams needs a WITHIN clause, as in … JOIN ${other.alias} WITHIN 5 MINUTES ON …`,
      join.at,
    )
  if (kinds !== 'stream-stream' && join.within !== null)
    throw new SqlAnalysisError(
      'A window definition was provided for a join that does not require a window: remove WITHIN',
      join.at,
    )
  const rightIsKey = isKey(right, criteria.right)
  if (right.type === 'TABLE' && !rightIsKey)
    throw new SqlAnalysisError(
      left.type === 'STREAM'
        ? `Invalid join condition: stream-table joins require to join on the table's primary key. Got ${criteria.text}.`
        : `Invalid join condition: table-table joins require to join on the primary key of the right input table. Got ${criteria.text}.`,
      join.at,
    )
  if (left.type === 'TABLE' && !isKey(left, criteria.left))
    throw new SqlAnalysisError(
      `Foreign-key joins are not supported yet: ${criteria.leftText} is not the primary key of ${joined[0]!.alias}`,
      join.at,
    )
  const keyed = rekey(left, criteria.left, criteria.leftText, names, context)
  const keyedRight = rekey(right, criteria.right, criteria.rightText, names, context)
  const [leftType, rightType] = [keyed.step.schema.key[0]!.type, keyedRight.step.schema.key[0]!.type]
  if (!sameType(leftType, rightType) && commonType(leftType, rightType) === null)
    throw new SqlAnalysisError(
      `Invalid join condition: types don't match. Got ${criteria.leftText}{${leftType.kind}} = ${criteria.rightText}{${rightType.kind}}.`,
      join.at,
    )
  return joinSteps(keyed, keyedRight, criteria, join, kinds, stepName)
}

function joinText(type: ast.JoinedSource['type']): string {
  return type === 'INNER' ? '[INNER]' : `${type} [OUTER]`
}

function unsupportedKafkaFormat(names: SourceNames): SqlAnalysisError {
  const guilty = names.sources.filter(({ source }) => source.valueFormat.name === 'KAFKA').map(({ alias }) => alias)
  return new SqlAnalysisError(
    `Source(s) ${guilty.join(', ')} are using the 'KAFKA' value format. This format does not yet support JOIN.`,
  )
}

/** One equality with exactly one source on each side. */
function criteriaOf(
  join: ast.JoinedSource,
  joined: readonly NamedSource[],
  other: NamedSource,
  names: SourceNames,
): Criteria {
  const { on } = join
  if (on.kind === 'Logical' && on.operator === 'AND')
    throw new SqlAnalysisError(
      `Invalid join condition: joins on multiple conditions are not yet supported. Got ${printExpression(on)}.`,
      on.at,
    )
  if (on.kind !== 'Comparison' || on.operator !== '=')
    throw new SqlAnalysisError(
      `Unsupported join expression: ${printExpression(on)}. Only an equality (=) is supported.`,
      on.at,
    )
  const sides = [on.left, on.right].map(side => {
    const resolved = resolveColumns(side, names, 'JOIN ON')
    const used = new Set(columnsOf(resolved).map(({ name }) => ownerOf(name, names)))
    if (used.size !== 1)
      throw new SqlAnalysisError(
        `Invalid comparison expression '${printExpression(side)}' in join '${printExpression(on)}'. Each side of the join comparision must contain references from exactly one source.`,
        side.at,
      )
    const [alias] = [...used] as [string]
    const bare = side.kind === 'ColumnReference' && side.source === null
    const text = printExpression(side)
    return { resolved, text, qualified: bare ? `${alias}.${text}` : text, alias }
  })
  const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]]
  if (a.alias === b.alias)
    throw new SqlAnalysisError(
      `Each side of the join must reference exactly one source and not the same source. Left side references \`${a.alias}\` and right references \`${b.alias}\``,
      on.at,
    )
  if (a.alias !== other.alias && b.alias !== other.alias)
    throw new SqlAnalysisError(
      `A join criteria is expected to reference the source (\`${other.alias}\`) in the FROM clause, instead the right source references \`${b.alias}\` and the left source references \`${a.alias}\``,
      on.at,
    )
  const [left, right] = b.alias === other.alias ? [a, b] : [b, a]
  if (!joined.some(source => source.alias === left.alias))
    throw new SqlAnalysisError(`${left.alias} is joined later than it is used in ${printExpression(on)}`, on.at)
  return {
    left: left.resolved,
    right: right.resolved,
    leftText: left.text,
    rightText: right.text,
    text: `${a.qualified} = ${b.qualified}`,
  }
}

function ownerOf(column: string, names: SourceNames): string {
  const owner = names.sources.find(({ alias, source }) =>
    columnsOfSource(source).some(({ name }) => names.internal(alias, name) === column),
  )
  return owner?.alias ?? column
}

function isKey(planned: Planned, expression: ast.Expression): boolean {
  const [only, second] = planned.key
  if (only === undefined || second !== undefined) return false
  return only.expressions.some(key => printExpression(key) === printExpression(expression))
}

/** The side with the join expression as its key; unchanged when it is already. */
function rekey(
  planned: Planned,
  expression: ast.Expression,
  text: string,
  names: SourceNames,
  context: AnalysisContext,
): Planned {
  if (isKey(planned, expression)) return planned
  if (planned.window !== null)
    throw new SqlAnalysisError(
      'Implicit repartitioning of windowed sources is not supported. See https://github.com/confluentinc/ksql/issues/4385.',
      expression.at,
    )
  const { schema } = planned.step
  const type = compileExpression(expression, new StepScope(schema, context.functions, context.catalog.types))
    .type as SqlType
  const name =
    expression.kind === 'ColumnReference'
      ? expression.name
      : uniqueName('ROWKEY', new Set(schema.value.map(column => column.name)))
  const value = schema.value.some(column => column.name === name) ? schema.value : [...schema.value, { name, type }]
  return {
    ...planned,
    step: {
      kind: 'partitionBy',
      input: planned.step,
      expressions: [printExpression(expression)],
      schema: { key: [{ name, type }], value },
      context: names.isJoin ? 'SelectKey' : 'PartitionBy',
    },
    // A result can show a column as its key, but no expression: that is what the other side's column is for.
    key: [
      expression.kind === 'ColumnReference'
        ? { name, expressions: [expression], text: [text] }
        : { name, expressions: [], text: [] },
    ],
  }
}

function joinSteps(
  left: Planned,
  right: Planned,
  criteria: Criteria,
  join: ast.JoinedSource,
  kinds: string,
  stepName: string,
): Planned {
  const [leftKey, rightKey] = [left.key[0] as KeyColumn, right.key[0] as KeyColumn]
  const isColumn = (expression: ast.Expression): boolean => expression.kind === 'ColumnReference'
  // The key is named after a join column: the left one, else the right one. Full joins and joins on two expressions
  // have none that always holds the key, so they get a column of their own.
  const synthetic = join.type === 'FULL' || (!isColumn(criteria.left) && !isColumn(criteria.right))
  const columns = [...left.step.schema.value, ...right.step.schema.value].filter(
    (column, index, all) => all.findIndex(other => other.name === column.name) === index,
  )
  const type = left.step.schema.key[0]!.type
  const taken = new Set(columns.map(column => column.name).filter(name => !name.startsWith('ROWKEY')))
  const fromLeft = isColumn(criteria.left) && join.type !== 'RIGHT'
  const name = synthetic
    ? uniqueName('ROWKEY', taken)
    : fromLeft
      ? leftKey.name
      : isColumn(criteria.right)
        ? rightKey.name
        : leftKey.name
  const value = columns.some(column => column.name === name) ? columns : [...columns, { name, type }]
  const at = join.at
  const key: KeyColumn = synthetic
    ? { name, expressions: [columnReference(name, at)], text: [name] }
    : {
        name,
        expressions: [...leftKey.expressions, ...rightKey.expressions],
        text: [...leftKey.text, ...rightKey.text],
      }
  const schema = { key: [{ name, type }], value }
  const formats = { key: left.keyFormat, value: left.valueFormat }
  const base = { ...left, key: [key] }
  if (kinds === 'stream-table') {
    if (join.type === 'FULL' || join.type === 'RIGHT')
      throw new SqlAnalysisError(`Full outer joins between streams and tables are not supported.`, at)
    const step: Step = {
      kind: 'streamTableJoin',
      join: join.type,
      left: left.step,
      right: right.step,
      formats,
      schema,
      context: stepName,
    }
    return { ...base, step, type: 'STREAM' }
  }
  const [first, second, kind] =
    join.type === 'RIGHT' ? ([right, left, 'LEFT'] as const) : ([left, right, join.type] as const)
  if (kinds === 'table-table') {
    const step: Step = {
      kind: 'tableTableJoin',
      join: kind,
      left: first.step,
      right: second.step,
      formats,
      schema,
      context: stepName,
    }
    return { ...base, step, type: 'TABLE' }
  }
  const { before, after, grace } = join.within as ast.Within
  const [beforeMs, afterMs] =
    join.type === 'RIGHT' ? [durationMs(after), durationMs(before)] : [durationMs(before), durationMs(after)]
  const step: Step = {
    kind: 'streamStreamJoin',
    join: kind,
    left: first.step,
    right: second.step,
    beforeMs,
    afterMs,
    graceMs: grace === null ? null : durationMs(grace),
    formats,
    schema,
    context: stepName,
  }
  return { ...base, step, type: 'STREAM' }
}
