import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import unit from '../../vitest.config.ts'

const folder = process.env.MILLRACE_KAFKA_NODES === '3' ? 'test/interop/three-nodes' : 'test/interop'

/** Tests that need Apache Kafka; the unit tests leave them out. */
export default defineConfig({
  ...unit,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { ...unit.test, include: [`${folder}/*.interop.ts`], testTimeout: 60_000 },
})
