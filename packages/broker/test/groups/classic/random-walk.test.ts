import fc from 'fast-check'
import { test } from 'vitest'
import { GroupDriver, LIMITS, RANGE, STICKY } from './group-driver.ts'

/** What members, administrators and time may do, in any order; the driver checks the invariants after each step. */
const who = fc.nat(5)
const step = fc.oneof(
  fc.record({
    do: fc.constant('join' as const),
    who,
    instance: fc.constantFrom(null, 'a', 'b'),
    known: fc.boolean(),
    protocols: fc.constantFrom([RANGE], [STICKY, RANGE], [RANGE, STICKY]),
  }),
  fc.record({ do: fc.constant('rejoin' as const), who, changed: fc.boolean() }),
  fc.record({ do: fc.constant('sync' as const), who }),
  fc.record({ do: fc.constant('heartbeat' as const), who }),
  fc.record({ do: fc.constant('leave' as const), who }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 70_000 }) }),
)

test('no order of requests and timers breaks a group', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 3_000), fc.array(step, { maxLength: 60 }), (initialRebalanceDelayMs, steps) => {
      const driver = new GroupDriver({ ...LIMITS, initialRebalanceDelayMs })
      for (const one of steps) {
        if (one.do === 'pass') {
          driver.pass(one.ms)
          continue
        }
        if (one.do === 'join') {
          driver.join({
            groupInstanceId: one.instance,
            requiresKnownMemberId: one.known && one.instance === null,
            protocols: one.protocols,
          })
          continue
        }
        const ids = [...driver.group.members.keys(), ...driver.group.pendingMembers]
        const memberId = ids[one.who % Math.max(ids.length, 1)] ?? 'stranger'
        const member = driver.group.members.get(memberId)
        const groupInstanceId = member?.groupInstanceId ?? null
        if (one.do === 'rejoin') {
          const protocols = one.changed
            ? [{ name: 'range', metadata: Buffer.from(String(one.who)) }]
            : member?.protocols
          driver.join({ memberId, groupInstanceId, protocols: protocols ?? [RANGE] })
        } else if (one.do === 'sync') driver.sync({ memberId, groupInstanceId })
        else if (one.do === 'heartbeat') driver.heartbeat(memberId, driver.group.generationId, groupInstanceId)
        else driver.leave({ memberId, groupInstanceId })
      }
    }),
    { numRuns: 300 },
  )
})
