import { context, propagation, type SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { describe, expect, test } from 'vitest'
import { type ClientEvent, clientChannel } from '../../src/observability/client-events.ts'
import type { Logger } from '../../src/observability/logger.ts'
import { openTelemetryTracing } from '../../src/opentelemetry/open-telemetry-tracing.ts'
import { RecordProcessor } from '../../src/processing/record-processor.ts'
import { type ClusterUnderTest, readRecords, TestClients } from './cluster-under-test.ts'

export function observabilityBehaviour(cluster: () => ClusterUnderTest): void {
  const clients = new TestClients('observability', cluster)

  /** Everything said while `work` runs by the client with this id, as level and message. */
  function recorder(): { logger: Logger; lines: string[] } {
    const lines: string[] = []
    const say = (level: string) => (_fields: object, message: string) => lines.push(`${level}: ${message}`)
    return { lines, logger: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') } }
  }

  describe('observability', () => {
    test('events tell what clients do', async () => {
      const topic = await clients.topic()
      const produced: ClientEvent<'produce'>[] = []
      const rebalances: ClientEvent<'rebalance'>[] = []
      const onProduce = (event: unknown) => produced.push(event as ClientEvent<'produce'>)
      const onRebalance = (event: unknown) => rebalances.push(event as ClientEvent<'rebalance'>)
      clientChannel('produce').subscribe(onProduce)
      clientChannel('rebalance').subscribe(onRebalance)
      try {
        await clients.producer({ clientId: 'teller' }).sendBatch(topic, [{ value: 'a' }, { value: 'b' }])
        const groupId = clients.name('group')
        const consumer = clients.consumer({ groupId })
        consumer.subscribe([topic])
        await readRecords(consumer, 2)
        await consumer.close()
        expect(produced.filter(event => event.topic === topic)).toMatchObject([
          { client: 'producer', clientId: 'teller', partition: 0, recordCount: 2, baseOffset: 0, error: undefined },
        ])
        const partitions = [{ topic, partition: 0 }]
        const ours = rebalances.filter(event => event.groupId === groupId && event.partitions.length > 0)
        expect(ours).toMatchObject([
          { kind: 'assigned', partitions },
          { kind: 'revoked', partitions },
        ])
      } finally {
        clientChannel('produce').unsubscribe(onProduce)
        clientChannel('rebalance').unsubscribe(onRebalance)
      }
    })

    test('metrics have the names of KIP-714', async () => {
      const topic = await clients.topic()
      const producer = clients.producer()
      await producer.send({ topic, value: 'a' })
      const consumer = clients.consumer({ groupId: clients.name('group') })
      consumer.subscribe([topic])
      await readRecords(consumer, 1)
      await consumer.commit()
      const valuesOf = (client: { metrics(): readonly { name: string; value: number }[] }) =>
        new Map(client.metrics().map(({ name, value }) => [name.replace('org.apache.kafka.', ''), value]))
      const producing = valuesOf(producer)
      expect(producing.get('producer.connection.creation.total')).toBeGreaterThan(0)
      expect(producing.get('producer.record.queue.time.avg')).toBeGreaterThanOrEqual(0)
      expect(producing.get('producer.node.request.latency.max')).toBeGreaterThanOrEqual(0)
      const consuming = valuesOf(consumer)
      expect(consuming.get('consumer.coordinator.assigned.partitions')).toBe(1)
      expect(consuming.get('consumer.coordinator.rebalance.latency.max')).toBeGreaterThanOrEqual(0)
      expect(consuming.get('consumer.coordinator.commit.latency.max')).toBeGreaterThanOrEqual(0)
      expect(consuming.get('consumer.fetch.manager.fetch.latency.avg')).toBeGreaterThanOrEqual(0)
    })

    test('the logger hears of what no call tells', async () => {
      const topic = await clients.topic()
      const { lines, logger } = recorder()
      const consumer = clients.consumer({ groupId: clients.name('group'), logger })
      consumer.subscribe([topic])
      const assigned = async () => {
        while (consumer.assignment().length === 0) await consumer.poll({ maxWaitMs: 100 })
      }
      await assigned()
      expect(lines).toContain('debug: connected')
      expect(lines).toContain('info: partitions assigned')
    })

    test('a trace goes with the record from the sender to the handler', async () => {
      const exporter = new InMemorySpanExporter()
      const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
      propagation.setGlobalPropagator(new W3CTraceContextPropagator())
      const tracing = openTelemetryTracing(provider.getTracer('test'))
      try {
        const topic = await clients.topic()
        await clients.producer({ tracing }).send({ topic, key: 'k', value: 'v' })
        const groupId = clients.name('group')
        const handled = new Promise<string>(resolve => {
          const processor = new RecordProcessor({
            consumer: { ...cluster(), groupId, autoOffsetReset: 'earliest' },
            topics: [topic],
            tracing,
            failureStrategy: 'ignore',
            handler: async record => {
              await Promise.resolve()
              resolve(String(record.headers[0]?.value))
              void processor.close()
              throw new Error('odd')
            },
          })
          void processor.run()
        })
        const traceparent = await handled
        await expect.poll(() => exporter.getFinishedSpans().length, { timeout: 5_000 }).toBe(2)
        const [sent, processed] = exporter.getFinishedSpans()
        expect(traceparent).toBe(`00-${sent!.spanContext().traceId}-${sent!.spanContext().spanId}-01`)
        expect(sent).toMatchObject({ name: `send ${topic}`, kind: 3 satisfies SpanKind.PRODUCER })
        expect(processed).toMatchObject({
          name: `process ${topic}`,
          kind: 4 satisfies SpanKind.CONSUMER,
          status: { code: SpanStatusCode.ERROR, message: 'odd' },
          parentSpanContext: { spanId: sent!.spanContext().spanId, traceId: sent!.spanContext().traceId },
        })
        expect(processed!.attributes).toMatchObject({
          'messaging.system': 'kafka',
          'messaging.kafka.offset': 0,
          'messaging.consumer.group.name': groupId,
        })
      } finally {
        context.disable()
        propagation.disable()
      }
    })
  })
}
