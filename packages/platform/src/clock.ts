/** Where the time comes from. Nothing outside `platform` reads the system clock (docs/architecture.md, "Seams"). */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch, an integer. May jump in either direction. */
  nowMs(): number
  /** Milliseconds since an arbitrary origin, with fractions. Never goes back: for timeouts, sessions and latencies. */
  monotonicMs(): number
}
