import type { Duration, TimeUnit } from '../ast/nodes.ts'

const UNIT_MS: Record<TimeUnit, number> = {
  MILLISECONDS: 1,
  SECONDS: 1_000,
  MINUTES: 60_000,
  HOURS: 3_600_000,
  DAYS: 86_400_000,
}

export function durationMs(duration: Duration): number {
  return duration.amount * UNIT_MS[duration.unit]
}
/** `30 SECONDS`, `1 day`: how WITH properties write durations. Null when it is none. */
export function parseDuration(text: string): { readonly ms: number } | { readonly unknownUnit: string } | null {
  const match = /^\s*(\d+)\s+([A-Za-z]+)\s*$/.exec(text)
  if (match === null) return null
  const unit = match[2]!.toUpperCase()
  const plural = (unit.endsWith('S') ? unit : `${unit}S`) as TimeUnit
  const unitMs = Object.hasOwn(UNIT_MS, plural) ? UNIT_MS[plural] : undefined
  return unitMs === undefined ? { unknownUnit: unit } : { ms: Number(match[1]) * unitMs }
}
