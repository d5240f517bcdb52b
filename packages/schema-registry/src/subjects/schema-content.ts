/** What makes a schema the schema it is, and its identity. */
import { createHash } from 'node:crypto'
import type { Metadata } from './metadata.ts'
import { type RuleSet, rulesOf } from './rule-set.ts'

export interface SchemaReference {
  /** What the schema calls it: for Avro the full name of the type. */
  readonly name: string
  readonly subject: string
  readonly version: number
}

export interface SchemaContent {
  /** `AVRO`, … */
  readonly schemaType: string
  /** Canonical text, except in records of older registries. */
  readonly text: string
  readonly references: readonly SchemaReference[]
  readonly metadata: Metadata | null
  readonly ruleSet: RuleSet | null
}

/**
 * MD5 of text, references, metadata and rules, written as a UUID. The type of the schema is no part of it. Two contents
 * are the same schema exactly if their GUIDs are equal.
 */
export function guidOf(content: SchemaContent): string {
  const hash = createHash('md5')
  const add = (...texts: readonly (string | null)[]) => {
    for (const text of texts) if (text !== null) hash.update(text, 'utf8')
  }
  const addMap = (map: ReadonlyMap<string, string>) => {
    for (const key of [...map.keys()].sort()) add(key, map.get(key) ?? null)
  }
  add(content.text)
  for (const reference of content.references) {
    add(reference.name, reference.subject)
    const version = Buffer.alloc(4)
    version.writeInt32BE(reference.version)
    hash.update(version)
  }
  if (content.metadata !== null) {
    hash.update(PRESENT)
    const { tags, properties, sensitive } = content.metadata
    for (const path of [...tags.keys()].sort()) add(path, ...[...(tags.get(path) ?? [])].sort())
    addMap(properties)
    add(...[...sensitive].sort())
  }
  if (content.ruleSet !== null) {
    hash.update(PRESENT)
    for (const rule of rulesOf(content.ruleSet)) {
      add(rule.name, rule.doc, rule.kind, rule.mode, rule.type, ...[...rule.tags].sort())
      addMap(rule.params)
      add(rule.expr, rule.onSuccess, rule.onFailure)
      if (rule.disabled) hash.update(PRESENT)
    }
    add(content.ruleSet.enableAt)
  }
  const hex = hash.digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

const PRESENT = Buffer.of(1)
