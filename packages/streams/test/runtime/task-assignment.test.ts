import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignTasks, type TaskPlan } from '../../src/runtime/task-assignment.ts'

function plans(...taskCounts: number[]): TaskPlan[] {
  return taskCounts.flatMap((count, subTopologyId) =>
    Array.from({ length: count }, (_, partition) => ({
      taskId: `${subTopologyId}_${partition}`,
      subTopologyId,
      partition,
      topics: [`in-${subTopologyId}`],
    })),
  )
}

const ids = (assignment: Map<string, TaskPlan[]>) =>
  Object.fromEntries([...assignment].map(([member, tasks]) => [member, tasks.map(({ taskId }) => taskId).join(' ')]))

describe('assignTasks', () => {
  test.each([
    { counts: [4], members: ['a'], expected: { a: '0_0 0_1 0_2 0_3' } },
    { counts: [4], members: ['b', 'a'], expected: { a: '0_0 0_1', b: '0_2 0_3' } },
    { counts: [3, 3], members: ['a', 'b'], expected: { a: '0_0 0_1 1_2', b: '0_2 1_0 1_1' } },
    { counts: [1], members: ['a', 'b'], expected: { a: '0_0', b: '' } },
    { counts: [], members: ['a'], expected: { a: '' } },
  ])('$counts tasks to $members', ({ counts, members, expected }) => {
    expect(ids(assignTasks(plans(...counts), members))).toEqual(expected)
  })

  test('each task goes to one member, totals differ by at most one, the order of members does not matter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 5 }),
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 7 }),
        (counts, members) => {
          const all = plans(...counts)
          const assignment = assignTasks(all, members)
          const dealt = [...assignment.values()].flat().map(({ taskId }) => taskId)
          expect(dealt.sort()).toEqual(all.map(({ taskId }) => taskId).sort())
          const totals = [...assignment.values()].map(tasks => tasks.length)
          expect(Math.max(...totals) - Math.min(...totals)).toBeLessThanOrEqual(1)
          expect(ids(assignTasks(all, members.toReversed()))).toEqual(ids(assignment))
        },
      ),
    )
  })
})
