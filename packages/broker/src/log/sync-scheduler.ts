import type { Timers } from '@millrace/platform'
import type { JournaledTarget, SyncJournal } from './journal/sync-journal.ts'
import type { SyncTarget } from './sync-target.ts'

/** Passes of single logs under way at once. The thread pool that runs them is shared with the state stores. */
const MAX_CONCURRENT_SYNCS = 2
/** So many logs are faster through the journal than one by one. */
const MIN_JOURNAL_GROUP = 8

/** A target whose data directory has a journal. */
export interface SchedulableTarget extends JournaledTarget {
  readonly journal: SyncJournal
  /** Whether the journal can take what a pass would have to cover. */
  readonly fitsJournal: boolean
}

/**
 * Group commit. A log that has new records asks for a pass; all that is appended until the pass begins, in this turn of
 * the event loop or while other passes are under way, becomes durable with it. A log has one pass under way at a time; the
 * next group forms meanwhile. Logs are served in the order in which they asked; when many wait, they share one sync of
 * their directory's journal.
 */
export class SyncScheduler {
  private readonly waiting = new Set<SchedulableTarget>()
  private readonly running = new Map<SyncTarget, Promise<void>>()
  /** What the journal did not take: each of them gets a pass of its own. */
  private readonly refused = new Set<SchedulableTarget>()
  private singlePasses = 0
  private isWoken = false
  private isHalted = false

  constructor(private readonly timers: Timers) {}

  request(target: SchedulableTarget): void {
    this.waiting.add(target)
    if (this.isWoken) return
    this.isWoken = true
    this.timers.soon(() => {
      this.isWoken = false
      this.startPasses()
    })
  }

  /** Resolves when no pass of `target` is under way and none is asked for. */
  async idle(target: SchedulableTarget): Promise<void> {
    this.waiting.delete(target)
    await this.running.get(target)
    this.waiting.delete(target)
  }

  /** A pass of one log as soon as none of it is under way, whoever else waits. */
  async syncFilesOf(target: SyncTarget): Promise<void> {
    for (let pass = this.running.get(target); pass !== undefined; pass = this.running.get(target)) await pass
    if (!this.isHalted) await this.run([target], target.sync())
  }

  /** No further pass begins. */
  halt(): void {
    this.isHalted = true
    this.waiting.clear()
  }

  private startPasses(): void {
    if (this.isHalted) return
    if (this.waiting.size >= MIN_JOURNAL_GROUP) this.startJournalPasses()
    for (const target of this.waiting) {
      if (this.singlePasses >= MAX_CONCURRENT_SYNCS) return
      if (this.running.has(target) || (target.journal.isBusy && this.mayJournal(target))) continue
      this.waiting.delete(target)
      this.refused.delete(target)
      this.singlePasses++
      void this.run(
        [target],
        target.sync().then(() => void this.singlePasses--),
      )
    }
  }

  private startJournalPasses(): void {
    const groups = new Map<SyncJournal, SchedulableTarget[]>()
    for (const target of this.waiting) {
      const { journal } = target
      if (this.running.has(target) || journal.isBusy || !this.mayJournal(target)) continue
      const group = groups.get(journal)
      if (group === undefined) groups.set(journal, [target])
      else group.push(target)
    }
    for (const [journal, group] of groups) {
      if (group.length < MIN_JOURNAL_GROUP) continue
      for (const target of group) this.waiting.delete(target)
      const pass = journal.commit(group).then(left => {
        for (const target of group) {
          if (!left.includes(target)) continue
          this.refused.add(target)
          this.waiting.add(target)
        }
      })
      void this.run(group, pass)
    }
  }

  private mayJournal(target: SchedulableTarget): boolean {
    return target.journal.isUsable && target.fitsJournal && !this.refused.has(target)
  }

  private async run(targets: readonly SyncTarget[], pass: Promise<void>): Promise<void> {
    const done = pass.then(() => {
      for (const target of targets) this.running.delete(target)
      this.startPasses()
    })
    for (const target of targets) this.running.set(target, done)
    await done
  }
}
