// Prints what Kafka Streams says of the topologies in topologies.ts, which are the same ones. Run with Kafka Streams
// 4.3.1 and its dependencies on the class path: java -cp … Topologies.java > kafka-streams-4.3.1.txt

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.processor.api.*;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.*;

public class Topologies {
    static final Map<String, String> described = new LinkedHashMap<>();

    static void dsl(String name, Consumer<StreamsBuilder> build) {
        StreamsBuilder builder = new StreamsBuilder();
        build.accept(builder);
        described.put(name, builder.build().describe().toString());
    }

    static void plain(String name, Consumer<Topology> build) {
        Topology topology = new Topology();
        build.accept(topology);
        described.put(name, topology.describe().toString());
    }

    static Consumed<String, String> text() { return Consumed.with(Serdes.String(), Serdes.String()); }
    static Grouped<String, String> grouped() { return Grouped.with(Serdes.String(), Serdes.String()); }
    static KStream<String, String> in(StreamsBuilder b) { return b.stream("in", text()); }

    static ProcessorSupplier<String, String, String, String> nothing() {
        return () -> new ContextualProcessor<String, String, String, String>() {
            public void process(Record<String, String> record) { }
        };
    }
    static FixedKeyProcessorSupplier<String, String, String> fixed() {
        return () -> new ContextualFixedKeyProcessor<String, String, String>() {
            public void process(FixedKeyRecord<String, String> record) { }
        };
    }
    static StoreBuilder<KeyValueStore<String, String>> store(String name) {
        return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), Serdes.String());
    }

    public static void main(String[] arguments) {
        dsl("stateless chain", b -> in(b).filter((k, v) -> true).filterNot((k, v) -> true).mapValues(v -> v)
            .flatMapValues(v -> Arrays.asList(v)).peek((k, v) -> { }).map((k, v) -> KeyValue.pair(k, v))
            .flatMap((k, v) -> Arrays.asList(KeyValue.pair(k, v))).selectKey((k, v) -> k).to("out"));
        dsl("stateless chain with names", b -> b.stream("in", text().withName("source"))
            .filter((k, v) -> true, Named.as("kept")).mapValues(v -> v, Named.as("mapped"))
            .selectKey((k, v) -> k, Named.as("keyed")).to("out", Produced.<String, String>as("sink")));
        dsl("foreach and peek", b -> { KStream<String, String> s = in(b); s.peek((k, v) -> { }); s.foreach((k, v) -> { }); });
        dsl("split", b -> { Map<String, KStream<String, String>> m = in(b).split().branch((k, v) -> true).branch((k, v) -> true).defaultBranch();
            int i = 0; for (KStream<String, String> s : m.values()) s.to("out-" + i++); });
        dsl("split with names", b -> in(b).split(Named.as("split-"))
            .branch((k, v) -> true, Branched.as("a")).branch((k, v) -> true, Branched.withConsumer(s -> s.to("b"), "b"))
            .branch((k, v) -> true, Branched.withFunction(s -> s.mapValues(v -> v))).noDefaultBranch().values().forEach(s -> s.to("rest")));
        dsl("merge", b -> b.stream("x", text()).merge(b.stream("y", text())).mapValues(v -> v).to("out"));
        dsl("merge of three, one of them changed", b -> b.stream("x", text()).merge(b.stream("y", text()).mapValues(v -> v)).merge(b.stream("z", text())).to("out"));
        dsl("several topics", b -> b.stream(Arrays.asList("topic-1", "topic-2", "another", "zebra", "apple"), text()).to("out"));
        dsl("the same topic twice", b -> { in(b).filter((k, v) -> true).to("a"); in(b).mapValues(v -> v).to("b"); });
        dsl("repartition", b -> in(b).repartition().to("out"));
        dsl("repartition with a name", b -> in(b).repartition(Repartitioned.<String, String>as("rp").withNumberOfPartitions(3)).to("out"));
        dsl("count by key", b -> in(b).groupByKey().count().toStream().to("out"));
        dsl("count by key with serdes", b -> in(b).groupByKey().count(Materialized.with(Serdes.String(), Serdes.Long())).toStream().to("out"));
        dsl("count by key with a store name", b -> in(b).groupByKey().count(Materialized.as("counts")).toStream().to("out"));
        dsl("count with a node name", b -> in(b).groupByKey().count(Named.as("counting")).toStream(Named.as("streaming")).to("out"));
        dsl("count by another key", b -> in(b).groupBy((k, v) -> v, grouped()).count().toStream().to("out"));
        dsl("count by another key with a store name", b -> in(b).groupBy((k, v) -> v, grouped()).count(Materialized.as("counts")).toStream().to("out"));
        dsl("count by another key with a group name", b -> in(b).groupBy((k, v) -> v, grouped().withName("group")).count().toStream().to("out"));
        dsl("two aggregations of a named group", b -> { KGroupedStream<String, String> g = in(b).groupBy((k, v) -> v, grouped().withName("group")); g.count(); g.reduce((x, y) -> y); });
        dsl("two aggregations of an unnamed group", b -> { KGroupedStream<String, String> g = in(b).groupBy((k, v) -> v, grouped()); g.count(); g.reduce((x, y) -> y); });
        dsl("reduce and aggregate", b -> { KGroupedStream<String, String> g = in(b).groupByKey(); g.reduce((x, y) -> y).toStream().to("a");
            g.aggregate(() -> "", (k, v, a) -> a, Materialized.with(Serdes.String(), Serdes.String())).toStream().to("b"); });
        dsl("map then group by key", b -> in(b).map((k, v) -> KeyValue.pair(k, v)).groupByKey(grouped()).reduce((x, y) -> y).toStream().to("out"));
        dsl("windowed count", b -> in(b).groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))).count().toStream().to("out",
            Produced.with(WindowedSerdes.timeWindowedSerdeFrom(String.class, 10), Serdes.Long())));
        dsl("windowed count with serdes", b -> in(b).groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))).count(Materialized.with(Serdes.String(), Serdes.Long())).toStream().foreach((k, v) -> { }));
        dsl("windowed reduce by another key", b -> in(b).groupBy((k, v) -> v, grouped()).windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10)))
            .reduce((x, y) -> y, Materialized.as("latest")).toStream().foreach((k, v) -> { }));
        dsl("windowed aggregate of a named group", b -> in(b).groupBy((k, v) -> v, grouped().withName("group")).windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10)))
            .aggregate(() -> "", (k, v, a) -> a, Named.as("sum"), Materialized.with(Serdes.String(), Serdes.String())).toStream().foreach((k, v) -> { }));
        dsl("table", b -> b.table("in", text()).toStream().to("out"));
        dsl("table with a name", b -> b.table("in", text().withName("rows")).toStream().to("out"));
        dsl("materialized table", b -> b.table("in", text(), Materialized.as("rows")).toStream().to("out"));
        dsl("table operators", b -> b.table("in", text()).filter((k, v) -> true).filterNot((k, v) -> true).mapValues(v -> v).toStream().to("out"));
        dsl("materialized table operators", b -> b.table("in", text()).filter((k, v) -> true, Materialized.as("kept"))
            .filterNot((k, v) -> true, Materialized.with(Serdes.String(), Serdes.String())).mapValues(v -> v, Materialized.as("mapped")).toStream().to("out"));
        dsl("filter of a materialized table", b -> b.table("in", text(), Materialized.as("rows")).filter((k, v) -> true).toStream().to("out"));
        dsl("table grouped by another key", b -> b.table("in", text()).groupBy((k, v) -> KeyValue.pair(v, k), grouped()).count().toStream().to("out"));
        dsl("filtered table grouped by another key", b -> b.table("in", text()).filter((k, v) -> true).groupBy((k, v) -> KeyValue.pair(v, k), grouped())
            .reduce((x, y) -> y, (x, y) -> y).toStream().to("out"));
        dsl("table grouped with a name", b -> { KGroupedTable<String, String> g = b.table("in", text()).groupBy((k, v) -> KeyValue.pair(v, k), grouped().withName("group"));
            g.count(Named.as("counting")); g.aggregate(() -> "", (k, v, a) -> a, (k, v, a) -> a, Materialized.as("sum")); });
        dsl("count grouped again", b -> in(b).groupByKey().count().groupBy((k, v) -> KeyValue.pair(String.valueOf(v), k), grouped()).count(Materialized.as("counts")).toStream().to("out"));
        dsl("stream to table", b -> in(b).toTable().toStream().to("out"));
        dsl("stream to materialized table", b -> in(b).toTable(Materialized.as("rows")).toStream().to("out"));
        dsl("changed stream to table", b -> in(b).selectKey((k, v) -> v).toTable(Materialized.<String, String, KeyValueStore<org.apache.kafka.common.utils.Bytes, byte[]>>as("rows").withKeySerde(Serdes.String())).toStream().to("out"));
        dsl("changed stream to named table", b -> in(b).selectKey((k, v) -> v).toTable(Named.as("table"), Materialized.with(Serdes.String(), Serdes.String())).toStream().to("out"));
        dsl("process", b -> { b.addStateStore(store("store")); in(b).process(nothing(), "store").to("out"); });
        dsl("process with a name and a count behind it", b -> { b.addStateStore(store("store-a")); b.addStateStore(store("store-b"));
            in(b).process(nothing(), Named.as("processing"), "store-b", "store-a").groupByKey(grouped()).count().toStream().to("out"); });
        dsl("processValues", b -> { b.addStateStore(store("store")); in(b).processValues(fixed(), "store").groupByKey(grouped()).count().toStream().to("out"); });
        dsl("a store shared by two streams", b -> { b.addStateStore(store("store")); b.stream("x", text()).process(nothing(), "store").to("out-x"); b.stream("y", text()).process(nothing(), "store").to("out-y"); });
        dsl("two applications in one", b -> { in(b).groupByKey().count().toStream().to("counts");
            b.stream("other", text()).mapValues(v -> v).to("others"); b.stream("third", text()).groupBy((k, v) -> v, grouped()).count().toStream().to("thirds"); });
        dsl("many branches of one stream", b -> { KStream<String, String> s = in(b); s.filter((k, v) -> true).mapValues(v -> v).to("a");
            s.mapValues(v -> v).to("b"); s.groupByKey().count().filter((k, v) -> true).toStream().mapValues(v -> v).to("c"); s.to("d");
            s.flatMapValues(v -> Arrays.asList(v)).filter((k, v) -> true).peek((k, v) -> { }).to("e"); s.selectKey((k, v) -> v).groupByKey(grouped()).reduce((x, y) -> y).toStream().to("f"); });
        dsl("a diamond", b -> { KStream<String, String> s = in(b); s.filter((k, v) -> true).merge(s.filterNot((k, v) -> true)).merge(s.mapValues(v -> v)).to("out"); });

        plain("plain nodes", t -> t.addSource("source", "in").addProcessor("first", nothing(), "source").addProcessor("second", nothing(), "first", "source")
            .addSink("sink", "out", "second").addSink("other-sink", "other", "first", "second"));
        plain("plain nodes with stores", t -> t.addSource("source-a", "a").addSource("source-b", "b1", "b2").addProcessor("pa", nothing(), "source-a").addProcessor("pb", nothing(), "source-b")
            .addProcessor("pc", nothing(), "source-b").addStateStore(store("shared"), "pa", "pc").addStateStore(store("own"), "pb").connectProcessorAndStateStores("pc", "own")
            .addSink("sink", "out", "pa", "pb", "pc"));
        plain("independent parts", t -> t.addSource("s1", "a").addSource("s2", "b").addSource("s3", "c").addSink("k3", "z", "s3").addSink("k1", "x", "s1").addSink("k2", "y", "s2"));

        for (Map.Entry<String, String> entry : described.entrySet()) System.out.print("=== " + entry.getKey() + "\n" + entry.getValue());
    }
}
