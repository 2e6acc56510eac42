/* SPDX-License-Identifier: Apache-2.0 */
import java.util.Map;

/**
 * Where Corewire is meant to behave otherwise than ActiveMQ 5.17, and why. The test shows what
 * Corewire does; with ActiveMQ it must fail.
 */
final class Differences {
    private static final Map<String, String> REASONS = Map.of();

    private Differences() {
    }

    /** The reason, or null when both brokers must behave alike. */
    static String reason(String id) {
        return REASONS.get(id);
    }
}
