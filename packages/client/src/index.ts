export * from './producer/producer.ts'
export * from './serdes/serdes.ts'
