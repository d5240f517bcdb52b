/**
 * `node bench/dist/run.js <name>... [--small]`: runs `<name>.bench.js` beside this file, a JSON line per case, and a table at
 * the end if there are goals.
 */
import { type Benchmark, comparisonTable, type Measurement, runBenchmark } from './harness.ts'

const names = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const scale = process.argv.includes('--small') ? 'small' : 'full'

const measurements: Measurement[] = []
for (const name of names) {
  const { benchmark }: { benchmark: Benchmark } = await import(new URL(`${name}.bench.js`, import.meta.url).href)
  await runBenchmark(benchmark, scale, measurement => {
    measurements.push(measurement)
    console.log(JSON.stringify(measurement))
  })
}
if (measurements.some(({ goal }) => goal !== undefined)) console.log(`\n${comparisonTable(measurements)}`)
