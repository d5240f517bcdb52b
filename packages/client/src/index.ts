export { type Serde, SerializationError } from './serdes/serde.ts'
export { Serdes } from './serdes/serdes.ts'
