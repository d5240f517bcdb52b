import { parentsOf, type TopologyGraph } from './graph.ts'
import type { TopologyNode } from './nodes.ts'

/**
 * Nodes that hand each other records or use the same store, group by group. A group's index is its sub-topology's id:
 * groups are numbered by their first node, which is Kafka Streams' order.
 */
export function nodeGroups(graph: TopologyGraph): readonly (readonly TopologyNode[])[] {
  const leaders = new Map<string, string>()
  const leaderOf = (name: string): string => {
    let leader = name
    for (let next = leaders.get(leader); next !== undefined; next = leaders.get(leader)) leader = next
    return leader
  }
  const unite = (one: string, other: string): void => {
    const [leader, follower] = [leaderOf(one), leaderOf(other)]
    if (leader !== follower) leaders.set(follower, leader)
  }

  for (const node of graph.nodes.values()) for (const parent of parentsOf(node)) unite(node.name, parent)
  const firstUserOfStore = new Map<string, string>()
  for (const [processorName, storeNames] of graph.storeNamesByProcessor) {
    for (const storeName of storeNames) {
      const firstUser = firstUserOfStore.get(storeName)
      if (firstUser === undefined) firstUserOfStore.set(storeName, processorName)
      else unite(firstUser, processorName)
    }
  }

  const groups = new Map<string, TopologyNode[]>()
  for (const node of graph.nodes.values()) {
    const leader = leaderOf(node.name)
    const group = groups.get(leader)
    if (group === undefined) groups.set(leader, [node])
    else group.push(node)
  }
  return [...groups.values()]
}
