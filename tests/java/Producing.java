/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQMessageProducer;
import org.apache.activemq.AsyncCallback;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTextMessage;
import org.apache.activemq.command.MessageId;
import org.apache.activemq.command.ProducerId;
import org.apache.activemq.command.SessionId;

/** Ways to send. */
final class Producing extends Area {
    private void sendsAll(ActiveMQConnection connection, int mode) throws Exception {
        Session session = session(connection);
        MessageConsumer consumer = session().createConsumer(queue());
        MessageProducer producer = session.createProducer(queue());
        producer.setDeliveryMode(mode);
        for (int i = 0; i < 1000; i++)
            producer.send(session.createTextMessage("m" + i));
        for (int i = 0; i < 1000; i++)
            text(consumer, "m" + i);
    }

    @Override
    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (String options : List.of("", "?jms.useAsyncSend=true", "?jms.alwaysSyncSend=true",
                                      "?jms.useAsyncSend=true&jms.producerWindowSize=5000",
                                      "?jms.producerWindowSize=1&jms.useAsyncSend=true")) {
            String how = options.isEmpty() ? "without options" : "with " + options.substring(1);
            rows.add(new Row("persistent messages arrive in order " + how,
                             () -> sendsAll(connect(options), DeliveryMode.PERSISTENT)));
            rows.add(new Row("non-persistent messages arrive in order " + how,
                             () -> sendsAll(connect(options), DeliveryMode.NON_PERSISTENT)));
        }
        return rows;
    }

    public void a_producer_with_a_window_waits_while_the_queue_is_full() throws Exception {
        ActiveMQConnection connection = connect("?jms.useAsyncSend=true&jms.producerWindowSize=10000");
        ActiveMQQueue queue = queueUnder("small");
        AtomicInteger sent = new AtomicInteger();
        Thread sender = new Thread(() -> {
            try {
                Session session = session(connection);
                MessageProducer producer = session.createProducer(queue);
                for (int i = 0; i < 200; i++) {
                    producer.send(session.createTextMessage("m" + i + "x".repeat(1000)));
                    sent.incrementAndGet();
                }
            } catch (JMSException problem) {
                throw new IllegalStateException(problem);
            }
        });
        sender.start();
        Check.until("the sender waits", () -> sent.get() > 10 && sender.getState() == Thread.State.WAITING);
        Check.that("not all are sent", sent.get() < 200);
        MessageConsumer consumer = session().createConsumer(queue);
        Set<String> got = new HashSet<>(drain(consumer, 200)); // ActiveMQ may change the order of what waits
        Check.equal(200, got.size());
        sender.join(Check.PATIENCE_MS);
        Check.equal(200, sent.get());
    }

    public void a_synchronous_producer_waits_while_the_queue_is_full() throws Exception {
        ActiveMQQueue queue = queueUnder("small");
        AtomicInteger sent = new AtomicInteger();
        Session session = session();
        Thread sender = new Thread(() -> {
            try {
                MessageProducer producer = session.createProducer(queue);
                for (int i = 0; i < 200; i++) {
                    producer.send(session.createTextMessage("m" + i + "x".repeat(1000)));
                    sent.incrementAndGet();
                }
            } catch (JMSException problem) {
                throw new IllegalStateException(problem);
            }
        });
        sender.start();
        MessageConsumer consumer = session().createConsumer(queue);
        for (int i = 0; i < 200; i++)
            Check.that("they come in order", ((TextMessage) take(consumer)).getText().startsWith("m" + i + "x"));
        sender.join(Check.PATIENCE_MS);
        Check.equal(200, sent.get());
    }

    public void an_anonymous_producer_sends_anywhere() throws Exception {
        Session session = session();
        MessageConsumer fromTopic = session.createConsumer(topic());
        MessageProducer producer = session.createProducer(null);
        producer.send(queue(), session.createTextMessage("queue"));
        producer.send(topic(), session.createTextMessage("topic"));
        text(session.createConsumer(queue()), "queue");
        text(fromTopic, "topic");
    }

    public void a_send_with_a_callback_is_told_that_the_message_is_there() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        ActiveMQMessageProducer producer = (ActiveMQMessageProducer) session.createProducer(queue());
        AtomicInteger told = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            producer.send(session.createTextMessage("m" + i), new AsyncCallback() {
                @Override
                public void onSuccess() {
                    told.incrementAndGet();
                }

                @Override
                public void onException(JMSException problem) {
                    told.addAndGet(-1000);
                }
            });
        }
        Check.until("all are told", () -> told.get() == 20);
    }

    public void a_message_sent_twice_by_its_id_is_taken_once() throws Exception {
        ActiveMQConnection connection = connect();
        RawProducer producer = new RawProducer(connection, queue());
        connection.syncSendPacket(producer.message("one", 1));
        connection.syncSendPacket(producer.message("again", 1));
        connection.syncSendPacket(producer.message("two", 2));
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "one", "two");
    }

    public void a_message_of_an_unknown_producer_is_refused() throws Exception {
        ActiveMQConnection connection = connect();
        session(connection);
        ProducerId id = new ProducerId(new SessionId(connection.getConnectionInfo().getConnectionId(), 1), 77);
        ActiveMQTextMessage message = new ActiveMQTextMessage();
        message.setProducerId(id);
        message.setMessageId(new MessageId(id, 1));
        message.setDestination(queue());
        JMSException problem = Check.throwing(JMSException.class, () -> connection.syncSendPacket(message));
        Check.contains("with invalid (null) producer state", problem.getMessage());
    }

    public void several_threads_send_over_one_connection() throws Exception {
        ActiveMQConnection connection = connect();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int number = i;
            Thread thread = new Thread(() -> {
                try {
                    Session session = session(connection);
                    MessageProducer producer = session.createProducer(queue());
                    for (int j = 0; j < 100; j++)
                        producer.send(session.createTextMessage(number + ":" + j));
                } catch (JMSException problem) {
                    throw new IllegalStateException(problem);
                }
            });
            thread.start();
            threads.add(thread);
        }
        MessageConsumer consumer = session(connection).createConsumer(queue());
        Map<String, Integer> next = new HashMap<>();
        for (int i = 0; i < 600; i++) {
            String[] parts = ((TextMessage) take(consumer)).getText().split(":");
            int expected = next.getOrDefault(parts[0], 0);
            Check.equal("the next of thread " + parts[0], expected, Integer.parseInt(parts[1]));
            next.put(parts[0], expected + 1);
        }
        for (Thread thread : threads)
            thread.join();
    }

    public void a_producer_may_be_closed_right_after_its_last_message() throws Exception {
        ActiveMQConnection connection = connect("?jms.useAsyncSend=true");
        Session session = session(connection);
        MessageConsumer consumer = session().createConsumer(queue());
        for (int i = 0; i < 100; i++)
            send(session, queue(), "m" + i);
        connection.close();
        for (int i = 0; i < 100; i++)
            text(consumer, "m" + i);
    }

    public void a_message_can_be_sent_again_and_again() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        MessageProducer producer = session.createProducer(queue());
        Message message = session.createTextMessage("same");
        String last = "";
        for (int i = 0; i < 5; i++) {
            producer.send(message);
            String id = text(consumer, "same").getJMSMessageID();
            Check.that("the id is a new one", !id.equals(last));
            last = id;
        }
    }
}
