import {
  frameWithId,
  JsonNumber,
  type JsonObject,
  SUBJECT_NAME_STRATEGIES,
  schemaHeaderValue,
  subjectName,
  unframe,
} from '@millrace/schema-registry'
import { arrayOf, objectOf, optionalText, textOf } from './corpus.ts'
import { difference } from './match.ts'

/** Null for a pass. */
export function judgeWire(example: JsonObject): string | null {
  if (example.has('strategy')) return judgeSubjectName(example)
  switch (textOf(example, 'form')) {
    case 'prefix':
      return judgePrefix(example)
    case 'header':
      return difference(
        'header',
        textOf(example, 'headerHex'),
        schemaHeaderValue(textOf(example, 'guid')).toString('hex'),
      )
    default:
      return judgeDecode(example)
  }
}

function judgePrefix(example: JsonObject): string | null {
  const id = example.get('schemaId')
  const indexes = example.has('messageIndexes')
    ? arrayOf(example, 'messageIndexes').map(index => (index as JsonNumber).toNumber())
    : null
  const message = frameWithId((id as JsonNumber).toNumber(), Buffer.from(textOf(example, 'payloadHex'), 'hex'), indexes)
  return difference('message', textOf(example, 'messageHex'), message.toString('hex'))
}

function judgeDecode(example: JsonObject): string | null {
  const expected = objectOf(example.get('expect'))
  const headers = [...objectOf(example.get('headers') ?? new Map())].map(([key, value]) => ({
    key,
    value: Buffer.from(String(value), 'hex'),
  }))
  try {
    const message = Buffer.from(textOf(example, 'messageHex'), 'hex')
    const { schema, payload } = unframe(message, example.get('isKey') === true, headers)
    if (expected.get('error') === true) return 'was accepted'
    const pointer = 'id' in schema ? { schemaId: new JsonNumber(String(schema.id)) } : { guid: schema.guid }
    const actual = new Map<string, string | JsonNumber>(
      Object.entries({ ...pointer, payloadHex: payload.toString('hex') }),
    )
    return difference('message', expected, actual)
  } catch (error) {
    return expected.get('error') === true ? null : String(error)
  }
}

function judgeSubjectName(example: JsonObject): string | null {
  const strategy = SUBJECT_NAME_STRATEGIES.find(known => known === textOf(example, 'strategy'))
  if (strategy === undefined) return 'unknown strategy'
  const isError = example.get('error') === true
  try {
    const isKey = example.get('isKey') === true
    const subject = subjectName(
      strategy,
      optionalText(example, 'topic') ?? '',
      isKey,
      optionalText(example, 'recordName'),
    )
    return isError ? 'was accepted' : difference('subject', textOf(example, 'subject'), subject)
  } catch (error) {
    return isError ? null : String(error)
  }
}
