/**
 * Spans by OpenTelemetry's conventions for messaging, and their context in record headers (`traceparent`, `tracestate`,
 * W3C Trace Context), by whatever propagator the application has registered.
 */
import {
  type Attributes,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { Tracing } from '../observability/tracing.ts'
import type { ProducerRecord, ProducerRecordHeader } from '../producer/producer-record.ts'

const SETTER: TextMapSetter<ProducerRecordHeader[]> = {
  set(headers, key, value) {
    headers.push({ key, value })
  },
}
/** Of headers with the same key the last one counts, as in Kafka. */
const GETTER: TextMapGetter<ConsumerRecord> = {
  keys: record => record.headers.map(({ key }) => key),
  get: (record, key) => record.headers.findLast(header => header.key === key)?.value?.toString(),
}

/** `tracer`: one of the application's; by default that of the registered provider. */
export function openTelemetryTracing(tracer: Tracer = trace.getTracer('@millrace/client')): Tracing {
  return {
    sending(record) {
      const attributes = { ...attributesOf('send', record.topic), ...sentAttributes(record) }
      const span = tracer.startSpan(`send ${record.topic}`, { kind: SpanKind.PRODUCER, attributes })
      const headers: ProducerRecordHeader[] = []
      propagation.inject(trace.setSpan(context.active(), span), headers, SETTER)
      return { headers, end: error => end(span, error) }
    },
    handling(record, groupId, handle) {
      const parent = propagation.extract(context.active(), record, GETTER)
      const attributes = { ...attributesOf('process', record.topic), ...receivedAttributes(record, groupId) }
      const span = tracer.startSpan(`process ${record.topic}`, { kind: SpanKind.CONSUMER, attributes }, parent)
      return context.with(trace.setSpan(parent, span), () => ended(span, handle))
    },
  }
}

/** Ends the span with what `handle` does, now or later. */
function ended<T>(span: Span, handle: () => T): T {
  let result: T
  try {
    result = handle()
  } catch (error) {
    end(span, error)
    throw error
  }
  if (!(result instanceof Promise)) {
    end(span, undefined)
    return result
  }
  return result.then(
    value => {
      end(span, undefined)
      return value
    },
    (error: unknown) => {
      end(span, error)
      throw error
    },
  ) as T
}

function end(span: Span, error: unknown): void {
  if (error !== undefined) {
    const message = error instanceof Error ? error.message : String(error)
    span.recordException(error instanceof Error ? error : message)
    span.setStatus({ code: SpanStatusCode.ERROR, message })
  }
  span.end()
}

function attributesOf(operation: 'send' | 'process', topic: string): Attributes {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': topic,
  }
}

function sentAttributes({ key, value, partition }: ProducerRecord): Attributes {
  return {
    ...keyAttribute(key),
    ...(partition === undefined ? {} : { 'messaging.destination.partition.id': String(partition) }),
    ...(value === null ? { 'messaging.kafka.message.tombstone': true } : {}),
  }
}

function receivedAttributes({ key, value, partition, offset }: ConsumerRecord, groupId: string): Attributes {
  return {
    ...keyAttribute(key),
    'messaging.destination.partition.id': String(partition),
    'messaging.kafka.offset': offset,
    'messaging.consumer.group.name': groupId,
    ...(value === null ? { 'messaging.kafka.message.tombstone': true } : {}),
  }
}

/** The conventions want keys as text; bytes that are none would only be noise. */
function keyAttribute(key: Uint8Array | string | null | undefined): Attributes {
  return typeof key === 'string' ? { 'messaging.kafka.message.key': key } : {}
}
