/**
 * An exclusive lock between processes, of plain files, because Node offers no `flock`.
 *
 * Whoever wants the lock first creates a claim, a file whose name says which process it is, and only then looks for
 * other claims. It has the lock if no other claim belongs to a live process; otherwise it takes its claim back. Of two
 * contenders the one that looks second sees the claim of the first, so both may lose but never do both win. The claims
 * of dead processes are swept by whoever finds them: a claim's name is never used twice, so sweeping cannot hit a live
 * one, and there is no moment of taking over in which two could meet.
 *
 * A process is told apart from a later one with its number by its start time and the boot it ran in. A claim from
 * another boot or process namespace (two containers or two machines, one volume) cannot be checked that way; it counts as
 * live while its holder refreshes it.
 */
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FileError, type FileLock } from '../files.ts'
import { attempt } from './file-errors.ts'

const REFRESH_INTERVAL_MS = 2_000
/** A claim from elsewhere that nobody refreshed for this long belongs to a dead process. */
const SILENCE_OF_THE_DEAD_MS = 10_000
/** Contenders that all took their claims back try again, after a random part of the pause each. */
const ATTEMPTS = 5
const LONGEST_PAUSE_MS = 20

interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks from boot to the start of the process; empty where the system does not tell. */
  readonly startTime: string
  readonly bootId: string
  /** Empty where there are none. Numbers of processes mean something only within one. */
  readonly namespace: string
}

/** Throws a {@link FileError} with code `ELOCKED`, or the code of what the file system refused. */
export function lockFile(path: string): FileLock {
  for (let attemptsLeft = ATTEMPTS; ; attemptsLeft--) {
    const claim = attempt('lock', path, () => createClaim(path))
    if (!attempt('lock', path, () => sweepAndFindRival(path, claim))) return hold(claim)
    fs.rmSync(claim, { force: true })
    if (attemptsLeft === 1) throw new FileError('ELOCKED', 'lock', path)
    pause(Math.random() * LONGEST_PAUSE_MS)
  }
}

function hold(claim: string): FileLock {
  const refresh = setInterval(() => {
    const now = new Date()
    fs.utimes(claim, now, now, () => {}) // A claim that somebody deleted by hand cannot be saved.
  }, REFRESH_INTERVAL_MS)
  refresh.unref()
  let released = false
  return {
    release() {
      if (released) return
      released = true
      clearInterval(refresh)
      fs.rmSync(claim, { force: true })
    },
  }
}

/** The whole claim is its name, so that nobody ever reads a half-written one. */
function createClaim(path: string): string {
  const { pid, startTime, bootId, namespace } = identityOf(process.pid)
  const claim = `${path}.${[pid, startTime, bootId, namespace, randomBytes(6).toString('hex')].join('+')}`
  fs.closeSync(fs.openSync(claim, 'wx'))
  return claim
}

/** Removes the claims of the dead; true if there is a live one besides `ownClaim`. */
function sweepAndFindRival(path: string, ownClaim: string): boolean {
  const directory = dirname(path)
  const prefix = `${basename(path)}.`
  let rival = false
  for (const name of fs.readdirSync(directory)) {
    const claim = join(directory, name)
    if (!name.startsWith(prefix) || claim === join(ownClaim)) continue
    const [pid, startTime, bootId, namespace, unique] = name.slice(prefix.length).split('+')
    if (unique === undefined) continue
    if (isAlive({ pid: Number(pid), startTime: startTime!, bootId: bootId!, namespace: namespace! }, claim))
      rival = true
    else fs.rmSync(claim, { force: true })
  }
  return rival
}

function isAlive(holder: ProcessIdentity, claim: string): boolean {
  const own = identityOf(process.pid)
  if (holder.bootId !== own.bootId || holder.namespace !== own.namespace) return wasRefreshed(claim)
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false // Anything else: it is there, and not ours.
  }
  return identityOf(holder.pid).startTime === holder.startTime
}

function wasRefreshed(claim: string): boolean {
  const stat = fs.statSync(claim, { throwIfNoEntry: false })
  return stat !== undefined && Math.abs(Date.now() - stat.mtimeMs) < SILENCE_OF_THE_DEAD_MS
}

function identityOf(pid: number): ProcessIdentity {
  return {
    pid,
    startTime: startTimeOf(pid),
    bootId: readOrEmpty('/proc/sys/kernel/random/boot_id').trim(),
    namespace: linkOrEmpty('/proc/self/ns/pid').replace(/\D/g, ''),
  }
}

/**
 * Field 22 of `/proc/<pid>/stat`, empty for a process that has died and waits for its parent to notice. The second field
 * is the command in parentheses and may hold anything, so fields are counted from the last parenthesis.
 */
function startTimeOf(pid: number): string {
  const stat = readOrEmpty(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? '' : (fields[19] ?? '')
}

function readOrEmpty(path: string): string {
  try {
    return fs.readFileSync(path, 'latin1')
  } catch {
    return '' // Systems without /proc: the number of the process alone has to do.
  }
}

function linkOrEmpty(path: string): string {
  try {
    return fs.readlinkSync(path)
  } catch {
    return ''
  }
}

/** Waits on the event loop: `lock` is synchronous, and used once per process and directory. */
function pause(delayMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs)
}
