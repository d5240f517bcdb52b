/** `node bench/dist/run.js <name>... [--small]`: runs `<name>.bench.js` beside this file, a JSON line per case. */
import { type Benchmark, runBenchmark } from './harness.ts'

const names = process.argv.slice(2).filter(argument => !argument.startsWith('--'))
const scale = process.argv.includes('--small') ? 'small' : 'full'

for (const name of names) {
  const { benchmark }: { benchmark: Benchmark } = await import(new URL(`${name}.bench.js`, import.meta.url).href)
  await runBenchmark(benchmark, scale, measurement => console.log(JSON.stringify(measurement)))
}
