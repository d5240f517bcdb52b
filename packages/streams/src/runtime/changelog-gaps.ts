import type { Consumer } from '@millrace/client'
import type { ActiveTask } from './active-task.ts'
import type { ChangelogGap } from './changelog-restorer.ts'
import { restoreStart } from './restore-start.ts'

/** What a task needs before it can run. */
export type TaskGaps =
  | { readonly kind: 'lacks'; readonly gaps: readonly ChangelogGap[] }
  /** Its local state is worth nothing. */
  | { readonly kind: 'start-over'; readonly reason: string }

/** Compares what tasks hold with what their changelogs hold now. */
export async function gapsOf(
  tasks: readonly ActiveTask[],
  consumer: Consumer,
  nowMs: number,
): Promise<Map<ActiveTask, TaskGaps>> {
  const changelogs = tasks.flatMap(task => task.changelogs)
  const starts = await consumer.beginningOffsets(changelogs)
  const ends = await consumer.endOffsets(changelogs)
  const gaps = new Map<ActiveTask, TaskGaps>()
  for (const task of tasks) gaps.set(task, gapsOfTask(task))
  return gaps

  function gapsOfTask(task: ActiveTask): TaskGaps {
    const lacking: ChangelogGap[] = []
    for (const changelog of task.changelogs) {
      const { topic, partition, storeName, topicId, layout } = changelog
      const logStartOffset = starts.get(topic, partition) ?? 0
      const logEndOffset = ends.get(topic, partition) ?? 0
      const offset = task.positionOf(changelog)
      // State that was never persisted was made by this process, for this topic and in this layout.
      const known = task.state.persistent.checkpoint.changelogs.get(storeName) ?? { topicId: null, layout }
      const position = offset === undefined ? undefined : { ...known, topic, partition, offset }
      const extent = { topicId, logStartOffset, logEndOffset }
      const start = restoreStart(position, task.state.persistent.persistedAtMs, extent, nowMs, layout)
      if (start.kind === 'start-over') return { kind: 'start-over', reason: `${storeName}: ${start.reason}` }
      if (start.offset < logEndOffset) lacking.push({ changelog, fromOffset: start.offset, toOffset: logEndOffset })
      else task.restoredTo(storeName, logEndOffset)
    }
    return { kind: 'lacks', gaps: lacking }
  }
}
