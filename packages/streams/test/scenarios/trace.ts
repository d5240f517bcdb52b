/**
 * The language of scenarios: what goes into a topology, step by step, and what must come out of each step.
 *
 *     a:x@10{h=1}→a=X@10{h=1}, side: a=x@10 · wall+100→∅ · b:null@20→∅ · **dropped(0_0)=1**
 *
 * A step is `[topic ]key[:value]@timestamp[{headers}]`, or `wall+duration`, an arrow, and the records that come out:
 * `[topic: ]key=value@timestamp[{headers}]`, or `∅` for none. A value left out of the input is `x`; `null` is null; `…2` in
 * a topic stands for `0000000002`. A step that ends in `**throws text**` must fail with an error that says so. `dropped`
 * is the metric of a task at the end, 0 when it is not there. After `*mem:*` come the steps and metrics that are
 * otherwise with in-memory stores.
 */

export interface Trace {
  readonly steps: readonly Step[]
  /** By task. */
  readonly dropped: ReadonlyMap<string, number>
}

export interface Step {
  /** As it is written, for messages. */
  readonly text: string
  readonly input: Input
  readonly outputs: readonly TracedRecord[]
  readonly throws: string | undefined
}

export type Input =
  | ({ readonly kind: 'record' } & TracedRecord)
  | { readonly kind: 'wall'; readonly durationMs: number }

export interface TracedRecord {
  /** Undefined where the scenario has one such topic only. */
  readonly topic: string | undefined
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  /** As written between the braces, empty for none. */
  readonly headers: string
}

const RECORD = /^(?<key>[^:=]*?)(?:(?<separator>[:=])(?<value>.*))?@(?<timestamp>-?\d+)(?:\{(?<headers>[^}]*)\})?$/s

/** @param inMemory reads what is different with in-memory stores */
export function parseTrace(text: string, inMemory = false): Trace {
  const [common = '', memory] = text.split('· *mem:*')
  const trace = parsePart(common)
  if (memory === undefined || !inMemory) return trace
  const other = parsePart(memory)
  const overriding = new Map(other.steps.map(step => [step.text.split('→')[0], step]))
  return {
    steps: trace.steps.map(step => overriding.get(step.text.split('→')[0]) ?? step),
    dropped: new Map([...trace.dropped, ...other.dropped]),
  }
}

function parsePart(text: string): Trace {
  const steps: Step[] = []
  const dropped = new Map<string, number>()
  for (const part of text.split(' · ').map(part => part.trim())) {
    const metric = /^\*\*dropped\((?<task>.+)\)=(?<count>\d+)\*\*$/.exec(part)?.groups
    if (metric !== undefined) dropped.set(metric.task!, Number(metric.count))
    else if (part !== '') steps.push(parseStep(part))
  }
  return { steps, dropped }
}

function parseStep(text: string): Step {
  const [input = '', result = ''] = text.split('→')
  const throws = /\*\*throws (?<message>.*)\*\*$/.exec(result)?.groups?.message
  const outputs = result.replace(/\s*\*\*throws .*$/, '').trim()
  return {
    text,
    input: parseInput(input),
    outputs: outputs === '∅' || outputs === '' ? [] : outputs.split(', ').map(output => parseRecord(output, ': ')),
    throws,
  }
}

function parseInput(text: string): Input {
  if (text.startsWith('wall+')) return { kind: 'wall', durationMs: Number(text.slice('wall+'.length)) }
  return { kind: 'record', ...parseRecord(text, ' ') }
}

function parseRecord(text: string, afterTopic: string): TracedRecord {
  const topicEnd = text.indexOf(afterTopic)
  const topic = topicEnd === -1 ? undefined : text.slice(0, topicEnd)
  const found = RECORD.exec(topicEnd === -1 ? text : text.slice(topicEnd + afterTopic.length))?.groups
  if (found === undefined) throw new Error(`not a record of a trace: ${text}`)
  return {
    topic: topic?.replace(/…(\d+)/, (_, digits: string) => digits.padStart(10, '0')),
    key: orNull(found.key!),
    value: orNull(found.value ?? 'x'),
    timestampMs: Number(found.timestamp),
    headers: found.headers ?? '',
  }
}

function orNull(text: string): string | null {
  return text === 'null' ? null : text
}

/** The form of the language, for comparing what came out with what should have. */
export function printOutput({ key, value, timestampMs, headers }: Omit<TracedRecord, 'topic'>): string {
  return `${key}=${value}@${timestampMs}${headers === '' ? '' : `{${headers}}`}`
}
