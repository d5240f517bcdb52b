// Answers assignment questions with Apache Kafka's own assignors, one JSON-free line format on both sides:
// `case NAME KIND`, `topic ID COUNT`, `member ID INSTANCE|- TOPICS OWNED`, `end`; answers `assigned MEMBER OWNED`, `end`.
// TOPICS: ids with commas, or `-`. OWNED: `id:0,1;id:2`, or `-`.
// Run: java -cp "<Kafka's jars>" KafkaAssignors.java < questions > answers
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.*;
import org.apache.kafka.coordinator.group.assignor.*;
import org.apache.kafka.coordinator.group.modern.*;

public class KafkaAssignors {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        String assignor = "", kind = "";
        Map<Uuid, Integer> topics = new HashMap<>();
        Map<String, MemberSubscriptionAndAssignmentImpl> members = new HashMap<>();
        Map<Uuid, Map<Integer, String>> owners = new HashMap<>();
        while (in.hasNextLine()) {
            String[] words = in.nextLine().split(" ");
            switch (words[0]) {
                case "case" -> {
                    assignor = words[1];
                    kind = words[2];
                    topics = new HashMap<>();
                    members = new HashMap<>();
                    owners = new HashMap<>();
                }
                case "topic" -> topics.put(Uuid.fromString(words[1]), Integer.parseInt(words[2]));
                case "member" -> {
                    Set<Uuid> subscribed = new LinkedHashSet<>();
                    if (!words[3].equals("-")) for (String id : words[3].split(",")) subscribed.add(Uuid.fromString(id));
                    Map<Uuid, Set<Integer>> owned = new HashMap<>();
                    if (!words[4].equals("-")) for (String row : words[4].split(";")) {
                        String[] parts = row.split(":");
                        List<Integer> partitions = new ArrayList<>();
                        for (String one : parts[1].split(",")) {
                            partitions.add(Integer.parseInt(one));
                            owners.computeIfAbsent(Uuid.fromString(parts[0]), k -> new HashMap<>()).put(Integer.parseInt(one), words[1]);
                        }
                        owned.put(Uuid.fromString(parts[0]), new HashSet<>(partitions));
                    }
                    members.put(words[1], new MemberSubscriptionAndAssignmentImpl(Optional.empty(),
                        words[2].equals("-") ? Optional.empty() : Optional.of(words[2]), subscribed, new Assignment(owned)));
                }
                case "end" -> {
                    Map<Uuid, Integer> counts = topics;
                    SubscribedTopicDescriber describer = new SubscribedTopicDescriber() {
                        public int numPartitions(Uuid id) { return counts.getOrDefault(id, -1); }
                        public Set<String> racksForPartition(Uuid id, int partition) { return Set.of(); }
                    };
                    GroupSpec spec = new GroupSpecImpl(Collections.unmodifiableMap(members), SubscriptionType.valueOf(kind), owners);
                    ConsumerGroupPartitionAssignor chosen = assignor.equals("range") ? new RangeAssignor() : new UniformAssignor();
                    Map<String, MemberAssignment> answer = chosen.assign(spec, describer).members();
                    for (String id : new TreeSet<>(answer.keySet())) {
                        StringJoiner rows = new StringJoiner(";");
                        Map<Uuid, Set<Integer>> partitions = answer.get(id).partitions();
                        for (Uuid topic : new TreeSet<>(partitions.keySet())) {
                            StringJoiner numbers = new StringJoiner(",");
                            for (int partition : new TreeSet<>(partitions.get(topic))) numbers.add(String.valueOf(partition));
                            if (numbers.length() > 0) rows.add(topic + ":" + numbers);
                        }
                        System.out.println("assigned " + id + " " + (rows.length() == 0 ? "-" : rows));
                    }
                    System.out.println("end");
                    System.out.flush();
                }
            }
        }
    }
}
