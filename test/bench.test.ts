import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Benchmark, type Measurement, runBenchmark } from '../bench/harness.ts'

const bench = new URL('../bench/', import.meta.url)
const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const names = readdirSync(bench).flatMap(file => /^(.+)\.bench\.ts$/.exec(file)?.[1] ?? [])

describe.each(names)('bench:%s', name => {
  test('is a command and prints a line per case', async () => {
    expect(scripts[`bench:${name}`]).toBe(`tsc -b bench && node bench/dist/run.js ${name}`)
    const { benchmark }: { benchmark: Benchmark } = await import(new URL(`${name}.bench.ts`, bench).href)
    const lines: Measurement[] = []
    await runBenchmark(benchmark, 'small', measurement => lines.push(measurement))
    expect(lines.length).toBeGreaterThan(0)
    expect(new Set(lines.map(line => line.case)).size).toBe(lines.length)
    for (const line of lines) {
      const { peer, peerValue, ratio, goal: _, ...required } = line
      expect(required).toEqual({
        bench: name,
        case: expect.any(String),
        value: expect.any(Number),
        unit: expect.any(String),
      })
      expect(line.value).toBeGreaterThan(0)
      expect([typeof peer, typeof peerValue, typeof ratio]).toEqual(
        peer === undefined ? Array(3).fill('undefined') : ['string', 'number', 'number'],
      )
    }
  })
})
