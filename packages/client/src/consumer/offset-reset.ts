/** Where a consumer goes that has no position: a place, or a time. */
import type { Clock } from '@millrace/platform'
import type { ConfigType } from '@millrace/protocol'

/** A place, or the first record at or after a time (ms since the epoch). */
export type OffsetReset = 'earliest' | 'latest' | number

/** The rule of `auto.offset.reset`. A duration counts back from the moment when it is needed (KIP-1106). */
export type OffsetResetRule = 'earliest' | 'latest' | 'none' | `by_duration:${string}`

/** ISO 8601 as java.time.Duration reads it: days, hours, minutes, seconds. */
const BY_DURATION = /^by_duration:P(?!$)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/i
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000] as const

export const offsetResetRule: ConfigType<OffsetResetRule> = {
  name: 'STRING',
  parse(raw) {
    if (raw === 'earliest' || raw === 'latest' || raw === 'none') return raw
    if (typeof raw === 'string' && BY_DURATION.test(raw)) return raw as OffsetResetRule
    throw new Error('must be earliest, latest, none or by_duration: with an ISO 8601 duration, as by_duration:P1DT12H')
  },
  print: String,
}

/** What the rule means now; null: there is no rule. */
export function resetBy(rule: OffsetResetRule, clock: Clock): OffsetReset | null {
  if (rule === 'none') return null
  if (rule === 'earliest' || rule === 'latest') return rule
  const parts = BY_DURATION.exec(rule)!
  const durationMs = UNITS_MS.reduce((sum, unitMs, index) => sum + unitMs * Number(parts[index + 1] ?? 0), 0)
  return Math.floor(clock.nowMs() - durationMs)
}
