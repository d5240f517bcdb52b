import { type Platform, realPlatform } from '@millrace/platform'

/** Options that no table can hold. */
export interface PlatformOption {
  /** Clock, timers, random numbers, files, network, codecs. The machine's own by default; simulations bring theirs. */
  readonly platform?: Platform | undefined
}

/** A value that is there at once with a platform of the caller's, and after loading the real one otherwise. */
export function withPlatform<T>(platform: Platform | undefined, make: (platform: Platform) => T): T | Promise<T> {
  return platform === undefined ? realPlatform().then(make) : make(platform)
}
