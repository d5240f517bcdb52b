import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileError, realPlatform } from '@millrace/platform'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const { files } = realPlatform()

/** The parts of a claim's name that say whose it is. */
interface Claim {
  pid: string
  startTime: string
  bootId: string
  namespace: string
}

// Claims of other processes are made by renaming one of our own: what counts is what the system says of its process.
describe.runIf(process.platform === 'linux')('a lock that another process has', () => {
  let directory: string
  let path: string
  let other: ChildProcess
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-lock-'))
    path = join(directory, '.lock')
    other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' })
  })
  afterEach(async () => {
    await killed(other)
    rmSync(directory, { recursive: true, force: true })
  })

  function claim(change: (claim: Claim) => void): string {
    files.lock(path)
    const [name] = readdirSync(directory)
    const [pid, startTime, bootId, namespace, unique] = name!.slice('.lock.'.length).split('+')
    const claim = { pid: pid!, startTime: startTime!, bootId: bootId!, namespace: namespace! }
    change(claim)
    const changed = ['.lock.', [claim.pid, claim.startTime, claim.bootId, claim.namespace, unique].join('+')].join('')
    renameSync(join(directory, name!), join(directory, changed))
    return join(directory, changed)
  }
  const ofOther = (claim: Claim) => {
    const stat = readFileSync(`/proc/${other.pid}/stat`, 'latin1')
    claim.pid = String(other.pid)
    claim.startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!
  }
  const lockingSays = (): string => {
    try {
      files.lock(path).release()
      return 'locked'
    } catch (error) {
      if (error instanceof FileError) return error.code
      throw error
    }
  }

  test('is refused while that process lives and ours after it was killed', async () => {
    claim(ofOther)
    expect(lockingSays()).toBe('ELOCKED')
    await killed(other)
    expect(lockingSays()).toBe('locked')
    expect(readdirSync(directory)).toEqual([])
  })

  test('is ours if a later process has its number', () => {
    claim(claim => {
      ofOther(claim)
      claim.startTime = '1'
    })
    expect(lockingSays()).toBe('locked')
  })

  test.each(['bootId', 'namespace'] as const)('is refused while a process of another %s refreshes it', part => {
    const name = claim(claim => {
      claim[part] = '0'
    })
    expect(lockingSays()).toBe('ELOCKED')
    const longAgo = new Date(0)
    utimesSync(name, longAgo, longAgo)
    expect(lockingSays()).toBe('locked')
  })

  test('other files with similar names are left alone', () => {
    for (const name of ['.lock', '.lock.txt', '.locker', 'a.lock.1+2+3+4+5']) {
      files.open(join(directory, name), 'create').close()
    }
    expect(lockingSays()).toBe('locked')
    expect(readdirSync(directory)).toHaveLength(4)
  })
})

function killed(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    if (child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
