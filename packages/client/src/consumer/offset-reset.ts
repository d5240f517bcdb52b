/** Where a consumer goes that has no position: a place, or a time. */
import type { Clock } from '@millrace/platform'
import type { ConfigType } from '@millrace/protocol'

/** A place, or the first record at or after a time (ms since the epoch). */
export type OffsetReset = 'earliest' | 'latest' | number

/** The rule of `auto.offset.reset`. A duration, in ms, counts back from the moment when it is needed (KIP-1106). */
export type OffsetResetRule = 'earliest' | 'latest' | 'none' | { readonly durationMs: number }

const BY_DURATION = 'by_duration:'
/** ISO 8601 as java.time.Duration reads it: days, hours, minutes, seconds. */
const DURATION = /^P(?!$)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/i
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000] as const

export const offsetResetRule: ConfigType<OffsetResetRule> = {
  name: 'STRING',
  parse(raw) {
    if (raw === 'earliest' || raw === 'latest' || raw === 'none') return raw
    const parts =
      typeof raw === 'string' && raw.startsWith(BY_DURATION) ? DURATION.exec(raw.slice(BY_DURATION.length)) : null
    if (parts !== null)
      return { durationMs: UNITS_MS.reduce((sum, unitMs, index) => sum + unitMs * Number(parts[index + 1] ?? 0), 0) }
    if (typeof raw === 'object' && raw !== null && 'durationMs' in raw) {
      const { durationMs } = raw
      if (typeof durationMs === 'number' && Number.isFinite(durationMs) && durationMs >= 0) return { durationMs }
    }
    throw new Error('must be earliest, latest, none or by_duration: with an ISO 8601 duration, as by_duration:P1DT12H')
  },
  print: rule => (typeof rule === 'string' ? rule : `${BY_DURATION}PT${rule.durationMs / 1_000}S`),
}

/** What the rule means now; null: there is no rule. */
export function resetBy(rule: OffsetResetRule, clock: Clock): OffsetReset | null {
  if (rule === 'none') return null
  return typeof rule === 'string' ? rule : Math.floor(clock.nowMs() - rule.durationMs)
}
