/* SPDX-License-Identifier: Apache-2.0 */
import java.util.Map;

/**
 * Where Corewire is meant to behave otherwise than ActiveMQ 5.17, and why. The test shows what
 * Corewire does; with ActiveMQ it must fail.
 */
final class Differences {
    private static final String BEYOND = "ActiveMQ does not convert between UTF-8 and Java's own form of it";
    private static final String TRANSFORMATION = "Debian's ActiveMQ lacks what it transforms with";
    private static final Map<String, String> REASONS = Map.of(
        "Bodies.half_a_surrogate_pair_arrives_as_the_sign_for_what_is_no_character",
        "texts are UTF-8 in Corewire, which has no halves",
        "StompAndJms.characters_beyond_the_basic_plane_go_from_stomp_to_jms", BEYOND,
        "StompAndJms.characters_beyond_the_basic_plane_go_from_jms_to_stomp", BEYOND,
        "StompAndJms.a_map_goes_to_stomp_and_back_as_json", TRANSFORMATION,
        "StompAndJms.a_map_goes_to_stomp_and_back_as_xml", TRANSFORMATION,
        "Authorisation.destroying_needs_the_right_to_administer",
        "ActiveMQ lets any user empty any queue by removing it",
        "XaTransactions.a_branch_that_a_second_connection_joins_is_refused_there_and_whole_on_the_first",
        "branches that are not prepared belong to a connection in Corewire; what the second did would be lost");

    private Differences() {
    }

    /** The reason, or null when both brokers must behave alike. */
    static String reason(String id) {
        return REASONS.get(id);
    }
}
