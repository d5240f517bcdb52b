/**
 * Compares our declarations with Apache Kafka's own, version by version. Kafka's JSON files are not part of this
 * repository: MILLRACE_KAFKA_MESSAGES names a folder with them (of any release; the JSON files of its jars, unpacked
 * flat), by default `../shared/kafka-messages` beside the repository. Without such a folder there is nothing to compare.
 *
 * Declarations are equal if each version that both have puts the same fields on the wire in the same order, lets the same
 * fields be null, and treats those that it lacks in the same way.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { defaultOf, isFlexible } from '../../src/wire/compile.ts'
import { type Fields, type Message, type WireShape, ZERO_UUID } from '../../src/wire/schema.ts'
import {
  includesVersion,
  parseVersions,
  type VersionNotation,
  type VersionRange,
} from '../../src/wire/version-range.ts'
import { ALL_MESSAGES, versionsOf } from '../all-messages.ts'

const folder =
  process.env.MILLRACE_KAFKA_MESSAGES ?? path.resolve(import.meta.dirname, '../../../../../shared/kafka-messages')

/** What both sides say about a field. */
interface Declared {
  readonly name: string
  readonly type: string
  readonly versions: VersionRange
  readonly nullable: VersionRange
  readonly tagged: VersionRange
  readonly tag: number | undefined
  readonly default: unknown
  readonly ignorable: boolean
  readonly mapKey: boolean
  readonly keepsOldEncoding: boolean
  readonly fields: readonly Declared[]
}

const NEVER = parseVersions('none')
const ALWAYS = parseVersions('0+')

function declaredByUs(fields: Fields): Declared[] {
  return Object.entries(fields).map(([name, field]) => {
    const { shape } = field.type
    const versions = parseVersions(field.versions)
    return {
      name,
      type: typeName(shape).replace('bigint64', 'int64'),
      versions,
      nullable: shape.kind === 'records' ? ALWAYS : shape.kind === 'nullable' ? shape.versions : NEVER,
      tagged: field.tag === undefined ? NEVER : parseVersions(field.tagged ?? field.versions),
      tag: field.tag,
      default: typeof defaultOf(field) === 'bigint' ? Number(defaultOf(field)) : defaultOf(field),
      ignorable: field.ignorable === true,
      mapKey: field.mapKey === true,
      keepsOldEncoding: field.flexible === 'none',
      fields: declaredByUs(structFields(shape)),
    }
  })
}
function typeName(shape: WireShape): string {
  if (shape.kind === 'nullable') return typeName(shape.of)
  return shape.kind === 'array' ? `[]${typeName(shape.of)}` : shape.kind
}
function structFields(shape: WireShape): Fields {
  if (shape.kind === 'struct') return shape.fields
  return shape.kind === 'array' || shape.kind === 'nullable' ? structFields(shape.of) : {}
}

interface KafkaField {
  readonly name: string
  readonly type: string
  /** Absent in some tagged fields: then `taggedVersions` stands for both. */
  readonly versions?: VersionNotation
  readonly nullableVersions?: VersionNotation
  readonly taggedVersions?: VersionNotation
  readonly flexibleVersions?: VersionNotation
  readonly tag?: number
  readonly default?: unknown
  readonly ignorable?: boolean
  readonly mapKey?: boolean
  readonly fields?: readonly KafkaField[]
}
interface KafkaMessage {
  readonly apiKey?: number
  readonly validVersions: VersionNotation
  readonly flexibleVersions: VersionNotation
  readonly fields?: readonly KafkaField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly KafkaField[] }[]
}

function readKafkaMessage(name: string): KafkaMessage | undefined {
  const file = path.join(folder, `${name}.json`)
  if (!existsSync(file)) return undefined
  const withoutComments = readFileSync(file, 'utf8').replace(/("(?:[^"\\]|\\.)*")|\/\/.*/g, (_, text = '') => text)
  return JSON.parse(withoutComments) as KafkaMessage
}

function declaredByKafka({ fields, commonStructs = [] }: KafkaMessage): Declared[] {
  const declared = (field: KafkaField): Declared => {
    const element = field.type.replace('[]', '')
    const inner = field.fields ?? commonStructs.find(struct => struct.name === element)?.fields
    const members = inner?.map(declared) ?? []
    return {
      name: field.name.slice(0, 1).toLowerCase() + field.name.slice(1),
      type: inner === undefined ? field.type : field.type.replace(element, 'struct'),
      versions: parseVersions((field.versions ?? field.taggedVersions)!),
      nullable: parseVersions(field.nullableVersions ?? 'none'),
      tagged: parseVersions(field.taggedVersions ?? 'none'),
      tag: field.tag,
      default: defaultByKafka(field, members),
      ignorable: field.ignorable === true,
      mapKey: field.mapKey === true,
      keepsOldEncoding: field.flexibleVersions === 'none',
      fields: members,
    }
  }
  return fields?.map(declared) ?? []
}
const ZEROS = new Map<string, unknown>([
  ['string', ''],
  ['bool', false],
  ['uuid', ZERO_UUID],
  ['bytes', Buffer.alloc(0)],
  ['records', null],
])
function defaultByKafka(field: KafkaField, members: readonly Declared[]): unknown {
  if (field.default === 'null') return null
  // An unquoted null counts as no default at all.
  if (field.default === undefined || field.default === null || field.default === '') {
    if (field.type.startsWith('[]')) return []
    if (members.length > 0) return Object.fromEntries(members.map(member => [member.name, member.default]))
    return ZEROS.has(field.type) ? ZEROS.get(field.type) : 0
  }
  if (field.type === 'bool') return String(field.default) === 'true'
  return field.type === 'string' ? field.default : Number(field.default)
}

/** What one version puts on the wire, in order; tagged fields come last. */
function onTheWire(fields: readonly Declared[], version: number, flexible: boolean): unknown[] {
  const present = fields.filter(field => includesVersion(field.versions, version))
  const tagOf = (field: Declared) => (flexible && includesVersion(field.tagged, version) ? field.tag : undefined)
  return present
    .sort((a, b) => (tagOf(a) ?? -1) - (tagOf(b) ?? -1))
    .map(field => ({
      name: field.name,
      type: field.type,
      tag: tagOf(field),
      nullable: includesVersion(field.nullable, version),
      default: field.default,
      mapKey: field.mapKey,
      keepsOldEncoding: field.keepsOldEncoding,
      fields: onTheWire(field.fields, version, flexible),
    }))
}

/** Fields that both declare and one version lacks, with what happens to their value there. */
function lacking(fields: readonly Declared[], others: readonly Declared[], version: number, path = ''): string[] {
  return fields.flatMap(field => {
    const other = others.find(({ name }) => name === field.name)
    if (other === undefined) return []
    if (includesVersion(field.versions, version))
      return lacking(field.fields, other.fields, version, `${path}${field.name}.`)
    return [`${path}${field.name} ${field.ignorable ? 'is dropped' : 'must be at its default'}`]
  })
}

/** Releases add tagged fields to versions that exist: what an older one does not have yet cannot be compared. */
function withoutNewerTags(ours: readonly Declared[], kafka: readonly Declared[]): Declared[] {
  return ours.flatMap(field => {
    const same = kafka.find(other => other.name === field.name)
    if (same === undefined && field.tag !== undefined) return []
    return [{ ...field, fields: withoutNewerTags(field.fields, same?.fields ?? []) }]
  })
}

/**
 * Pairs of a version of ours and Kafka's number for it. They differ for keys of coordinator records only: before 4.0
 * Kafka declared as the key's version what is the type of the record now.
 */
function commonVersions(ours: Message, kafka: KafkaMessage): [ours: number, kafka: number][] {
  if (kafka.apiKey === undefined && ours.name.endsWith('Key')) return [[0, ours.apiKey]]
  const valid = parseVersions(kafka.validVersions)
  return versionsOf(ours)
    .filter(version => includesVersion(valid, version))
    .map(version => [version, version])
}

describe.skipIf(!existsSync(folder))(`our declarations and Kafka's in ${folder}`, () => {
  const pairs = ALL_MESSAGES.flatMap(ours => {
    const kafka = readKafkaMessage(ours.name)
    return kafka === undefined ? [] : [{ name: ours.name, ours, kafka }]
  })

  test('most messages are found there', () => {
    expect(pairs.length).toBeGreaterThan(110)
  })

  test.each(pairs)('$name', ({ ours, kafka }) => {
    const kafkaFields = declaredByKafka(kafka)
    const ourFields = withoutNewerTags(declaredByUs(ours.fields), kafkaFields)
    const kafkaFlexible = parseVersions(kafka.flexibleVersions)
    const versions = commonVersions(ours, kafka)
    expect(versions).not.toEqual([])
    expect(ours.apiKey).toBe(kafka.apiKey ?? ours.apiKey)
    for (const [version, kafkaVersion] of versions) {
      const flexible = isFlexible(ours, version)
      expect(flexible, `v${version} flexible`).toBe(includesVersion(kafkaFlexible, kafkaVersion))
      const expected = onTheWire(kafkaFields, kafkaVersion, flexible)
      expect(onTheWire(ourFields, version, flexible), `v${version}`).toEqual(expected)
      const lackingInKafka = lacking(kafkaFields, ourFields, kafkaVersion).sort()
      expect(lacking(ourFields, kafkaFields, version).sort(), `v${version} lacks`).toEqual(lackingInKafka)
    }
  })
})
