export { AVRO_PROVIDER } from './avro/avro-provider.ts'
export { type Incompatibility, type IncompatibilityType, incompatibilitiesOf } from './avro/compatibility.ts'
export { avroFingerprint, parsingCanonicalForm } from './avro/fingerprint.ts'
export { normalizedSchema } from './avro/normalize.ts'
export { LENIENT_PARSING, type ParseOptions, parseAvroSchema, STRICT_PARSING } from './avro/parse.ts'
export { canonicalText } from './avro/print.ts'
export * from './avro/schema.ts'
export { AvroSchemaError } from './avro/schema-error.ts'
export { TypeName } from './avro/type-name.ts'
export {
  AvroBranch,
  AvroDecimal,
  type AvroDuration,
  AvroValueError,
  type AvroValueForm,
  DEFAULT_VALUE_FORM,
} from './codec/avro-value.ts'
export { type AvroDecodingLimits, DEFAULT_DECODING_LIMITS } from './codec/byte-reader.ts'
export { AvroDecoder, type AvroDecoderOptions } from './codec/decoder.ts'
export { AvroEncoder } from './codec/encoder.ts'
export { bigIntOf, twosComplement } from './codec/logical-types.ts'
export { type RegistryAppOptions, registryApp } from './http/app.ts'
export { readAtMost } from './http/read-at-most.ts'
export { javaDoubleText, javaFloatText } from './json/java-numbers.ts'
export { JsonNumber, type JsonObject, type JsonValue, jsonValueOf } from './json/json-value.ts'
export { printJson } from './json/print-json.ts'
export { JsonSyntaxError, readJson } from './json/read-json.ts'
export { type RegistryOptions, SchemaRegistry } from './registry.ts'
export { AvroSerde, type AvroSerdeOptions, SchemaNotLoadedError } from './serde/avro-serde.ts'
export { HttpRegistryClient, type HttpRegistryClientOptions } from './serde/http-client.ts'
export { InProcessRegistryClient } from './serde/in-process-client.ts'
export {
  type FoundSchema,
  type RegisteredSchema,
  RegistryCallError,
  type RegistryClient,
  type SchemaDefinition,
} from './serde/registry-client.ts'
export {
  NamelessSchemaError,
  SUBJECT_NAME_STRATEGIES,
  type SubjectNameStrategy,
  subjectName,
} from './serde/subject-name.ts'
export {
  type FramedMessage,
  frameWithId,
  KEY_SCHEMA_HEADER,
  type SchemaPointer,
  schemaHeaderValue,
  unframe,
  VALUE_SCHEMA_HEADER,
  WireFormatError,
} from './serde/wire-format.ts'
export { KafkaLog, type KafkaLogOptions } from './store/kafka-log.ts'
export { MemoryLog } from './store/memory-log.ts'
export type { LogEntry, SchemasLog } from './store/schemas-log.ts'
export { compatibilityProblems } from './subjects/compatibility-levels.ts'
export { COMPATIBILITY_LEVELS, type CompatibilityLevel } from './subjects/config.ts'
export { readMetadata, readReferences, readRuleSet } from './subjects/read-model.ts'
export { RegistryError } from './subjects/registry-error.ts'
export { guidOf, type SchemaContent, type SchemaReference } from './subjects/schema-content.ts'
