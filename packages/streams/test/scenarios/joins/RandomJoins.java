// Feeds the random records of random.txt to joins of Kafka Streams and writes what comes out of each step to
// random-4.3.1.txt. Run with Kafka Streams 4.3.1, its test utilities and their dependencies on the class path:
// java -cp … RandomJoins.java random.txt > random-4.3.1.txt
import java.time.*; import java.util.*; import java.nio.file.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.test.*;

public class RandomJoins {
    static Consumed<String,String> t() { return Consumed.with(Serdes.String(), Serdes.String()); }
    static final ValueJoiner<String,String,String> plus = (l, r) -> l + "+" + r;
    public static void main(String[] a) throws Exception {
        for (String line : Files.readAllLines(Path.of(a[0]))) {
            String[] parts = line.split("\\|"); String[] h = parts[0].trim().split(" ");
            StreamsBuilder b = new StreamsBuilder();
            String kind = h[0];
            JoinWindows w = JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMillis(1000000), Duration.ofMillis(Long.parseLong(h[3]))).before(Duration.ofMillis(Long.parseLong(h[1]))).after(Duration.ofMillis(Long.parseLong(h[2])));
            StreamJoined<String,String,String> sj = StreamJoined.with(Serdes.String(), Serdes.String(), Serdes.String());
            KStream<String,String> out;
            if (kind.equals("ss-inner")) out = b.stream("l", t()).join(b.stream("r", t()), plus, w, sj);
            else if (kind.equals("ss-left")) out = b.stream("l", t()).leftJoin(b.stream("r", t()), plus, w, sj);
            else if (kind.equals("ss-outer")) out = b.stream("l", t()).outerJoin(b.stream("r", t()), plus, w, sj);
            else if (kind.equals("st-inner")) out = b.stream("l", t()).join(b.table("r", t()).filter((k, v) -> !v.equals("3")).mapValues(v -> v + "m"), plus, Joined.with(Serdes.String(), Serdes.String(), Serdes.String()));
            else if (kind.equals("st-left")) out = b.stream("l", t()).leftJoin(b.table("r", t()), plus, Joined.with(Serdes.String(), Serdes.String(), Serdes.String()));
            else { KTable<String,String> l = b.table("l", t()).filter((k, v) -> !v.equals("3")), r = b.table("r", t()).mapValues(v -> v + "m"), j;
                if (kind.startsWith("tt-inner")) j = l.join(r, plus); else if (kind.startsWith("tt-left")) j = l.leftJoin(r, plus); else j = l.outerJoin(r, plus);
                if (kind.endsWith("-chain")) j = j.leftJoin(b.table("m", t()), plus);
                if (kind.endsWith("-group")) out = j.groupBy((k, v) -> KeyValue.pair(v.substring(0, 1), v), Grouped.with(Serdes.String(), Serdes.String())).count(Materialized.with(Serdes.String(), Serdes.Long())).toStream().mapValues(v -> "" + v);
                else out = j.toStream(); }
            out.to("out", Produced.with(Serdes.String(), Serdes.String()));
            Properties p = new Properties(); p.put("application.id", "app"); p.put("bootstrap.servers", "x:1");
            p.put("statestore.cache.max.bytes", 0);
            p.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0L);
            StringBuilder res = new StringBuilder();
            try (TopologyTestDriver d = new TopologyTestDriver(b.build(), p)) {
                TestOutputTopic<String,String> o = d.createOutputTopic("out", new StringDeserializer(), new StringDeserializer());
                for (String step : parts[1].trim().split(";")) { if (step.isBlank()) continue;
                    String[] s = step.trim().split(" ");
                    d.createInputTopic(s[0], new StringSerializer(), new StringSerializer()).pipeInput(s[1].equals("null") ? null : s[1], s[2].equals("null") ? null : s[2], Long.parseLong(s[3]));
                    for (TestRecord<String,String> r : o.readRecordsToList()) res.append(r.key() + "=" + r.value() + "@" + r.timestamp() + " ");
                    res.append("; ");
                }
            }
            System.out.println(res);
        }
    }
}
