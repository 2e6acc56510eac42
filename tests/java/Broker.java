/* SPDX-License-Identifier: Apache-2.0 */
import java.util.Map;

/** The broker under test: which one it is, and the port of each of its connectors. */
record Broker(String kind, Map<String, Integer> ports) {
    static final String HOST = "127.0.0.1";

    int port(String connector) {
        Integer port = ports.get(connector);
        if (port == null)
            throw new IllegalArgumentException("no connector " + connector + " in " + ports);
        return port;
    }

    /** The client's URL of a connector; `options` is empty or starts with a question mark. */
    String url(String scheme, String connector, String options) {
        return scheme + "://" + HOST + ":" + port(connector) + options;
    }

    String tcp(String options) {
        return url("tcp", "tcp", options);
    }

    boolean isActiveMq() {
        return kind.equals("activemq");
    }
}
