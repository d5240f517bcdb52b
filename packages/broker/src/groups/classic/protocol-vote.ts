/** Which assignor a group uses: one that every member knows, by the members' votes. */
import type { ClassicGroup, Protocol } from './classic-group.ts'

/** True when a member with these protocols may be in the group. */
export function supportsProtocols(group: ClassicGroup, protocolType: string, protocols: readonly Protocol[]): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0
  if (group.protocolType !== protocolType) return false
  const common = commonProtocols(group)
  return protocols.some(protocol => common === undefined || common.has(protocol.name))
}

/** Every member votes for the first protocol on its list that all know; ties go to the one the first member prefers. */
export function selectProtocol(group: ClassicGroup): string {
  const votes = new Map<string, number>()
  for (const name of commonProtocols(group) ?? []) votes.set(name, 0)
  for (const member of group.members.values()) {
    const choice = member.protocols.find(protocol => votes.has(protocol.name))
    if (choice !== undefined) votes.set(choice.name, votes.get(choice.name)! + 1)
  }
  let winner: string | undefined
  for (const [name, count] of votes) if (winner === undefined || count > votes.get(winner)!) winner = name
  if (winner === undefined) throw new Error(`the members of ${group.groupId} have no protocol in common`)
  return winner
}

/** In the order of the first member; undefined when there is no member. */
function commonProtocols(group: ClassicGroup): Set<string> | undefined {
  let common: Set<string> | undefined
  for (const member of group.members.values()) {
    const names = new Set(member.protocols.map(protocol => protocol.name))
    if (common === undefined) common = names
    else for (const name of common) if (!names.has(name)) common.delete(name)
  }
  return common
}
