/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Shows with ActiveMQ's own JMS client what a broker does:
 *
 *     java Main KIND CONNECTOR=PORT... [only=REGEX] [threads=N] [seed=N]
 *
 * KIND is activemq or corewired. With a seed the order is random. One line for each behaviour, one
 * with the totals at the end; the exit status is 0 only if all hold. tests/java/run.py calls it.
 */
public final class Main {
    private static final List<Supplier<Area>> AREAS = List.of(
        Connecting::new,
        WireFormats::new,
        Bodies::new,
        Headers::new,
        Acknowledging::new,
        Queues::new,
        Topics::new,
        DurableSubscriptions::new,
        Selectors::new,
        Browsing::new,
        TemporaryDestinations::new,
        Advisories::new,
        LocalTransactions::new,
        XaTransactions::new,
        Producing::new,
        VirtualDestinations::new,
        Scheduling::new,
        Authorisation::new,
        Failover::new,
        StompAndJms::new,
        Loads::new);

    private Main() {
    }

    public static void main(String[] arguments) throws InterruptedException {
        Map<String, String> options = new HashMap<>();
        Map<String, Integer> ports = new HashMap<>();
        for (int i = 1; i < arguments.length; i++) {
            String[] parts = arguments[i].split("=", 2);
            if (parts[0].matches("only|threads|seed"))
                options.put(parts[0], parts[1]);
            else
                ports.put(parts[0], Integer.valueOf(parts[1]));
        }
        Pattern only = Pattern.compile(options.getOrDefault("only", ""));
        List<Runner.Behaviour> chosen = new ArrayList<>();
        for (Supplier<Area> area : AREAS)
            chosen.addAll(Runner.behaviours(area));
        chosen.removeIf(behaviour -> !only.matcher(behaviour.title()).find());
        if (options.containsKey("seed"))
            Collections.shuffle(chosen, new Random(Long.parseLong(options.get("seed"))));
        int threads = Integer.parseInt(options.getOrDefault("threads", "4"));
        boolean holds = new Runner(new Broker(arguments[0], ports)).run(chosen, threads);
        System.exit(holds ? 0 : 1); // threads of connections that a test has broken may be left
    }
}
