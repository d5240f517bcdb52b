/** Entities of the SQL server as people read them. */
import { table } from './table.ts'

type Entity = { readonly '@type': string } & { readonly [name: string]: unknown }
type Rows = readonly Record<string, unknown>[]

export function printEntity(entity: { readonly '@type': string }): string {
  const content = entity as Entity
  switch (content['@type']) {
    case 'currentStatus':
      return (content.commandStatus as { message: string }).message
    case 'streams':
    case 'tables':
      return listed(content[content['@type']] as Rows, ['name', 'topic', 'keyFormat', 'valueFormat', 'isWindowed'])
    case 'kafka_topics':
      return listed(
        (content.topics as { name: string; replicaInfo: number[] }[]).map(({ name, replicaInfo }) => ({
          topic: name,
          partitions: replicaInfo.length,
        })),
        ['topic', 'partitions'],
      )
    case 'queries':
      return listed(content.queries as Rows, ['id', 'state', 'sinks', 'queryString'])
    case 'function_names':
      return listed(content.functions as Rows, ['name', 'type', 'category'])
    case 'sourceDescription':
      return description(content.sourceDescription as Record<string, unknown>)
    default:
      return JSON.stringify(entity, null, 2)
  }
}

function listed(rows: Rows, names: readonly string[]): string {
  if (rows.length === 0) return 'none'
  return table(
    names,
    rows.map(row => names.map(name => (Array.isArray(row[name]) ? (row[name] as unknown[]).join(', ') : row[name]))),
  )
}

function description(source: Record<string, unknown>): string {
  const fields = source.fields as { name: string; type?: string; schema: { type: string } }[]
  const rows = fields.map(({ name, type, schema }) => [
    name,
    schema.type,
    type === 'KEY' ? (source.type === 'TABLE' ? 'primary key' : 'key') : '',
  ])
  return `${source.type as string} ${source.name as string} over topic ${source.topic as string} (${source.keyFormat as string} keys, ${source.valueFormat as string} values)\n\n${table(['column', 'type', ''], rows)}\n\n${source.statement as string}`
}
