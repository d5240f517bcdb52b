import { Serdes } from '@millrace/client'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Produced } from '../../src/dsl/produced.ts'
import type { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { Record } from '../../src/processor/record.ts'
import type { KeyValueStore, TimestampedKeyValueStore, WindowStore } from '../../src/state/state-store.ts'
import { Stores } from '../../src/state/store-builder.ts'
import { printInt64, runScenarios } from './scenario.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const TO_TEXT = Produced.with(Serdes.string(), Serdes.string())
const stream = (builder: StreamsBuilder) => builder.stream('in', TEXT)

runScenarios('processors, time, errors and stores', [
  {
    id: 'M1',
    title: 'punctuations in stream time and by the clock',
    trace:
      'a@3→st=3/3@3 · a@9→∅ · a@10→st=10/10@10 · a@35→st=35/35@35 · a@12→∅ · a@40→st=40/40@40 · wall+99→∅ · wall+1→wc=100@100 · wall+250→wc=350@350 · wall+50→wc=400@400',
    unitsMs: [1],
    build: builder =>
      stream(builder)
        .process<string, string>(context => {
          context.schedule(10, 'stream-time', timestampMs =>
            context.forward(new Record('st', `${timestampMs}/${context.currentStreamTimeMs()}`, timestampMs)),
          )
          context.schedule(100, 'wall-clock-time', timestampMs =>
            context.forward(new Record('wc', String(timestampMs), timestampMs)),
          )
          return { process() {} }
        })
        .to('out', TO_TEXT),
  },
  {
    id: 'M2',
    title: 'a timestamp extractor that reads the value',
    trace: 'a:7@100→a=7@7 · a:-5@100→∅ · **dropped(0_0)=1**',
    unitsMs: [1],
    build: builder =>
      builder
        .stream(
          'in',
          TEXT.withTimestampExtractor(record => Number(record.value)),
        )
        .to('out', TO_TEXT),
  },
  {
    id: 'M3',
    title: 'a value that cannot be read is dropped when the handler goes on',
    trace: 'a:abc@1→∅ · a:5@2→a=5@2 · **dropped(0_0)=1**',
    inputValue: text => (text === 'abc' ? Buffer.from(text) : Serdes.int64().serialize('', Number(text))!),
    formats: { out: { value: printInt64 } },
    driver: { deserializationExceptionHandler: () => 'continue' },
    build: builder => builder.stream('in', Consumed.with(Serdes.string(), Serdes.int64())).to('out'),
  },
  {
    id: 'M4',
    title: 'a failure costs only what the failing node was given when the handler goes on',
    trace: 'a:1,bad,2@1→a=1@1, a=2@1 · a:3@2→a=3@2 · **dropped(0_0)=1**',
    driver: { processingExceptionHandler: () => 'continue' },
    build: builder =>
      stream(builder)
        .flatMapValues(value => value.split(','))
        .peek((_, value) => {
          if (value === 'bad') throw new Error('boom')
        })
        .to('out', TO_TEXT),
  },
  {
    id: 'M5',
    title: 'a failure ends the task',
    trace: 'a:1@1→∅ **throws boom**',
    build: builder =>
      stream(builder).foreach(() => {
        throw new Error('boom')
      }),
  },
  {
    id: 'M6',
    title: 'a punctuation removes old rows of a store',
    trace:
      'a:1@0→ttl-changelog: a=1@0, a=1@0 · b:2@7→ttl-changelog: b=2@7, b=2@7 · c:3@12→ttl-changelog: c=3@12, ttl-changelog: a=null@12, c=3@12, a=null@12 · d:4@40→ttl-changelog: d=4@40, ttl-changelog: b=null@40, ttl-changelog: c=null@40, d=4@40, b=null@40, c=null@40',
    build: (builder, unitMs) => {
      const rows = Stores.persistentKeyValueStore('ttl')
      builder.addStateStore(Stores.timestampedKeyValueStoreBuilder(rows, Serdes.string(), Serdes.string()))
      stream(builder)
        .process<string, string | null>(
          context => {
            const store = context.getStateStore<TimestampedKeyValueStore<string, string>>('ttl')
            context.schedule(unitMs, 'stream-time', nowMs => {
              for (const [key, { timestampMs }] of store.all()) {
                if (timestampMs >= nowMs - 10 * unitMs) continue
                store.delete(key)
                context.forward(new Record(key, null, nowMs))
              }
            })
            return {
              process(record) {
                store.put(record.key, record.value, record.timestampMs)
                context.forward(record)
              },
            }
          },
          { storeNames: ['ttl'] },
        )
        .to('out', Produced.with(Serdes.string(), Serdes.string()))
    },
  },
  {
    id: 'M8',
    title: 'a plain store logs with the timestamp of the record',
    trace:
      'a:1@5{h=1}→kv-changelog: a=1@5, kv-changelog: zz=null@5 · a:null@2→kv-changelog: a=null@2, kv-changelog: zz=null@2',
    build: builder => {
      const rows = Stores.persistentKeyValueStore('kv')
      builder.addStateStore(Stores.keyValueStoreBuilder(rows, Serdes.string(), Serdes.string()))
      stream(builder).process(
        context => {
          const store = context.getStateStore<KeyValueStore<string, string>>('kv')
          return {
            process({ key, value }) {
              store.put(key, value)
              store.delete('zz')
            },
          }
        },
        { storeNames: ['kv'] },
      )
    },
  },
  {
    id: 'M9',
    title: 'a window store shows what its retention allows',
    trace:
      'a:1@0→a=0:1@0 · a:2@99→a=0:1 99:2@99 · a:3@100→a=99:2 100:3@100 · a:4@199→a=100:3 199:4@199 · a:5@50→a=100:3 199:4@50 · a:null@199→a=100:3@199 · a:9@200000→a=200000:9@200000',
    unitsMs: [1],
    storeTypes: ['persistent'],
    build: builder => {
      const rows = Stores.persistentWindowStore('w', { retentionMs: 100, windowSizeMs: 10 })
      builder.addStateStore(Stores.windowStoreBuilder(rows, Serdes.string(), Serdes.string()))
      stream(builder)
        .process<string, string>(
          context => {
            const store = context.getStateStore<WindowStore<string, string>>('w')
            return {
              process(record) {
                store.put(record.key, record.value, record.timestampMs)
                const seen = [...store.fetch(record.key, 0, Number.MAX_SAFE_INTEGER)]
                context.forward(record.withValue(seen.map(([startMs, value]) => `${startMs}:${value}`).join(' ')))
              },
            }
          },
          { storeNames: ['w'] },
        )
        .to('out', TO_TEXT)
    },
  },
])
