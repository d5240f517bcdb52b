/**
 * Divides partitions among members as evenly as their subscriptions allow, starting from what they hold. Pure.
 *
 * Partitions without an owner go to the least loaded subscriber. Then, as long as some member has at least two more than
 * another one that can be reached from it by handing partitions on (from member to member, each subscribed to what it
 * gets), one is handed on along the shortest such way. What is left when there is no such way is the most even division
 * there is, as in any flow problem; and every step moves as little as it can.
 */
import { nameOfPartition, type TopicPartition } from '../../../cluster/topic-partition.ts'
import { compareMembers, type GroupMember } from './assignor.ts'

/** Who holds each partition, by its name. */
type Owners = ReadonlyMap<string, string>

/**
 * Who holds each partition. Claims of an older generation than the newest count only where nobody newer
 * holds the partition; two claims of one generation are a mistake, and count as none.
 */
export function ownersOf(partitionCounts: ReadonlyMap<string, number>, members: readonly GroupMember[]): Owners {
  const claims = new Map<string, { memberId: string; generationId: number; isDisputed: boolean }>()
  for (const { memberId, topics, ownedPartitions, generationId } of members) {
    const subscribed = new Set(topics)
    for (const at of ownedPartitions) {
      if (!subscribed.has(at.topic) || at.partition >= (partitionCounts.get(at.topic) ?? 0)) continue
      const name = nameOfPartition(at)
      const claim = claims.get(name)
      if (claim === undefined || generationId > claim.generationId)
        claims.set(name, { memberId, generationId, isDisputed: false })
      else if (generationId === claim.generationId && claim.memberId !== memberId) claim.isDisputed = true
    }
  }
  const owners = new Map<string, string>()
  for (const [name, { memberId, isDisputed }] of claims) if (!isDisputed) owners.set(name, memberId)
  return owners
}

interface Share {
  readonly memberId: string
  readonly topics: ReadonlySet<string>
  /** By topic; what the member held before comes first, so that the last is the one to hand on. */
  readonly held: Map<string, TopicPartition[]>
  load: number
}

/** Every partition of every subscribed topic to one subscriber. `owners` as of {@link ownersOf}. */
export function stickyAssignment(
  partitionCounts: ReadonlyMap<string, number>,
  members: readonly GroupMember[],
  owners: Owners,
): Map<string, TopicPartition[]> {
  const shares: Share[] = [...members].sort(compareMembers).map(({ memberId, topics }) => ({
    memberId,
    topics: new Set(topics),
    held: new Map(),
    load: 0,
  }))
  const byId = new Map(shares.map(share => [share.memberId, share]))
  const subscribers = subscribersOf(shares)
  const free: TopicPartition[] = []
  for (const topic of [...subscribers.keys()].sort()) {
    for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++) {
      const at = { topic, partition }
      const owner = owners.get(nameOfPartition(at))
      if (owner === undefined) free.push(at)
      else give(byId.get(owner)!, at)
    }
  }
  // Those with the fewest possible members first, so that they find room.
  free.sort((a, b) => subscribers.get(a.topic)!.length - subscribers.get(b.topic)!.length)
  for (const at of free) give(leastLoaded(subscribers.get(at.topic)!), at)
  balance(shares, subscribers)
  takeBack(shares, byId, owners)
  return new Map(
    shares.map(({ memberId, held }) => [
      memberId,
      [...held.values()].flat().sort((a, b) => compareNames(a.topic, b.topic) || a.partition - b.partition),
    ]),
  )
}

function subscribersOf(shares: readonly Share[]): Map<string, Share[]> {
  const subscribers = new Map<string, Share[]>()
  for (const share of shares) {
    for (const topic of share.topics) {
      const others = subscribers.get(topic)
      if (others === undefined) subscribers.set(topic, [share])
      else others.push(share)
    }
  }
  return subscribers
}

function give(share: Share, at: TopicPartition): void {
  const others = share.held.get(at.topic)
  if (others === undefined) share.held.set(at.topic, [at])
  else others.push(at)
  share.load++
}

function leastLoaded(shares: readonly Share[]): Share {
  return shares.reduce((least, share) => (share.load < least.load ? share : least))
}

function balance(shares: readonly Share[], subscribers: ReadonlyMap<string, readonly Share[]>): void {
  for (let hasMoved = true; hasMoved; ) {
    const least = Math.min(...shares.map(({ load }) => load))
    const donors = shares.filter(({ load }) => load >= least + 2).sort((a, b) => b.load - a.load)
    hasMoved = donors.some(donor => {
      const way = shortestWay(donor, subscribers)
      if (way !== undefined) handOn(way)
      return way !== undefined
    })
  }
}

/** One partition of `topic` goes from the member before it to `share`. */
interface Step {
  readonly from: Share
  readonly topic: string
  readonly share: Share
}

/** To a member with at least two partitions less than `donor`; the last step first. */
function shortestWay(donor: Share, subscribers: ReadonlyMap<string, readonly Share[]>): Step[] | undefined {
  const reachedBy = new Map<Share, Step | null>([[donor, null]])
  const seenTopics = new Set<string>()
  for (const from of reachedBy.keys()) {
    let best: Share | undefined
    for (const [topic, partitions] of from.held) {
      if (partitions.length === 0 || seenTopics.has(topic)) continue
      seenTopics.add(topic)
      for (const share of subscribers.get(topic)!) {
        if (reachedBy.has(share)) continue
        reachedBy.set(share, { from, topic, share })
        if (share.load <= donor.load - 2 && (best === undefined || share.load < best.load)) best = share
      }
    }
    if (best !== undefined) return wayTo(best, reachedBy)
  }
  return undefined
}

function wayTo(target: Share, reachedBy: ReadonlyMap<Share, Step | null>): Step[] {
  const way: Step[] = []
  for (let step = reachedBy.get(target); step; step = reachedBy.get(step.from)) way.push(step)
  return way
}

function handOn(way: readonly Step[]): void {
  // From the far end, so that nobody hands on what it has just got.
  for (const { from, topic, share } of way) {
    give(share, from.held.get(topic)!.pop()!)
    from.load--
  }
}

/** Swaps that leave the loads as they are: who lost a partition gets it back for one that it did not hold before. */
function takeBack(shares: readonly Share[], byId: ReadonlyMap<string, Share>, owners: Owners): void {
  for (const holder of shares) {
    for (const at of [...holder.held.values()].flat()) {
      const owner = byId.get(owners.get(nameOfPartition(at)) ?? holder.memberId)!
      const other = owner === holder ? undefined : strangerFor(holder, owner, owners)
      if (other === undefined) continue
      move(at, holder, owner)
      move(other, owner, holder)
    }
  }
}

/** Something that `owner` did not hold before and `holder` may hold. */
function strangerFor(holder: Share, owner: Share, owners: Owners): TopicPartition | undefined {
  for (const [topic, partitions] of owner.held) {
    if (!holder.topics.has(topic)) continue
    const stranger = partitions.find(at => owners.get(nameOfPartition(at)) !== owner.memberId)
    if (stranger !== undefined) return stranger
  }
  return undefined
}

function move(at: TopicPartition, from: Share, to: Share): void {
  const partitions = from.held.get(at.topic)!
  partitions.splice(partitions.indexOf(at), 1)
  from.load--
  give(to, at)
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
