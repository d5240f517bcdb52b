/** The first line of what went wrong, and what to do about it where that is known. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  const step = NEXT_STEPS.get(code)
  return step === undefined ? error.message : `${error.message}\n  ${step}`
}

const NO_BROKER = 'no broker answers there: start a broker with millrace start, or name another with --bootstrap-server'

const NEXT_STEPS: ReadonlyMap<string, string> = new Map([
  [
    'EADDRINUSE',
    'the port is taken: stop what listens there, or choose others with --port, --registry-port and --sql-port (0 takes a free one)',
  ],
  ['DATA_DIRECTORY_IN_USE', 'another process uses this directory: stop it, or choose another one with --data-dir'],
  ['ECONNREFUSED', NO_BROKER],
  ['TIMED_OUT', NO_BROKER],
])
