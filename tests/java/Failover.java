/* SPDX-License-Identifier: Apache-2.0 */
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import javax.jms.TextMessage;
import javax.jms.TransactionRolledBackException;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.FlushCommand;

/** Clients with failover: whose sockets are cut, at rest and at random. */
final class Failover extends Area {
    private CuttingProxy proxy() throws Exception {
        return closing(new CuttingProxy(broker.port("tcp")));
    }

    private ActiveMQConnection through(CuttingProxy proxy, String options) throws JMSException {
        return open(factory(proxy.failover(options)));
    }

    /**
     * Cuts once the broker has all that the client has sent, acknowledgements above all: the client
     * would take a message of which it believes to be rid for a duplicate, and wait for another one.
     */
    private static void cut(CuttingProxy proxy, ActiveMQConnection connection) throws Exception {
        connection.syncSendPacket(new FlushCommand());
        cut(proxy);
    }

    /** Cuts at any time, and waits until the client is back. */
    private static void cut(CuttingProxy proxy) throws Exception {
        int before = proxy.accepted();
        proxy.cutAll();
        Check.until("the client is back", () -> proxy.accepted() > before);
    }

    public void a_consumer_goes_on_after_its_socket_is_cut() throws Exception {
        CuttingProxy proxy = proxy();
        ActiveMQConnection connection = through(proxy, "");
        MessageConsumer consumer = session(connection).createConsumer(queue());
        Session sender = session();
        for (int i = 0; i < 5; i++) {
            send(sender, queue(), "m" + i);
            text(consumer, "m" + i);
            cut(proxy, connection);
        }
    }

    public void a_producer_goes_on_after_its_socket_is_cut() throws Exception {
        CuttingProxy proxy = proxy();
        Session session = session(through(proxy, ""));
        MessageProducer producer = session.createProducer(queue());
        MessageConsumer consumer = session().createConsumer(queue());
        for (int i = 0; i < 5; i++) {
            producer.send(session.createTextMessage("m" + i));
            text(consumer, "m" + i);
            cut(proxy);
        }
    }

    public void a_send_waits_while_the_broker_cannot_be_reached() throws Exception {
        CuttingProxy proxy = proxy();
        Session session = session(through(proxy, ""));
        MessageProducer producer = session.createProducer(queue());
        proxy.refuse(true);
        BlockingQueue<String> done = new LinkedBlockingQueue<>();
        Thread sender = new Thread(() -> {
            try {
                producer.send(session.createTextMessage("patient"));
                done.add("sent");
            } catch (JMSException problem) {
                done.add(problem.toString());
            }
        });
        sender.start();
        Check.equal(null, done.poll(300, TimeUnit.MILLISECONDS));
        proxy.refuse(false);
        Check.equal("sent", done.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
        text(session().createConsumer(queue()), "patient");
    }

    public void what_was_not_acknowledged_comes_again_after_the_cut() throws Exception {
        CuttingProxy proxy = proxy();
        ActiveMQConnection connection = through(proxy, "");
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(queue());
        send(session(), queue(), "a", "b");
        texts(consumer, "a", "b");
        cut(proxy);
        Check.equal(true, text(consumer, "a").getJMSRedelivered());
        Check.equal(true, text(consumer, "b").getJMSRedelivered());
        send(session(), queue(), "c");
        text(consumer, "c").acknowledge();
        session.close();
        empty(queue());
    }

    public void a_transaction_whose_socket_is_cut_can_be_committed_or_is_rolled_back() throws Exception {
        CuttingProxy proxy = proxy();
        Session session = transacted(through(proxy, ""));
        send(session, queue(), "a", "b");
        cut(proxy);
        try {
            session.commit();
        } catch (TransactionRolledBackException tryAgain) {
            send(session, queue(), "a", "b");
            session.commit();
        }
        Session reader = session();
        MessageConsumer consumer = reader.createConsumer(queue());
        texts(consumer, "a", "b");
        fence(reader, queue(), consumer);
    }

    public void messages_taken_in_a_transaction_whose_socket_is_cut_are_not_lost() throws Exception {
        CuttingProxy proxy = proxy();
        Session session = transacted(through(proxy, ""));
        send(session(), queue(), "a", "b");
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "a", "b");
        cut(proxy);
        try {
            session.commit();
        } catch (TransactionRolledBackException again) {
            texts(consumer, "a", "b");
            session.commit();
        }
        session.close();
        empty(queue());
    }

    public void a_temporary_queue_is_there_again_after_the_cut() throws Exception {
        CuttingProxy proxy = proxy();
        Session session = session(through(proxy, ""));
        TemporaryQueue replies = session.createTemporaryQueue();
        MessageConsumer consumer = session.createConsumer(replies);
        Session server = session();
        sendOnceKnown(server, replies, "before");
        text(consumer, "before");
        cut(proxy);
        Check.until("it is known again", () -> {
            try {
                send(server, replies, "after");
                return true;
            } catch (JMSException notYet) {
                return false;
            }
        });
        text(consumer, "after");
    }

    public void a_durable_subscription_goes_on_after_the_cut() throws Exception {
        CuttingProxy proxy = proxy();
        ActiveMQConnection connection = idle(factory(proxy.failover("")));
        connection.setClientID(name);
        connection.start();
        MessageConsumer consumer = session(connection).createDurableSubscriber(topic(), "sub");
        Session sender = session();
        send(sender, topic(), "before");
        text(consumer, "before");
        proxy.refuse(true);
        send(sender, topic(), "while away");
        proxy.refuse(false);
        text(consumer, "while away");
    }

    public void a_consumer_with_prefetch_zero_goes_on_after_the_cut() throws Exception {
        CuttingProxy proxy = proxy();
        ActiveMQConnection connection = through(proxy, "&jms.prefetchPolicy.all=0");
        MessageConsumer consumer = session(connection).createConsumer(queue());
        Session sender = session();
        for (int i = 0; i < 3; i++) {
            send(sender, queue(), "m" + i);
            text(consumer, "m" + i);
            cut(proxy, connection);
        }
    }

    public void a_waiting_receive_with_prefetch_zero_is_served_after_the_cut() throws Exception {
        CuttingProxy proxy = proxy();
        MessageConsumer consumer = session(through(proxy, "&jms.prefetchPolicy.all=0")).createConsumer(queue());
        BlockingQueue<String> got = new LinkedBlockingQueue<>();
        Thread receiver = new Thread(() -> {
            try {
                got.add(((TextMessage) take(consumer)).getText());
            } catch (JMSException | AssertionError problem) {
                got.add(problem.toString());
            }
        });
        receiver.start();
        Check.until("it waits", () -> receiver.getState() == Thread.State.WAITING ||
            receiver.getState() == Thread.State.TIMED_WAITING);
        cut(proxy);
        send(session(), queue(), "after");
        Check.equal("after", got.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
    }

    public void the_second_address_is_taken_when_the_first_does_not_answer() throws Exception {
        CuttingProxy dead = new CuttingProxy(broker.port("tcp"));
        int port = dead.port();
        dead.close();
        ActiveMQConnection connection = open(factory(
            "failover:(tcp://127.0.0.1:" + port + "," + broker.tcp("") + ")?randomize=false"));
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        fence(session, queue(), consumer);
    }

    /** Sends and takes while sockets are cut at random: each message comes, and if again, then marked so. */
    private void nothingIsLost(int mode, boolean cutConsumers) throws Exception {
        int count = 400;
        CuttingProxy proxy = proxy();
        // Each cut counts as a delivery of all that was prefetched; with six of them the client gives up.
        String options = "&jms.redeliveryPolicy.maximumRedeliveries=-1";
        ActiveMQConnection sending = through(proxy, options);
        ActiveMQConnection taking = cutConsumers ? through(proxy, options) : connect();
        AtomicInteger sent = new AtomicInteger();
        Thread sender = new Thread(() -> sendAll(sending, count, sent));
        sender.start();
        Thread cutter = new Thread(() -> cutNowAndThen(proxy, sent, count));
        cutter.start();
        takeAll(taking, mode, count);
        sender.join(Check.PATIENCE_MS);
        cutter.join(Check.PATIENCE_MS);
        Check.equal(count, sent.get());
    }

    private void sendAll(ActiveMQConnection connection, int count, AtomicInteger sent) {
        try {
            Session session = session(connection);
            MessageProducer producer = session.createProducer(queue());
            for (int i = 0; i < count; i++) {
                producer.send(session.createTextMessage("m" + i));
                sent.incrementAndGet();
            }
        } catch (JMSException problem) {
            throw new IllegalStateException(problem);
        }
    }

    /** Ten cuts, spread over the sending by its own progress. */
    private static void cutNowAndThen(CuttingProxy proxy, AtomicInteger sent, int count) {
        Random random = new Random(7);
        try {
            for (int i = 1; i <= 10; i++) {
                int mark = i * count / 11;
                Check.until("the sender is at " + mark, () -> sent.get() >= mark);
                proxy.cutOne(random);
            }
        } catch (Exception problem) {
            throw new IllegalStateException(problem);
        }
    }

    private void takeAll(ActiveMQConnection connection, int mode, int count) throws Exception {
        boolean transacted = mode == Session.SESSION_TRANSACTED;
        Session session = connection.createSession(transacted, mode);
        MessageConsumer consumer = session.createConsumer(queue());
        Set<String> seen = new HashSet<>();
        while (seen.size() < count) {
            TextMessage message = (TextMessage) take(consumer);
            String text = message.getText();
            if (!seen.add(text))
                Check.that(text + " comes again and says so", message.getJMSRedelivered());
            try {
                if (transacted)
                    session.commit();
                else
                    message.acknowledge();
            } catch (JMSException doubt) {
                // Whether it was acknowledged before the cut, nobody here knows. It may come again.
            }
        }
    }

    public void nothing_is_lost_when_the_sockets_of_producers_are_cut_at_random() throws Exception {
        nothingIsLost(Session.AUTO_ACKNOWLEDGE, false);
    }

    public void nothing_is_lost_when_the_sockets_of_all_are_cut_at_random_in_client_mode() throws Exception {
        nothingIsLost(Session.CLIENT_ACKNOWLEDGE, true);
    }

    public void nothing_is_lost_when_the_sockets_of_all_are_cut_at_random_in_transactions() throws Exception {
        nothingIsLost(Session.SESSION_TRANSACTED, true);
    }
}
