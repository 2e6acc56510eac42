/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.List;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;

/** Every version and encoding a client may ask for, and every kind of connector. */
final class WireFormats extends Area {
    private static final int[] VERSIONS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

    /** What a client does in a day: all bodies, properties, a transaction, request and reply, an error. */
    private void day(String url) throws Exception {
        ActiveMQConnection connection = open(factory(url));
        Session session = session(connection);
        everyBody(session);
        transaction(connection);
        requestAndReply(connection, url);
        Check.throwing(javax.jms.InvalidDestinationException.class, () -> session.unsubscribe("nobody"));
        connection.close();
    }

    private void everyBody(Session session) throws Exception {
        MessageConsumer consumer = session.createConsumer(queue());
        MessageProducer producer = session.createProducer(queue());
        for (Bodies.Body body : Bodies.all()) {
            Message message = body.make().of(session);
            message.setStringProperty("about", body.sentence());
            message.setJMSType("\u20ac");
            message.setJMSCorrelationID("id");
            message.setJMSReplyTo(queue("reply"));
            producer.send(message);
            Message got = take(consumer);
            body.read().see(got);
            Check.equal(body.sentence(), got.getStringProperty("about"));
            Check.equal("\u20ac", got.getJMSType());
            Check.equal("id", got.getJMSCorrelationID());
            Check.equal(queue("reply"), got.getJMSReplyTo());
            Check.equal(message.getJMSMessageID(), got.getJMSMessageID());
            Check.equal(message.getJMSTimestamp(), got.getJMSTimestamp());
        }
        consumer.close();
    }

    private void transaction(ActiveMQConnection connection) throws Exception {
        Session session = transacted(connection);
        send(session, queue("tx"), "a", "b");
        session.rollback();
        send(session, queue("tx"), "c", "d");
        session.commit();
        MessageConsumer consumer = session.createConsumer(queue("tx"));
        texts(consumer, "c", "d");
        session.commit();
        session.close();
    }

    private void requestAndReply(ActiveMQConnection connection, String url) throws Exception {
        ActiveMQConnection server = open(factory(url));
        Session serving = session(server);
        serving.createConsumer(topic()).setMessageListener(request -> {
            try {
                MessageProducer producer = serving.createProducer(request.getJMSReplyTo());
                producer.send(serving.createTextMessage("re: " + ((TextMessage) request).getText()));
                producer.close();
            } catch (JMSException problem) {
                throw new IllegalStateException(problem);
            }
        });
        Session session = session(connection);
        TemporaryQueue replies = session.createTemporaryQueue();
        MessageConsumer consumer = session.createConsumer(replies);
        TextMessage request = session.createTextMessage("question");
        request.setJMSReplyTo(replies);
        session.createProducer(topic()).send(request);
        text(consumer, "re: question");
        server.close();
    }

    private static String encoding(int version, boolean tight, boolean cache) {
        return "?wireFormat.version=" + version + "&wireFormat.tightEncodingEnabled=" + tight +
            "&wireFormat.cacheEnabled=" + cache;
    }

    @Override
    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (int version : VERSIONS) {
            for (boolean tight : new boolean[] {true, false}) {
                for (boolean cache : new boolean[] {true, false}) {
                    String sentence = "a day works with version " + version + ", " + (tight ? "tight" : "loose") +
                        ", cache " + (cache ? "on" : "off");
                    rows.add(new Row(sentence, () -> day(broker.tcp(encoding(version, tight, cache)))));
                }
            }
        }
        for (String connector : List.of("nio", "auto", "autonio")) {
            rows.add(new Row("a day works through the connector " + connector,
                             () -> day(broker.url("tcp", connector, ""))));
            rows.add(new Row("the client's own nio transport works with the connector " + connector,
                             () -> day(broker.url("nio", connector, ""))));
        }
        for (String options : List.of("wireFormat.stackTraceEnabled=false", "wireFormat.tcpNoDelayEnabled=false",
                                      "wireFormat.cacheSize=110", "wireFormat.maxInactivityDuration=0",
                                      "wireFormat.maxInactivityDuration=2000", "jms.useAsyncSend=true",
                                      "jms.alwaysSyncSend=true", "jms.dispatchAsync=false",
                                      "jms.copyMessageOnSend=false", "jms.watchTopicAdvisories=false",
                                      "wireFormat.tightEncodingEnabled=false&wireFormat.version=1", "soTimeout=60000",
                                      "socketBufferSize=8192", "ioBufferSize=64", "jms.useCompression=true",
                                      "jms.messagePrioritySupported=true", "jms.checkForDuplicates=false"))
            rows.add(new Row("a day works with " + options, () -> day(broker.tcp("?" + options))));
        for (int version : new int[] {1, 6, 12})
            rows.add(new Row("a day works inside failover: with version " + version, () -> day(
                "failover:(" + broker.tcp(encoding(version, true, true)) + ")?maxReconnectAttempts=3")));
        rows.add(new Row("a day works inside nested options of failover:", () -> day(
            "failover:(" + broker.tcp("") + ")?nested.wireFormat.cacheEnabled=false&jms.prefetchPolicy.all=5")));
        return rows;
    }

    public void an_idle_connection_is_kept_alive() throws Exception {
        ActiveMQConnection connection =
            connect("?wireFormat.maxInactivityDuration=600&wireFormat.maxInactivityDurationInitalDelay=100");
        boolean[] failed = {false};
        connection.setExceptionListener(problem -> failed[0] = true);
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        Check.equal(null, consumer.receive(3000)); // five times what the broker would wait
        send(session, queue(), "still there");
        text(consumer, "still there");
        Check.equal("whether the connection failed", false, failed[0]);
    }

    public void a_cache_that_overflows_again_and_again_mixes_nothing_up() throws Exception {
        ActiveMQConnection connection = connect("?wireFormat.cacheSize=110");
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue(">"));
        MessageProducer producer = session.createProducer(null);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 150; i++) {
                Message message = session.createTextMessage("m" + i);
                message.setJMSReplyTo(queue("r" + i));
                producer.send(queue("q" + i), message);
            }
            for (int i = 0; i < 150; i++) {
                Message got = take(consumer);
                String number = ((TextMessage) got).getText().substring(1);
                Check.equal(queue("q" + number), got.getJMSDestination());
                Check.equal(queue("r" + number), got.getJMSReplyTo());
            }
        }
    }

    public void a_message_beyond_the_greatest_frame_is_refused_and_smaller_ones_go_on() throws Exception {
        ActiveMQConnection connection = open(factory(broker.url("tcp", "frames", "")));
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        send(session, queue(), "x".repeat(99_000));
        take(consumer);
        Check.throwing(JMSException.class, () -> send(session, queue(), "x".repeat(101_000)));
        ActiveMQConnection next = open(factory(broker.url("tcp", "frames", "")));
        Session after = session(next);
        MessageConsumer reader = after.createConsumer(queue("next"));
        send(after, queue("next"), "x".repeat(99_000));
        take(reader);
    }
}
