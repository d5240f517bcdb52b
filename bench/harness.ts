/**
 * What every benchmark here is made of. A benchmark states its question and what is fixed in its header, checks that the
 * code under test gives the right answer, measures, and reports one line per case. Peers run in the same process, in
 * turns with ours, because a machine's speed changes from minute to minute; only the ratio is comparable across runs.
 */

/** One line of output. `value` is ours; more is better unless the unit is a time. */
export interface Measurement {
  readonly bench: string
  readonly case: string
  readonly value: number
  /** `records/s`, `MB/s`, `ms`, … */
  readonly unit: string
  /** What it was compared with, name and version. */
  readonly peer?: string
  readonly peerValue?: number
  /** `value / peerValue`. */
  readonly ratio?: number
  /** What the ratio is to be. */
  readonly goal?: Goal
}

export type Goal = { readonly atLeast: number } | { readonly atMost: number }

/** `small` shows that a benchmark still works, in a moment; its numbers mean nothing. */
export type Scale = 'full' | 'small'

export interface Benchmark {
  /** As in `npm run bench:<name>`. */
  readonly name: string
  run(context: BenchmarkContext): Promise<void>
}

export interface RateCase {
  readonly case: string
  readonly unit: string
  /** How many units one call of `run` is worth: records, or bytes / 1e6 for MB/s. */
  readonly unitsPerCall: number
  run(): unknown
  readonly peer?: { readonly name: string; run(): unknown }
}

const ROUNDS: Record<Scale, number> = { full: 9, small: 1 }
const ROUND_MS: Record<Scale, number> = { full: 100, small: 0 }

export class BenchmarkContext {
  constructor(
    private readonly bench: string,
    private readonly scale: Scale,
    private readonly print: (measurement: Measurement) => void,
  ) {}

  /** For amounts of work. */
  scaled(full: number, small: number): number {
    return this.scale === 'full' ? full : small
  }

  /** Reports something the benchmark has measured itself. */
  report(measured: Omit<Measurement, 'bench' | 'ratio'>): void {
    const { peerValue } = measured
    const ratio = peerValue === undefined ? {} : { ratio: rounded(measured.value / peerValue) }
    const peer = peerValue === undefined ? {} : { peerValue: rounded(peerValue) }
    this.print({ bench: this.bench, ...measured, value: rounded(measured.value), ...peer, ...ratio })
  }

  /** Calls `run` (awaiting what it returns, if it is a promise) and its peer in turns; reports the median round of each. */
  async measureRate({ case: name, unit, unitsPerCall, run, peer }: RateCase): Promise<void> {
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < ROUNDS[this.scale]; round++) {
      ours.push(await this.callsPerSecond(run))
      if (peer !== undefined) theirs.push(await this.callsPerSecond(peer.run))
    }
    const value = median(ours) * unitsPerCall
    if (peer === undefined) this.report({ case: name, value, unit })
    else this.report({ case: name, value, unit, peer: peer.name, peerValue: median(theirs) * unitsPerCall })
  }

  private async callsPerSecond(run: () => unknown): Promise<number> {
    const startMs = performance.now()
    let calls = 0
    let elapsedMs: number
    do {
      const result = run()
      if (result instanceof Promise) await result
      calls++
      elapsedMs = performance.now() - startMs
    } while (elapsedMs < ROUND_MS[this.scale])
    return (calls * 1000) / elapsedMs
  }
}

export async function runBenchmark(
  { name, run }: Benchmark,
  scale: Scale,
  print: (measurement: Measurement) => void,
): Promise<void> {
  await run(new BenchmarkContext(name, scale, print))
}

/** Lines with a peer as aligned columns. Empty without one. */
export function comparisonTable(measurements: readonly Measurement[]): string {
  const compared = measurements.filter(({ peerValue }) => peerValue !== undefined)
  if (compared.length === 0) return ''
  const peers = new Set(compared.map(({ peer }) => peer!))
  const [onlyPeer] = peers.size === 1 ? peers : []
  const rows = [
    ['case', 'unit', onlyPeer ?? 'peer', 'Millrace', 'ratio', 'goal', ''],
    ...compared.map(({ case: name, unit, value, peer, peerValue, ratio, goal }) => [
      name,
      unit,
      onlyPeer === undefined ? `${peerValue} (${peer})` : String(peerValue),
      String(value),
      String(ratio),
      goal === undefined ? '' : 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`,
      goal === undefined ? '' : isMet(ratio!, goal) ? 'met' : 'not met',
    ]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function isMet(ratio: number, goal: Goal): boolean {
  return 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]!
}

/** Three digits are more than a benchmark knows. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
