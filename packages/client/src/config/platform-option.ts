import type { Platform } from '@millrace/platform'

/** An option that no table can hold. */
export interface PlatformOption {
  /** Clock, timers, random numbers, network and codecs. The machine's own by default; simulations bring theirs. */
  readonly platform?: Platform | undefined
}
