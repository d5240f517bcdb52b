import { defineConfig } from 'vitest/config'

const conditions = ['millrace-source', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    pool: 'threads',
    maxWorkers: 2,
    // Modules are loaded once for each worker, which is most of the time of a small file: tests change no module state.
    isolate: false,
  },
})
