/** The corpus as typed data. `schema` members are JSON as it stands: their order and number spelling matter. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type JsonObject, type JsonValue, readJson } from '@millrace/schema-registry'

export interface CorpusCase {
  readonly file: string
  readonly kind: string
  readonly id: string
  readonly json: JsonObject
}

/** All cases of a folder, whatever the names of its files. */
export function readCorpus(directory: string): readonly CorpusCase[] {
  const files = readdirSync(directory).filter(name => name.endsWith('.json'))
  return files.sort().flatMap(file => {
    const document = objectOf(readJson(readFileSync(join(directory, file), 'utf8')))
    const kind = textOf(document, 'kind')
    return arrayOf(document, 'cases').map(example => {
      const json = objectOf(example)
      return { file, kind, id: textOf(json, 'id'), json }
    })
  })
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  if (!(value instanceof Map)) throw new Error('the corpus has something else where an object is expected')
  return value
}

export function arrayOf(json: JsonObject, member: string): readonly JsonValue[] {
  const value = json.get(member)
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new Error(`${member} is not an array`)
  return value
}

export function textOf(json: JsonObject, member: string): string {
  const value = json.get(member)
  if (typeof value !== 'string') throw new Error(`${member} is not a text`)
  return value
}

export function optionalText(json: JsonObject, member: string): string | null {
  return json.has(member) && json.get(member) !== null ? textOf(json, member) : null
}
