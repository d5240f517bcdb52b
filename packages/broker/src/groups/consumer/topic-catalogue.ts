/** What groups know of topics. The broker's metadata image is one. */
export interface TopicFacts {
  readonly name: string
  readonly id: string
  readonly partitionCount: number
}

export interface TopicCatalogue {
  /** Grows whenever a topic is created, grows or goes. */
  readonly topicsVersion: number
  /** The version with which the newest topic came. */
  readonly newestTopicVersion: number
  readonly topics: ReadonlyMap<string, TopicFacts>
  topicById(id: string): TopicFacts | undefined
}

/** Ids of those of the named topics that exist. */
export function topicIdsOf(names: Iterable<string>, catalogue: TopicCatalogue): Set<string> {
  const ids = new Set<string>()
  for (const name of names) {
    const topic = catalogue.topics.get(name)
    if (topic !== undefined) ids.add(topic.id)
  }
  return ids
}
