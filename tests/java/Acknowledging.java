/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
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
import org.apache.activemq.ActiveMQMessageConsumer;
import org.apache.activemq.ActiveMQSession;
import org.apache.activemq.RedeliveryPolicy;
import org.apache.activemq.command.ActiveMQMessage;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ConsumerControl;
import org.apache.activemq.command.ConsumerId;
import org.apache.activemq.command.MessageAck;
import org.apache.activemq.command.MessagePull;
import org.apache.activemq.command.SessionId;

/** Every mode of acknowledgement, redelivery, dead letters, prefetch and the ways to receive. */
final class Acknowledging extends Area {
    private ActiveMQConnection impatient(int maximumRedeliveries) throws JMSException {
        return impatient(maximumRedeliveries, "");
    }

    /** A connection that redelivers at once. */
    private ActiveMQConnection impatient(int maximumRedeliveries, String options) throws JMSException {
        ActiveMQConnection connection = connect(options);
        RedeliveryPolicy policy = connection.getRedeliveryPolicy();
        policy.setInitialRedeliveryDelay(0);
        policy.setRedeliveryDelay(0);
        policy.setMaximumRedeliveries(maximumRedeliveries);
        return connection;
    }

    private static int deliveries(Message message) throws JMSException {
        return message.getIntProperty("JMSXDeliveryCount");
    }

    private static String[] numbered(int count) {
        String[] texts = new String[count];
        for (int i = 0; i < count; i++)
            texts[i] = "m" + i;
        return texts;
    }

    /** Takes all of ten messages in a mode, closes, and nothing is left. */
    private void takesAll(int mode, String options) throws Exception {
        ActiveMQConnection connection = connect(options);
        boolean transacted = mode == Session.SESSION_TRANSACTED;
        Session session = connection.createSession(transacted, mode);
        send(session(connection), queue(), numbered(10));
        MessageConsumer consumer = session.createConsumer(queue());
        for (String text : numbered(10)) {
            Message message = text(consumer, text);
            Check.equal(false, message.getJMSRedelivered());
            if (mode == Session.CLIENT_ACKNOWLEDGE || mode == ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE)
                message.acknowledge();
        }
        if (transacted)
            session.commit();
        session.close();
        empty(queue());
    }

    /** The same with a listener, and from a topic. */
    private void hearsAll(int mode) throws Exception {
        ActiveMQConnection connection = connect();
        boolean transacted = mode == Session.SESSION_TRANSACTED;
        Session session = connection.createSession(transacted, mode);
        MessageConsumer consumer = session.createConsumer(topic());
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        consumer.setMessageListener(message -> {
            try {
                heard.add(((TextMessage) message).getText());
                if (transacted)
                    session.commit();
                else
                    message.acknowledge();
            } catch (JMSException problem) {
                heard.add(problem.toString());
            }
        });
        send(session(connection), topic(), numbered(10));
        for (String text : numbered(10))
            Check.equal(text, heard.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
    }

    /** With a prefetch of one, hundred messages come one by one, in order. */
    private void worksWithPrefetch(int prefetch, int mode) throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=" + prefetch);
        Session session = connection.createSession(mode == Session.SESSION_TRANSACTED, mode);
        MessageConsumer consumer = session.createConsumer(queue());
        send(session(connection), queue(), numbered(30));
        for (String text : numbered(30)) {
            Message message = text(consumer, text);
            if (mode == Session.SESSION_TRANSACTED)
                session.commit();
            else
                message.acknowledge();
        }
        session.close();
        empty(queue());
    }

    @Override
    List<Row> rows() {
        record Mode(String name, int value) {
        }
        List<Row> rows = new ArrayList<>();
        for (Mode mode : List.of(new Mode("AUTO", Session.AUTO_ACKNOWLEDGE),
                                 new Mode("CLIENT", Session.CLIENT_ACKNOWLEDGE),
                                 new Mode("DUPS_OK", Session.DUPS_OK_ACKNOWLEDGE),
                                 new Mode("INDIVIDUAL", ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE),
                                 new Mode("SESSION_TRANSACTED", Session.SESSION_TRANSACTED))) {
            rows.add(new Row("what was taken in mode " + mode.name + " does not come again",
                             () -> takesAll(mode.value, "")));
            rows.add(new Row("the same holds in mode " + mode.name + " with optimised acknowledgement",
                             () -> takesAll(mode.value, "?jms.optimizeAcknowledge=true")));
            rows.add(new Row("a listener in mode " + mode.name + " hears all of a topic", () -> hearsAll(mode.value)));
            for (int prefetch : new int[] {0, 1, 7})
                rows.add(new Row("prefetch " + prefetch + " works in mode " + mode.name,
                                 () -> worksWithPrefetch(prefetch, mode.value)));
        }
        return rows;
    }

    public void acknowledging_one_message_in_client_mode_acknowledges_all_before_it() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        send(session, queue(), numbered(5));
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "m0", "m1");
        text(consumer, "m2").acknowledge();
        text(consumer, "m3");
        session.close();
        MessageConsumer next = session(connection).createConsumer(queue());
        Check.equal(true, text(next, "m3").getJMSRedelivered());
        text(next, "m4");
    }

    public void individually_acknowledged_messages_may_be_any() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = connection.createSession(false, ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE);
        send(session, queue(), numbered(5));
        MessageConsumer consumer = session.createConsumer(queue());
        List<Message> got = new ArrayList<>();
        for (String text : numbered(5))
            got.add(text(consumer, text));
        got.get(3).acknowledge();
        got.get(1).acknowledge();
        session.close();
        texts(session(connection).createConsumer(queue()), "m0", "m2", "m4");
    }

    public void unacknowledged_messages_come_back_redelivered_when_the_consumer_closes() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        send(session, queue(), numbered(3));
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "m0", "m1");
        session.close();
        MessageConsumer next = session(connection).createConsumer(queue());
        for (String text : List.of("m0", "m1")) {
            Message message = text(next, text);
            Check.equal(true, message.getJMSRedelivered());
            Check.equal(2, deliveries(message));
        }
        Message unseen = text(next, "m2");
        Check.equal(false, unseen.getJMSRedelivered());
        Check.equal(1, deliveries(unseen));
    }

    public void messages_of_a_lost_connection_come_back_redelivered() throws Exception {
        CuttingProxy proxy = closing(new CuttingProxy(broker.port("tcp")));
        ActiveMQConnection lost = open(factory("tcp://127.0.0.1:" + proxy.port()));
        Session session = lost.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        send(session, queue(), numbered(3));
        text(session.createConsumer(queue()), "m0");
        proxy.cutAll();
        MessageConsumer next = session().createConsumer(queue());
        for (String text : numbered(3))
            Check.equal(true, text(next, text).getJMSRedelivered());
    }

    public void each_lost_consumer_raises_the_delivery_count() throws Exception {
        send(session(), queue(), "again");
        for (int i = 1; i <= 4; i++) {
            ActiveMQConnection connection = connect();
            Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
            Check.equal(i, deliveries(text(session.createConsumer(queue()), "again")));
            connection.close();
        }
    }

    public void recover_delivers_again_in_client_mode() throws Exception {
        Session session = impatient(6).createSession(false, Session.CLIENT_ACKNOWLEDGE);
        send(session, queue(), numbered(3));
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "m0", "m1");
        session.recover();
        Message message = text(consumer, "m0");
        Check.equal(true, message.getJMSRedelivered());
        Check.equal(2, deliveries(message));
        texts(consumer, "m1");
        text(consumer, "m2").acknowledge();
        session.close();
        empty(queue());
    }

    public void recover_delivers_again_what_was_not_individually_acknowledged() throws Exception {
        Session session = impatient(6).createSession(false, ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE);
        send(session, queue(), numbered(3));
        MessageConsumer consumer = session.createConsumer(queue());
        text(consumer, "m0");
        text(consumer, "m1").acknowledge();
        session.recover();
        text(consumer, "m0").acknowledge();
        text(consumer, "m2").acknowledge();
        session.close();
        empty(queue());
    }

    /** The dead letter with this text on the shared queue, which other tests use as well. */
    private Message deadLetter(Session session) throws JMSException {
        return take(session.createConsumer(new ActiveMQQueue("ActiveMQ.DLQ"), "origin = '" + name + "'"));
    }

    public void after_too_many_rollbacks_a_message_is_a_dead_letter_with_its_cause() throws Exception {
        ActiveMQConnection connection = impatient(2);
        Session session = transacted(connection);
        TextMessage sent = session.createTextMessage("poison");
        sent.setStringProperty("origin", name);
        session.createProducer(queue()).send(sent);
        session.commit();
        MessageConsumer consumer = session.createConsumer(queue());
        for (int delivery = 1; delivery <= 3; delivery++) {
            Check.equal(delivery, deliveries(text(consumer, "poison")));
            session.rollback();
        }
        ActiveMQMessage dead = (ActiveMQMessage) deadLetter(session(connection));
        Check.equal(sent.getJMSMessageID(), dead.getJMSMessageID());
        Check.contains("exceeds redelivery policy limit", dead.getStringProperty("dlqDeliveryFailureCause"));
        Check.contains("java.lang.Throwable: ", dead.getStringProperty("dlqDeliveryFailureCause"));
        Check.equal(queue(), dead.getOriginalDestination());
        Check.equal(new ActiveMQQueue("ActiveMQ.DLQ"), dead.getJMSDestination());
        Check.equal(DeliveryMode.PERSISTENT, dead.getJMSDeliveryMode());
        Check.equal(false, dead.getJMSRedelivered());
        session.close();
        empty(queue());
    }

    public void a_listener_that_throws_gets_the_message_again_and_then_it_is_a_dead_letter() throws Exception {
        ActiveMQConnection connection = impatient(1);
        Session session = session(connection);
        AtomicInteger heard = new AtomicInteger();
        session.createConsumer(queue()).setMessageListener(message -> {
            heard.incrementAndGet();
            throw new IllegalArgumentException("not today");
        });
        Session sender = session(connection);
        TextMessage sent = sender.createTextMessage("thrown");
        sent.setStringProperty("origin", name);
        sender.createProducer(queue()).send(sent);
        Message dead = deadLetter(session(connection));
        Check.contains("not today", dead.getStringProperty("dlqDeliveryFailureCause"));
        Check.equal(2, heard.get());
    }

    private void die(ActiveMQQueue queue, int mode) throws Exception {
        ActiveMQConnection connection = impatient(0);
        Session session = transacted(connection);
        MessageProducer producer = session.createProducer(queue);
        producer.setDeliveryMode(mode);
        producer.send(session.createTextMessage("dying"));
        session.commit();
        MessageConsumer consumer = session.createConsumer(queue);
        text(consumer, "dying");
        session.rollback();
        session.close();
        empty(queue);
    }

    public void an_individual_dead_letter_queue_has_the_name_of_its_origin() throws Exception {
        ActiveMQQueue queue = queueUnder("ind");
        die(queue, DeliveryMode.PERSISTENT);
        text(session().createConsumer(new ActiveMQQueue("DLQ." + queue.getQueueName())), "dying");
    }

    public void a_non_persistent_message_is_no_dead_letter_by_default() throws Exception {
        ActiveMQQueue queue = queueUnder("ind");
        die(queue, DeliveryMode.NON_PERSISTENT);
        empty(new ActiveMQQueue("DLQ." + queue.getQueueName()));
    }

    public void a_non_persistent_message_is_a_dead_letter_where_the_policy_says_so() throws Exception {
        ActiveMQQueue queue = queueUnder("indnp");
        die(queue, DeliveryMode.NON_PERSISTENT);
        Message dead = text(session().createConsumer(new ActiveMQQueue("DLQ." + queue.getQueueName())), "dying");
        Check.equal(DeliveryMode.PERSISTENT, dead.getJMSDeliveryMode());
        Check.equal("NON_PERSISTENT", dead.getStringProperty("originalDeliveryMode"));
    }

    public void a_dead_letter_is_discarded_where_the_policy_says_so() throws Exception {
        ActiveMQQueue queue = queueUnder("discard");
        die(queue, DeliveryMode.PERSISTENT);
        empty(queue);
    }

    public void a_prefetch_of_one_leaves_the_rest_to_others() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=1");
        Session slow = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        Session fast = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer slowConsumer = slow.createConsumer(queue());
        send(fast, queue(), numbered(10));
        Message held = text(slowConsumer, "m0");
        MessageConsumer fastConsumer = fast.createConsumer(queue());
        // In client mode, half of the window taken asks for more: m1 is there as well.
        List<String> got = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Message message = take(fastConsumer);
            got.add(((TextMessage) message).getText());
            message.acknowledge();
        }
        Check.equal(List.of("m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"), got);
        held.acknowledge();
        text(slowConsumer, "m1").acknowledge();
    }

    public void no_more_than_the_prefetch_is_sent_ahead() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=3");
        MessageConsumer first = session(connection).createConsumer(queue());
        send(session(connection), queue(), numbered(8));
        Check.until("three are there", () -> ((ActiveMQMessageConsumer) first).getMessageSize() == 3);
        texts(session(connection).createConsumer(queue()), "m3", "m4", "m5", "m6", "m7");
        texts(first, "m0", "m1", "m2");
    }

    public void the_policy_of_a_destination_lowers_the_prefetch() throws Exception {
        ActiveMQConnection connection = connect();
        ActiveMQQueue queue = queueUnder("few");
        MessageConsumer first = session(connection).createConsumer(queue);
        send(session(connection), queue, numbered(8));
        Check.until("three are there", () -> ((ActiveMQMessageConsumer) first).getMessageSize() == 3);
        texts(session(connection).createConsumer(queue), "m3", "m4", "m5", "m6", "m7");
    }

    public void a_prefetch_in_the_name_of_the_destination_counts() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        MessageConsumer first = session.createConsumer(session.createQueue(name + "?consumer.prefetchSize=2"));
        send(session(connection), queue(), numbered(5));
        Check.until("two are there", () -> ((ActiveMQMessageConsumer) first).getMessageSize() == 2);
        texts(session(connection).createConsumer(queue()), "m2", "m3", "m4");
    }

    private static ConsumerId idOf(MessageConsumer consumer) {
        return ((ActiveMQMessageConsumer) consumer).getConsumerId();
    }

    public void a_consumer_control_changes_the_prefetch() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=2");
        MessageConsumer consumer = session(connection).createConsumer(queue());
        send(session(connection), queue(), numbered(10));
        Check.until("two are there", () -> ((ActiveMQMessageConsumer) consumer).getMessageSize() == 2);
        ConsumerControl control = new ConsumerControl();
        control.setConsumerId(idOf(consumer));
        control.setDestination(queue());
        control.setPrefetch(6);
        connection.syncSendPacket(control);
        Check.until("six are there", () -> ((ActiveMQMessageConsumer) consumer).getMessageSize() == 6);
        texts(session(connection).createConsumer(queue()), "m6", "m7", "m8", "m9");
    }

    public void receive_with_prefetch_zero_waits_for_a_message_that_comes_later() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=0");
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        Thread later = new Thread(() -> {
            try {
                send(session(connect()), queue(), "later");
            } catch (JMSException problem) {
                throw new IllegalStateException(problem);
            }
        });
        later.start();
        text(consumer, "later");
        later.join();
    }

    public void receive_with_prefetch_zero_ends_when_its_time_is_over() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=0");
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        Check.equal(null, consumer.receive(100));
        Check.equal(null, consumer.receiveNoWait());
        send(session, queue(), "one", "two");
        Check.equal("one", ((TextMessage) consumer.receiveNoWait()).getText());
        text(consumer, "two");
        Check.equal(null, consumer.receiveNoWait());
    }

    public void a_pull_that_has_ended_takes_no_later_message() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=0");
        MessageConsumer first = session(connection).createConsumer(queue());
        Check.equal(null, first.receive(100));
        Session session = session();
        send(session, queue(), "for the other");
        text(session.createConsumer(queue()), "for the other");
    }

    public void a_pull_for_an_unknown_consumer_is_an_error() throws Exception {
        ActiveMQConnection connection = connect();
        MessagePull pull = new MessagePull();
        pull.setConsumerId(new ConsumerId(new SessionId(connection.getConnectionInfo().getConnectionId(), 1), 77));
        pull.setDestination(queue());
        JMSException problem = Check.throwing(JMSException.class, () -> connection.syncSendPacket(pull));
        Check.contains("The subscription does not exist: ", problem.getMessage());
    }

    public void receive_without_waiting_finds_what_has_been_sent_ahead() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        Check.equal(null, consumer.receiveNoWait());
        send(session, queue(), "ahead");
        Check.until("it is there", () -> consumer.receiveNoWait() != null);
        Check.equal(null, consumer.receive(1));
    }

    public void a_receive_ends_when_its_consumer_is_closed() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        Message[] got = {session.createMessage()};
        Thread receiver = new Thread(() -> {
            try {
                got[0] = consumer.receive();
            } catch (JMSException problem) {
                throw new IllegalStateException(problem);
            }
        });
        receiver.start();
        Check.until("it waits", () -> receiver.getState() == Thread.State.WAITING);
        consumer.close();
        receiver.join(Check.PATIENCE_MS);
        Check.equal(null, got[0]);
    }

    private MessageAck ack(MessageConsumer consumer, ActiveMQMessage first, ActiveMQMessage last, int type, int count) {
        MessageAck ack = new MessageAck();
        ack.setConsumerId(idOf(consumer));
        ack.setDestination(queue());
        ack.setAckType((byte) type);
        ack.setFirstMessageId(first == null ? null : first.getMessageId());
        ack.setLastMessageId(last.getMessageId());
        ack.setMessageCount(count);
        return ack;
    }

    public void a_range_whose_count_is_wrong_is_not_acknowledged() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        send(session, queue(), numbered(3));
        MessageConsumer consumer = session.createConsumer(queue());
        ActiveMQMessage first = (ActiveMQMessage) take(consumer);
        ActiveMQMessage second = (ActiveMQMessage) take(consumer);
        JMSException problem = Check.throwing(JMSException.class, () -> connection.syncSendPacket(
            ack(consumer, first, second, MessageAck.STANDARD_ACK_TYPE, 1)));
        Check.contains("Unmatched acknowledge: ", problem.getMessage());
        session.close();
        texts(session(connection).createConsumer(queue()), "m0", "m1", "m2");
    }

    public void a_range_without_a_beginning_starts_at_the_oldest() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        send(session, queue(), numbered(3));
        MessageConsumer consumer = session.createConsumer(queue());
        take(consumer);
        ActiveMQMessage second = (ActiveMQMessage) take(consumer);
        connection.syncSendPacket(ack(consumer, null, second, MessageAck.STANDARD_ACK_TYPE, 2));
        session.close();
        texts(session(connection).createConsumer(queue()), "m2");
    }

    public void an_acknowledgement_for_a_consumer_that_is_gone_is_ignored() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        send(session, queue(), "one");
        ActiveMQMessage message = (ActiveMQMessage) text(consumer, "one");
        consumer.close();
        connection.syncSendPacket(ack(consumer, message, message, MessageAck.STANDARD_ACK_TYPE, 1));
    }

    public void optimised_acknowledgement_takes_more_messages_than_its_window() throws Exception {
        ActiveMQConnection connection = connect("?jms.optimizeAcknowledge=true&jms.prefetchPolicy.all=10");
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        send(session(connection), queue(), numbered(100));
        texts(consumer, numbered(100));
        session.close();
        empty(queue());
    }

    public void closing_a_session_gives_its_messages_back() throws Exception {
        ActiveMQConnection connection = connect();
        Session first = session(connection);
        MessageConsumer holder = first.createConsumer(queue());
        send(first, queue(), numbered(20));
        texts(holder, "m0", "m1");
        first.close();
        MessageConsumer next = session(connection).createConsumer(queue());
        for (int i = 2; i < 20; i++)
            Check.equal(false, text(next, "m" + i).getJMSRedelivered());
    }
}
