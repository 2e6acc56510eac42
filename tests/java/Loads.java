/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.ActiveMQDestination;

/** Many producers and consumers at a time, and an account of every message. */
final class Loads extends Area {
    private static final int PRODUCERS = 8, CONSUMERS = 8, EACH = 2500;

    private final ConcurrentHashMap<String, AtomicInteger> account = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Throwable> problems = new ConcurrentLinkedQueue<>();
    private final CountDownLatch listening = new CountDownLatch(4);
    private final AtomicInteger taken = new AtomicInteger();

    private Thread begin(Check.Action action) {
        Thread thread = new Thread(() -> {
            try {
                action.run();
            } catch (Throwable problem) {
                problems.add(problem);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void produce(ActiveMQDestination destination, String who, int count, int mode) throws JMSException {
        Session session = session(connect());
        MessageProducer producer = session.createProducer(destination);
        producer.setDeliveryMode(mode);
        for (int i = 0; i < count; i++)
            producer.send(session.createTextMessage(who + ":" + i));
    }

    /** Takes until nobody has anything to take any more; per producer the order must hold. */
    private void consume(Session session, ActiveMQDestination destination, int total) throws JMSException {
        MessageConsumer consumer = session.createConsumer(destination);
        listening.countDown();
        Map<String, Integer> last = new HashMap<>();
        while (taken.get() < total && problems.isEmpty()) {
            Message message = consumer.receive(200);
            if (message == null)
                continue;
            String text = ((TextMessage) message).getText();
            String[] parts = text.split(":");
            int number = Integer.parseInt(parts[1]);
            Integer before = last.put(parts[0], number);
            Check.that(text + " comes after " + before, before == null || before < number);
            Check.equal(false, message.getJMSRedelivered());
            account.computeIfAbsent(text, unused -> new AtomicInteger()).incrementAndGet();
            taken.incrementAndGet();
        }
        session.close();
    }

    private void finish(List<Thread> threads, int distinct, int times) throws Exception {
        for (Thread thread : threads)
            thread.join(3 * Check.PATIENCE_MS);
        if (!problems.isEmpty())
            throw new AssertionError("a thread failed: " + problems.peek(), problems.peek());
        Check.equal("the messages taken", distinct * times, taken.get());
        Check.equal("the different ones", distinct, account.size());
        account.forEach((text, count) -> Check.equal("how often " + text + " came", times, count.get()));
    }

    private void takenOnce(int mode) throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CONSUMERS; i++) {
            Session session = session(connect());
            ActiveMQDestination destination = queue("" + i % 2);
            threads.add(begin(() -> consume(session, destination, PRODUCERS * EACH)));
        }
        for (int i = 0; i < PRODUCERS; i++) {
            String who = "p" + i;
            ActiveMQDestination destination = queue("" + i % 2);
            threads.add(begin(() -> produce(destination, who, EACH, mode)));
        }
        finish(threads, PRODUCERS * EACH, 1);
        empty(queue("0"));
        empty(queue("1"));
    }

    public void each_of_20000_light_messages_is_taken_once() throws Exception {
        takenOnce(DeliveryMode.NON_PERSISTENT);
    }

    public void each_of_20000_persistent_messages_is_taken_once() throws Exception {
        takenOnce(DeliveryMode.PERSISTENT);
    }

    public void each_subscriber_gets_each_message_of_four_producers_once() throws Exception {
        List<Thread> threads = new ArrayList<>();
        int count = 500;
        for (int i = 0; i < 4; i++) {
            Session session = session(connect());
            threads.add(begin(() -> consume(session, topic(), 4 * 4 * count)));
        }
        Check.that("all listen", listening.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
        for (int i = 0; i < 4; i++) {
            String who = "p" + i;
            threads.add(begin(() -> produce(topic(), who, count, DeliveryMode.NON_PERSISTENT)));
        }
        finish(threads, 4 * count, 4);
    }

    public void transactions_move_each_message_once_from_queue_to_queue() throws Exception {
        int count = 1000;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ActiveMQConnection connection = connect();
            threads.add(begin(() -> move(connection, count)));
        }
        produce(queue("in"), "p", count, DeliveryMode.PERSISTENT);
        MessageConsumer consumer = session(connect()).createConsumer(queue("out"));
        for (int i = 0; i < count; i++)
            account.computeIfAbsent(((TextMessage) take(consumer)).getText(), unused -> new AtomicInteger())
                    .incrementAndGet();
        finish(threads, count, 1);
        empty(queue("in"));
    }

    private void move(ActiveMQConnection connection, int count) throws JMSException {
        Session session = transacted(connection);
        MessageConsumer consumer = session.createConsumer(queue("in"));
        MessageProducer producer = session.createProducer(queue("out"));
        while (taken.get() < count && problems.isEmpty()) {
            Message message = consumer.receive(200);
            if (message == null)
                continue;
            producer.send(message);
            session.commit();
            taken.incrementAndGet();
        }
        session.close();
    }
}
