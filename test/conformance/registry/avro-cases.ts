/** Cases that need no registry. Each judge returns null for a pass, else why not. */
import {
  AVRO_PROVIDER,
  avroFingerprint,
  COMPATIBILITY_LEVELS,
  canonicalText,
  compatibilityProblems,
  guidOf,
  incompatibilitiesOf,
  type JsonObject,
  type JsonValue,
  LENIENT_PARSING,
  normalizedSchema,
  type ParseOptions,
  parseAvroSchema,
  parsingCanonicalForm,
  printJson,
  readMetadata,
  readReferences,
  readRuleSet,
  STRICT_PARSING,
} from '@millrace/schema-registry'
import { arrayOf, objectOf, optionalText, textOf } from './corpus.ts'
import { difference } from './match.ts'

function schemaOf(json: JsonValue | undefined) {
  return parseAvroSchema(printJson(json ?? null), LENIENT_PARSING)
}

export function judgeCompatibility(example: JsonObject): string | null {
  const expected = arrayOf(example, 'incompatibilities').map(objectOf)
  const isCompatible = example.get('compatible') === true
  let found: ReturnType<typeof incompatibilitiesOf>
  try {
    found = incompatibilitiesOf(schemaOf(example.get('reader')), schemaOf(example.get('writer')))
  } catch (error) {
    return example.get('raises') === true && !isCompatible ? null : String(error)
  }
  const actual = found.map(({ type, path, message }) => new Map(Object.entries({ type, path, message })))
  if (isCompatible !== (found.length === 0)) return `compatible is ${found.length === 0}`
  return difference('incompatibilities', expected, actual)
}

export function judgeLevel(example: JsonObject): string | null {
  const level = COMPATIBILITY_LEVELS.find(known => known === textOf(example, 'level'))
  if (level === undefined) return 'unknown level'
  const parse = (json: JsonValue) => AVRO_PROVIDER.parse({ text: printJson(json), dependencies: [], isStrict: false })
  const history = arrayOf(example, 'history').map((json, index) => ({ version: index + 1, parsed: parse(json) }))
  const messages = compatibilityProblems(level, parse(example.get('schema') ?? null), history.reverse())
  if ((messages.length === 0) !== example.get('compatible')) return `compatible is ${messages.length === 0}`
  return difference('messages', arrayOf(example, 'messages'), messages)
}

export function judgeCanonical(example: JsonObject): string | null {
  const schema = parseAvroSchema(textOf(example, 'input'), LENIENT_PARSING)
  const canonical = canonicalText(schema)
  const content = { schemaType: 'AVRO', text: canonical, references: [], metadata: null, ruleSet: null }
  const actual = {
    canonical,
    normalized: canonicalText(normalizedSchema(schema)),
    guid: guidOf(content),
    parsingCanonicalForm: parsingCanonicalForm(schema),
    crc64: avroFingerprint(schema).toString(16),
  }
  for (const [name, text] of Object.entries(actual)) {
    const reason = difference(name, textOf(example, name), text)
    if (reason !== null) return reason
  }
  return null
}

export function judgeParse(example: JsonObject): string | null {
  const input = textOf(example, 'input')
  return (
    difference('validNew', example.get('validNew') ?? null, isAccepted(input, STRICT_PARSING)) ??
    difference('validExisting', example.get('validExisting') ?? null, isAccepted(input, LENIENT_PARSING))
  )
}

function isAccepted(input: string, options: ParseOptions): boolean {
  try {
    parseAvroSchema(input, options)
    return true
  } catch {
    return false
  }
}

export function judgeGuid(example: JsonObject): string | null {
  const guid = guidOf({
    schemaType: optionalText(example, 'schemaType') ?? 'AVRO',
    text: textOf(example, 'schema'),
    references: readReferences(example),
    metadata: readMetadata(example),
    ruleSet: readRuleSet(example),
  })
  return difference('guid', textOf(example, 'guid'), guid)
}
