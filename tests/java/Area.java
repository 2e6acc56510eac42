/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Enumeration;
import java.util.List;
import java.util.function.Consumer;
import javax.jms.Destination;
import javax.jms.InvalidDestinationException;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTopic;

/**
 * A group of behaviours. Every public method is one, and its name is the sentence that it shows;
 * rows() gives those that come out of a table. Each runs on an object of its own, which names
 * destinations that no other test has, and closes in the end what was opened here.
 */
abstract class Area {
    record Row(String sentence, Check.Action action) {
    }

    private final Deque<Check.Action> opened = new ArrayDeque<>();
    Broker broker;
    String name;

    List<Row> rows() {
        return List.of();
    }

    // --- what a test connects with

    ActiveMQConnectionFactory factory(String url) {
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(url);
        factory.setTrustAllPackages(true);
        return factory;
    }

    ActiveMQConnection connect() throws JMSException {
        return connect("");
    }

    ActiveMQConnection connect(String options) throws JMSException {
        return open(factory(broker.tcp(options)));
    }

    /** A started connection of a factory that `change` has seen before. */
    ActiveMQConnection connect(Consumer<ActiveMQConnectionFactory> change) throws JMSException {
        ActiveMQConnectionFactory factory = factory(broker.tcp(""));
        change.accept(factory);
        return open(factory);
    }

    ActiveMQConnection open(ActiveMQConnectionFactory factory) throws JMSException {
        ActiveMQConnection connection = idle(factory);
        connection.start();
        return connection;
    }

    /** A connection that is not started yet. */
    ActiveMQConnection idle(ActiveMQConnectionFactory factory) throws JMSException {
        return closing((ActiveMQConnection) factory.createConnection());
    }

    Session session() throws JMSException {
        return session(connect());
    }

    static Session session(ActiveMQConnection connection) throws JMSException {
        return connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
    }

    static Session transacted(ActiveMQConnection connection) throws JMSException {
        return connection.createSession(true, Session.SESSION_TRANSACTED);
    }

    ActiveMQConnection closing(ActiveMQConnection connection) {
        synchronized (opened) {
            opened.push(connection::close);
        }
        return connection;
    }

    <T extends AutoCloseable> T closing(T resource) {
        synchronized (opened) {
            opened.push(resource::close);
        }
        return resource;
    }

    void closeAll() {
        synchronized (opened) {
            for (Check.Action close : opened) {
                try {
                    close.run();
                } catch (Exception ignored) {
                    // what a test has broken does not close any more
                }
            }
            opened.clear();
        }
    }

    // --- destinations of this test only

    ActiveMQQueue queue() {
        return new ActiveMQQueue(name);
    }

    ActiveMQQueue queue(String part) {
        return new ActiveMQQueue(name + "." + part);
    }

    /** A queue whose name has the prefix of a policy in activemq.xml. */
    ActiveMQQueue queueUnder(String policy) {
        return new ActiveMQQueue(policy + "." + name);
    }

    ActiveMQTopic topic() {
        return new ActiveMQTopic(name);
    }

    ActiveMQTopic topic(String part) {
        return new ActiveMQTopic(name + "." + part);
    }

    ActiveMQTopic topicUnder(String policy) {
        return new ActiveMQTopic(policy + "." + name);
    }

    // --- sending and receiving

    static void send(Session session, Destination destination, String... texts) throws JMSException {
        MessageProducer producer = session.createProducer(destination);
        for (String text : texts)
            producer.send(session.createTextMessage(text));
        producer.close();
    }

    /** The same to a temporary destination of another connection, of which the client must have heard. */
    static void sendOnceKnown(Session session, Destination destination, String text) throws Exception {
        Check.until("the client has heard of " + destination, () -> {
            try {
                send(session, destination, text);
                return true;
            } catch (InvalidDestinationException notYet) {
                return false;
            }
        });
    }

    static Message take(MessageConsumer consumer) throws JMSException {
        Message message = consumer.receive(Check.PATIENCE_MS);
        if (message == null)
            throw new AssertionError("no message within " + Check.PATIENCE_MS + " ms");
        return message;
    }

    static TextMessage text(MessageConsumer consumer, String expected) throws JMSException {
        Message message = take(consumer);
        if (!(message instanceof TextMessage))
            throw new AssertionError(message + " instead of the text " + expected);
        TextMessage text = (TextMessage) message;
        Check.equal("the text", expected, text.getText());
        return text;
    }

    static void texts(MessageConsumer consumer, String... expected) throws JMSException {
        for (String text : expected)
            text(consumer, text);
    }

    static List<String> drain(MessageConsumer consumer, int count) throws JMSException {
        List<String> got = new ArrayList<>();
        for (int i = 0; i < count; i++)
            got.add(((TextMessage) take(consumer)).getText());
        return got;
    }

    /**
     * That nothing waits for the consumer: a message sent now to its destination is the next that
     * it gets. `session` is any session of a running connection.
     */
    static void fence(Session session, Destination destination, MessageConsumer consumer) throws JMSException {
        String text = "fence " + System.nanoTime();
        send(session, destination, text);
        text(consumer, text);
    }

    /** The same where the consumer's acknowledgement mode or selector is in the way. */
    void empty(Destination queue) throws JMSException {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue);
        fence(session, queue, consumer);
        session.close();
    }

    /** What an enumeration of JMS 1.1, which has no type, enumerates. */
    static List<Object> listed(Enumeration<?> items) {
        return new ArrayList<>(Collections.list(items));
    }

    static void count(int expected, List<?> list) {
        Check.equal("the count of " + list, expected, list.size());
    }
}
