/** Bodies that carry a schema. */
import type { JsonObject } from '../json/json-value.ts'
import type { SchemaRequest } from '../subjects/lookup.ts'
import { readInteger, readMetadata, readReferences, readRuleSet, readText } from '../subjects/read-model.ts'
import type { RegisterRequest } from '../subjects/register.ts'

export function readSchemaRequest(body: JsonObject): SchemaRequest {
  return {
    text: readText(body, 'schema'),
    schemaType: readText(body, 'schemaType'),
    references: readReferences(body),
    metadata: readMetadata(body),
    ruleSet: readRuleSet(body),
  }
}

export function readRegisterRequest(body: JsonObject): RegisterRequest {
  return {
    ...readSchemaRequest(body),
    version: readInteger(body, 'version') ?? 0,
    id: readInteger(body, 'id') ?? -1,
  }
}
