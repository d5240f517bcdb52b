/**
 * One statement and the catalogue it meets: what it means, as data. Nothing has happened yet; the engine creates topics,
 * starts queries and writes records.
 */
import type * as ast from '../ast/nodes.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { DataSource } from '../catalog/data-source.ts'
import { SqlAnalysisError } from '../errors/sql-analysis-error.ts'
import type { FunctionRegistry } from '../functions/function-registry.ts'
import type { QueryPlan } from '../plan/steps.ts'
import type { SqlType } from '../types/sql-type.ts'
import { analyseCreateAsSelect, analyseInsertInto } from './create-as-select.ts'
import { analyseCreateSource, type DefaultFormats, type SchemaInference } from './create-source.ts'
import { analyseInsertValues, type InsertedRow } from './insert-values.ts'
import { resolveType } from './resolve-type.ts'
import type { SourceProperties } from './with-properties.ts'

export type Command =
  | { readonly kind: 'CreateSource'; readonly source: DataSource; readonly properties: SourceProperties }
  | {
      readonly kind: 'CreateAsSelect'
      readonly source: DataSource
      readonly properties: SourceProperties
      readonly plan: QueryPlan
      /** The query of the source it replaces. */
      readonly replaces: string | null
    }
  | { readonly kind: 'InsertIntoSelect'; readonly plan: QueryPlan }
  | { readonly kind: 'InsertValues'; readonly row: InsertedRow }
  | { readonly kind: 'DropSource'; readonly source: DataSource; readonly deleteTopic: boolean }
  | { readonly kind: 'AlterSource'; readonly source: DataSource }
  | { readonly kind: 'CreateType'; readonly name: string; readonly type: SqlType }
  | { readonly kind: 'DropType'; readonly name: string }
  /** `IF [NOT] EXISTS` made it pointless; the text says why. */
  | { readonly kind: 'Nothing'; readonly reason: string }

export interface StatementContext {
  readonly catalog: Catalog
  readonly functions: FunctionRegistry
  readonly defaults: DefaultFormats
  readonly inference: SchemaInference
  /** Number of the next persistent query, counted from 0 over the life of the catalogue. */
  readonly nextQuery: number
  /** Queries that write to a source besides the one that made it, and those that read it. */
  readonly usage: SourceUsage
}
export interface SourceUsage {
  readersOf(source: string): readonly string[]
  writersOf(source: string): readonly string[]
}

/** Statements that change the catalogue or the data; throws SqlAnalysisError. */
export function analyseStatement({ statement, text }: ast.ParsedStatement, context: StatementContext): Command {
  const { catalog } = context
  switch (statement.kind) {
    case 'CreateSource': {
      const exists = existing(statement, catalog)
      if (exists !== null) return exists
      const created = analyseCreateSource(statement, `${text};`, catalog, context.defaults, context.inference)
      return { kind: 'CreateSource', ...created }
    }
    case 'CreateAsSelect': {
      const exists = existing(statement, catalog)
      if (exists !== null) return exists
      const replaced = catalog.source(statement.name)
      const queryId = `C${statement.type[0]}AS_${statement.name}_${context.nextQuery}`
      const created = analyseCreateAsSelect(statement, `${text};`, replaced?.queryId ?? queryId, context)
      return { kind: 'CreateAsSelect', ...created, replaces: replaced?.queryId ?? null }
    }
    case 'InsertIntoSelect': {
      const named = statement.properties.find(({ name }) => name.toUpperCase() === 'QUERY_ID')?.value
      const queryId = named?.kind === 'StringLiteral' ? named.value.toUpperCase() : `INSERTQUERY_${context.nextQuery}`
      return { kind: 'InsertIntoSelect', plan: analyseInsertInto(statement, queryId, context) }
    }
    case 'InsertValues':
      return { kind: 'InsertValues', row: analyseInsertValues(statement, catalog, context.functions) }
    case 'DropSource':
      return dropSource(statement, context)
    case 'AlterSource':
      return alterSource(statement, context, text)
    case 'CreateType': {
      if (catalog.types.has(statement.name)) {
        if (statement.ifNotExists) return { kind: 'Nothing', reason: `${statement.name} is already registered.` }
        throw new SqlAnalysisError(
          `Cannot register custom type '${statement.name}' since it is already registered`,
          statement.at,
        )
      }
      return { kind: 'CreateType', name: statement.name, type: resolveType(statement.type, catalog.types) }
    }
    case 'DropType':
      if (catalog.types.has(statement.name)) return { kind: 'DropType', name: statement.name }
      if (statement.ifExists) return { kind: 'Nothing', reason: `Type '${statement.name}' does not exist` }
      throw new SqlAnalysisError(`Type ${statement.name} does not exist.`, statement.at)
    default:
      throw new TypeError(`${statement.kind} changes nothing`)
  }
}

function existing(statement: ast.CreateSource | ast.CreateAsSelect, catalog: Catalog): Command | null {
  const source = catalog.source(statement.name)
  if (source === undefined || statement.orReplace) {
    if (source !== undefined && source.kind !== statement.type)
      throw new SqlAnalysisError(
        `Cannot add ${statement.type.toLowerCase()} '${statement.name}': A ${source.kind.toLowerCase()} with the same name already exists`,
        statement.at,
      )
    if (source?.readOnly === true)
      throw new SqlAnalysisError(
        `Cannot add ${statement.type.toLowerCase()} '${statement.name}': CREATE OR REPLACE is not supported on source ${statement.type.toLowerCase()}s.`,
        statement.at,
      )
    return null
  }
  const reason = `Cannot add ${statement.type.toLowerCase()} '${statement.name}': A ${source.kind.toLowerCase()} with the same name already exists`
  if (statement.ifNotExists) return { kind: 'Nothing', reason }
  throw new SqlAnalysisError(`${reason}.`, statement.at)
}

function dropSource(statement: ast.DropSource, { catalog, usage }: StatementContext): Command {
  const source = catalog.source(statement.name)
  const kind = statement.type === 'STREAM' ? 'Stream' : 'Table'
  if (source === undefined) {
    if (statement.ifExists) return { kind: 'Nothing', reason: `Source \`${statement.name}\` does not exist.` }
    throw new SqlAnalysisError(`${kind} ${statement.name} does not exist.${catalog.hint(statement.name)}`, statement.at)
  }
  if (source.kind !== statement.type)
    throw new SqlAnalysisError(
      `Incompatible data source type is ${source.kind}, but statement was DROP ${statement.type}`,
      statement.at,
    )
  if (source.readOnly && statement.deleteTopic)
    throw new SqlAnalysisError(`Cannot delete topic for read-only source: ${source.name}`, statement.at)
  const readers = usage.readersOf(source.name)
  const writers = usage.writersOf(source.name).filter(query => query !== source.queryId)
  if (readers.length + writers.length > 0)
    throw new SqlAnalysisError(
      `Cannot drop ${source.name}.\nThe following queries read from this source: [${readers.join(', ')}].\nThe following queries write into this source: [${writers.join(', ')}].\nYou need to terminate them before dropping ${source.name}.`,
      statement.at,
    )
  return { kind: 'DropSource', source, deleteTopic: statement.deleteTopic }
}

function alterSource(statement: ast.AlterSource, { catalog }: StatementContext, text: string): Command {
  const source = catalog.source(statement.name)
  if (source === undefined)
    throw new SqlAnalysisError(`Source ${statement.name} does not exist.${catalog.hint(statement.name)}`, statement.at)
  const kind = source.kind.toLowerCase()
  if (source.kind !== statement.type)
    throw new SqlAnalysisError(
      `Incompatible data source type is ${source.kind}, but statement was ALTER ${statement.type}`,
      statement.at,
    )
  if (source.readOnly)
    throw new SqlAnalysisError(
      `Cannot alter ${kind} '${source.name}': ALTER operations are not supported on source ${kind}s.`,
      statement.at,
    )
  if (source.queryId !== null)
    throw new SqlAnalysisError(`ALTER command is not supported for CREATE ... AS statements.`, statement.at)
  const value = [...source.schema.value]
  for (const { name, type } of statement.columns) {
    if ([...source.schema.key, ...value].some(column => column.name === name))
      throw new SqlAnalysisError(
        `Cannot add column \`${name}\` to schema. A column with the same name already exists.`,
        statement.at,
      )
    value.push({ name, type: resolveType(type, catalog.types) })
  }
  return {
    kind: 'AlterSource',
    source: { ...source, schema: { ...source.schema, value }, sql: `${source.sql}\n${text};` },
  }
}

/** The catalogue after the command. */
export function applyToCatalog(catalog: Catalog, command: Command): Catalog {
  switch (command.kind) {
    case 'CreateSource':
    case 'CreateAsSelect':
    case 'AlterSource':
      return catalog.withSource(command.source)
    case 'DropSource':
      return catalog.withoutSource(command.source.name)
    case 'CreateType':
      return catalog.withType(command.name, command.type)
    case 'DropType':
      return catalog.withoutType(command.name)
    default:
      return catalog
  }
}
