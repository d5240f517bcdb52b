// Prints what Kafka Streams says of the topologies in joins.ts, which are the same ones. Run with Kafka Streams 4.3.1 and
// its dependencies on the class path: java -cp … Joins.java > joins-4.3.1.txt

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.*;

public class Joins {
    static final Map<String, String> described = new LinkedHashMap<>();

    static void dsl(String name, Consumer<StreamsBuilder> build) {
        StreamsBuilder builder = new StreamsBuilder();
        build.accept(builder);
        described.put(name, builder.build().describe().toString());
    }

    static Consumed<String, String> text() { return Consumed.with(Serdes.String(), Serdes.String()); }
    static KStream<String, String> stream(StreamsBuilder b, String topic) { return b.stream(topic, text()); }
    static KTable<String, String> table(StreamsBuilder b, String topic) { return b.table(topic, text()); }
    static Joined<String, String, String> joined() { return Joined.with(Serdes.String(), Serdes.String(), Serdes.String()); }
    static StreamJoined<String, String, String> streamJoined() { return StreamJoined.with(Serdes.String(), Serdes.String(), Serdes.String()); }
    static final JoinWindows within10 = JoinWindows.ofTimeDifferenceWithNoGrace(Duration.ofMillis(10));
    static final ValueJoiner<String, String, String> plus = (l, r) -> l + "+" + r;

    public static void main(String[] arguments) {
        dsl("stream with table", b -> stream(b, "s").join(table(b, "t"), plus).to("out"));
        dsl("stream with table, left", b -> stream(b, "s").leftJoin(table(b, "t"), plus).to("out"));
        dsl("stream with table, named", b -> stream(b, "s").leftJoin(table(b, "t"), plus, joined().withName("joining")).to("out"));
        dsl("changed stream with table", b -> stream(b, "s").selectKey((k, v) -> v).join(table(b, "t"), plus, joined()).to("out"));
        dsl("filtered changed stream with table", b -> stream(b, "s").map((k, v) -> KeyValue.pair(v, k)).filter((k, v) -> true).join(table(b, "t"), plus, joined()).to("out"));
        dsl("changed stream with table, named", b -> stream(b, "s").selectKey((k, v) -> v, Named.as("keyed")).join(table(b, "t"), plus, joined().withName("joining")).to("out"));
        dsl("two joins of a changed stream", b -> { KStream<String, String> s = stream(b, "s").selectKey((k, v) -> v);
            s.join(table(b, "t"), plus, joined()).to("a"); s.leftJoin(table(b, "u"), plus, joined()).to("b"); });
        dsl("two joins of a changed stream, the first named", b -> { KStream<String, String> s = stream(b, "s").selectKey((k, v) -> v);
            s.join(table(b, "t"), plus, joined().withName("joining")).to("a"); s.leftJoin(table(b, "u"), plus, joined()).to("b"); });
        dsl("two joins one after the other", b -> stream(b, "s").join(table(b, "t"), plus).leftJoin(table(b, "u"), plus).to("out"));
        dsl("stream with aggregation", b -> { KStream<String, String> s = stream(b, "s");
            s.leftJoin(s.groupByKey().count(), (l, r) -> l + r).to("out"); });
        dsl("stream with filtered and mapped table", b -> stream(b, "s").join(table(b, "t").filter((k, v) -> true).mapValues(v -> v), plus).to("out"));
        dsl("stream with materialized mapped table", b -> stream(b, "s").join(table(b, "t").mapValues(v -> v, Materialized.as("mapped")), plus).to("out"));
        dsl("stream with the table made of it", b -> { KStream<String, String> s = stream(b, "s"); s.join(s.toTable(), plus).to("out"); });
        dsl("stream with table, grouped again", b -> stream(b, "s").join(table(b, "t"), plus).groupBy((k, v) -> v, Grouped.with(Serdes.String(), Serdes.String())).count().toStream().foreach((k, v) -> { }));

        dsl("table with table", b -> table(b, "l").join(table(b, "r"), plus).toStream().to("out"));
        dsl("table with table, left", b -> table(b, "l").leftJoin(table(b, "r"), plus).toStream().to("out"));
        dsl("table with table, outer", b -> table(b, "l").outerJoin(table(b, "r"), plus).toStream().to("out"));
        dsl("table with table, named", b -> table(b, "l").join(table(b, "r"), plus, Named.as("joining")).toStream().to("out"));
        dsl("table with table, materialized", b -> table(b, "l").outerJoin(table(b, "r"), plus, Materialized.as("rows")).toStream().to("out"));
        dsl("table with table, materialized without a name", b -> table(b, "l").join(table(b, "r"), plus, Materialized.with(Serdes.String(), Serdes.String())).toStream().to("out"));
        dsl("three tables", b -> table(b, "l").join(table(b, "m"), plus).leftJoin(table(b, "r"), plus).toStream().to("out"));
        dsl("stream with joined tables", b -> stream(b, "s").join(table(b, "l").outerJoin(table(b, "r"), plus), plus).to("out"));
        dsl("joined tables, grouped again", b -> table(b, "l").join(table(b, "r"), plus).groupBy((k, v) -> KeyValue.pair(v, k), Grouped.with(Serdes.String(), Serdes.String())).count().toStream().foreach((k, v) -> { }));
        dsl("filtered tables, left", b -> table(b, "l").filter((k, v) -> true).leftJoin(table(b, "r").mapValues(v -> v), plus).toStream().to("out"));
        dsl("two aggregations of a stream", b -> { KGroupedStream<String, String> g = stream(b, "s").groupByKey();
            g.count().join(g.reduce((x, y) -> y), (l, r) -> l + r).toStream().to("out"); });
        dsl("a table with values made of its own", b -> { KTable<String, String> t = table(b, "t"); t.join(t.mapValues(v -> v), plus).toStream().to("out"); });
        dsl("a table with itself", b -> { KTable<String, String> t = table(b, "t"); t.join(t, plus).toStream().to("out"); });

        dsl("stream with stream", b -> stream(b, "l").join(stream(b, "r"), plus, within10).to("out"));
        dsl("stream with stream, left", b -> stream(b, "l").leftJoin(stream(b, "r"), plus, within10).to("out"));
        dsl("stream with stream, outer", b -> stream(b, "l").outerJoin(stream(b, "r"), plus, within10).to("out"));
        dsl("stream with stream, named", b -> stream(b, "l").join(stream(b, "r"), plus, within10, streamJoined().withName("joining")).to("out"));
        dsl("stream with stream, left, stores named", b -> stream(b, "l").leftJoin(stream(b, "r"), plus, within10, streamJoined().withStoreName("kept")).to("out"));
        dsl("stream with stream, outer, all named", b -> stream(b, "l").outerJoin(stream(b, "r"), plus, within10, streamJoined().withName("joining").withStoreName("kept")).to("out"));
        dsl("changed stream with stream", b -> stream(b, "l").selectKey((k, v) -> v).join(stream(b, "r"), plus, within10, streamJoined()).to("out"));
        dsl("stream with changed stream, left", b -> stream(b, "l").leftJoin(stream(b, "r").map((k, v) -> KeyValue.pair(v, k)), plus, within10, streamJoined()).to("out"));
        dsl("changed streams, named", b -> stream(b, "l").selectKey((k, v) -> v).outerJoin(stream(b, "r").selectKey((k, v) -> v), plus, within10, streamJoined().withName("joining")).to("out"));
        dsl("three streams", b -> stream(b, "l").join(stream(b, "m"), plus, within10).leftJoin(stream(b, "r"), plus, within10).to("out"));
        dsl("one changed stream in two joins", b -> { KStream<String, String> s = stream(b, "s").selectKey((k, v) -> v);
            s.join(stream(b, "l"), plus, within10, streamJoined()).to("a"); s.join(stream(b, "r"), plus, within10, streamJoined()).to("b"); });
        dsl("a stream with itself", b -> { KStream<String, String> s = stream(b, "s"); s.join(s, plus, within10).to("out"); });
        dsl("a topic with itself", b -> stream(b, "s").join(stream(b, "s").mapValues(v -> v), plus, within10).to("out"));
        dsl("joined streams with table, counted", b -> stream(b, "l").join(stream(b, "r"), plus, within10).leftJoin(table(b, "t"), plus)
            .groupBy((k, v) -> v, Grouped.with(Serdes.String(), Serdes.String())).count().toStream().foreach((k, v) -> { }));

        for (Map.Entry<String, String> entry : described.entrySet()) System.out.print("=== " + entry.getKey() + "\n" + entry.getValue());
    }
}
