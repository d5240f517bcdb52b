import type { Serde } from '@millrace/client'
import { parentsOf } from './graph.ts'
import type { SinkNode, SourceNode, TopologyNode } from './nodes.ts'
import { readsLogTimestampOnly } from './timestamp-extractors.ts'

export interface DecodedFields {
  readonly key: boolean
  readonly value: boolean
}

/** Which fields of the source's records have to be decoded: those that somebody in the sub-topology looks at. */
export function decodedFields(source: SourceNode, nodes: readonly TopologyNode[]): DecodedFields {
  if (!readsLogTimestampOnly(source.timestampExtractor)) return { key: true, value: true }
  return {
    key: source.keySerde.isLazy !== true || isRead(source, 'key', source, nodes),
    value: source.valueSerde.isLazy !== true || isRead(source, 'value', source, nodes),
  }
}

function isRead(
  parent: TopologyNode,
  field: keyof DecodedFields,
  source: SourceNode,
  nodes: readonly TopologyNode[],
): boolean {
  return nodes
    .filter(node => parentsOf(node).includes(parent.name))
    .some(child => {
      if (child.kind === 'source') return false
      if (child.kind === 'sink') return isReadBySink(child, field, source)
      const { reads, writesWith, forwards } = child[field]
      if (reads || (writesWith !== undefined && writesWith !== serdeOf(source, field))) return true
      return forwards && isRead(child, field, source, nodes)
    })
}

function isReadBySink(sink: SinkNode, field: keyof DecodedFields, source: SourceNode): boolean {
  if (sink.partitioner !== undefined || typeof sink.topic !== 'string') return true
  return serdeOf(sink, field) !== serdeOf(source, field)
}

function serdeOf(node: SourceNode | SinkNode, field: keyof DecodedFields): Serde<unknown> {
  return field === 'key' ? node.keySerde : node.valueSerde
}
