import { Serdes } from '@millrace/client'
import { describe, expectTypeOf, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import { Named } from '../../src/dsl/named.ts'
import { Produced } from '../../src/dsl/produced.ts'
import type { KGroupedStream, KStream, KTable } from '../../src/dsl/streams-and-tables.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { minutes } from '../../src/windows/durations.ts'
import { TimeWindows } from '../../src/windows/time-windows.ts'
import type { Windowed } from '../../src/windows/windowed.ts'

interface Order {
  readonly customer: string
  readonly amount: number
}

const orderSerde = Serdes.json<Order>()
const orders = new StreamsBuilder().stream('orders', Consumed.with(Serdes.string(), orderSerde))
const customers = new StreamsBuilder().table('customers', Consumed.with(Serdes.int32(), Serdes.string()))

describe('types flow from the serdes to the last operator', () => {
  test('of a stream', () => {
    expectTypeOf(orders).toEqualTypeOf<KStream<string, Order>>()
    expectTypeOf(orders.filter((key, order) => key === order.customer)).toEqualTypeOf<KStream<string, Order>>()
    expectTypeOf(orders.mapValues(order => order.amount)).toEqualTypeOf<KStream<string, number>>()
    expectTypeOf(orders.mapValues((order, key) => [order.amount, key] as const)).toEqualTypeOf<
      KStream<string, readonly [number, string]>
    >()
    expectTypeOf(orders.flatMapValues(order => [order.amount])).toEqualTypeOf<KStream<string, number>>()
    expectTypeOf(orders.map((key, order) => [order.amount, key])).toEqualTypeOf<KStream<number, string>>()
    expectTypeOf(orders.flatMap((key, order) => [[order.amount, key]])).toEqualTypeOf<KStream<number, string>>()
    expectTypeOf(orders.selectKey((_, order) => order.amount)).toEqualTypeOf<KStream<number, Order>>()
    expectTypeOf(orders.toTable()).toEqualTypeOf<KTable<string, Order>>()
    expectTypeOf(
      orders
        .split()
        .branch(() => true)
        .noDefaultBranch(),
    ).toEqualTypeOf<ReadonlyMap<string, KStream<string, Order>>>()
  })

  test('of groups and aggregations', () => {
    const grouped = orders.groupBy((_, order) => order.customer, Grouped.with(Serdes.string(), orderSerde))
    expectTypeOf(grouped).toEqualTypeOf<KGroupedStream<string, Order>>()
    expectTypeOf(grouped.count()).toEqualTypeOf<KTable<string, number>>()
    expectTypeOf(grouped.reduce((one, other) => (one.amount > other.amount ? one : other))).toEqualTypeOf<
      KTable<string, Order>
    >()
    const spend = grouped.aggregate(
      () => 0,
      (_, order, total) => total + order.amount,
      Materialized.as('spend'),
    )
    expectTypeOf(spend).toEqualTypeOf<KTable<string, number>>()
    const windowed = grouped.windowedBy(TimeWindows.ofSizeWithNoGrace(minutes(5)))
    expectTypeOf(windowed.count()).toEqualTypeOf<KTable<Windowed<string>, number>>()
    expectTypeOf(windowed.count().toStream()).toEqualTypeOf<KStream<Windowed<string>, number>>()
  })

  test('of tables', () => {
    expectTypeOf(customers).toEqualTypeOf<KTable<number, string>>()
    expectTypeOf(customers.mapValues(name => name.length)).toEqualTypeOf<KTable<number, number>>()
    expectTypeOf(customers.groupBy((id, name) => [name, id]).count()).toEqualTypeOf<KTable<string, number>>()
  })

  test('options that do not fit are errors', () => {
    const neverRun = () => {
      // @ts-expect-error the key is a string
      orders.to('out', Produced.with(Serdes.int32(), orderSerde))
      // @ts-expect-error the aggregate is a number
      orders.groupByKey().count(Materialized.as('counts').withValueSerde(Serdes.string()))
      // @ts-expect-error there is no such field
      orders.filter((_, order) => order.price > 0)
      // @ts-expect-error streams of different types do not merge
      orders.merge(customers.toStream())
    }
    expectTypeOf(neverRun).toBeFunction()
  })

  test('options are inferred from where they stand', () => {
    const neverRun = () => {
      orders.to('out', Produced.as('sink'))
      orders.groupByKey(Grouped.as('grouped'))
      orders.groupByKey().count(Materialized.as('counts').withKeySerde(Serdes.string()), Named.as('counting'))
      orders
        .process<string, string | null>(() => ({ process() {} }))
        .to('out', Produced.with(Serdes.string(), Serdes.string()))
    }
    expectTypeOf(neverRun).toBeFunction()
  })
})
