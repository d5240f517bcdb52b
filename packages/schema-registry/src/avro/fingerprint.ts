/** Parsing Canonical Form and CRC-64-AVRO (Avro 1.12 specification, "Schema Fingerprints"). */
import { printJsonString } from '../json/print-json.ts'
import { type AvroSchema, isNamed } from './schema.ts'

/** What a reader of binary data needs to know and nothing else: full names, no docs, defaults or properties. */
export function parsingCanonicalForm(schema: AvroSchema, printed = new Set<string>()): string {
  if (isNamed(schema)) {
    const name = `"${schema.name.fullName}"`
    if (printed.has(name)) return name
    printed.add(name)
    const head = `{"name":${name},"type":"${schema.type}"`
    if (schema.type === 'fixed') return `${head},"size":${schema.sizeBytes}}`
    if (schema.type === 'enum') return `${head},"symbols":[${schema.symbols.map(printJsonString).join(',')}]}`
    const fields = schema.fields.map(
      field => `{"name":"${field.name}","type":${parsingCanonicalForm(field.type, printed)}}`,
    )
    return `${head},"fields":[${fields.join(',')}]}`
  }
  if (schema.type === 'array') return `{"type":"array","items":${parsingCanonicalForm(schema.items, printed)}}`
  if (schema.type === 'map') return `{"type":"map","values":${parsingCanonicalForm(schema.values, printed)}}`
  if (schema.type === 'union')
    return `[${schema.branches.map(branch => parsingCanonicalForm(branch, printed)).join(',')}]`
  return `"${schema.type}"`
}

const EMPTY = 0xc15d213aa4d7a795n
const TABLE: readonly bigint[] = Array.from({ length: 256 }, (_, index) => {
  let row = BigInt(index)
  for (let bit = 0; bit < 8; bit++) row = (row >> 1n) ^ (row & 1n ? EMPTY : 0n)
  return row
})

/** The 64-bit Rabin fingerprint of the parsing canonical form. */
export function avroFingerprint(schema: AvroSchema): bigint {
  let fingerprint = EMPTY
  for (const byte of Buffer.from(parsingCanonicalForm(schema)))
    fingerprint = (fingerprint >> 8n) ^ TABLE[Number((fingerprint ^ BigInt(byte)) & 0xffn)]!
  return fingerprint
}
