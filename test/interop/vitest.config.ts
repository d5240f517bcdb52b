import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import unit from '../../vitest.config.ts'

/** Tests that need Apache Kafka; the unit tests leave them out. */
export default defineConfig({
  ...unit,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { ...unit.test, include: ['test/interop/*.interop.ts'], testTimeout: 60_000 },
})
