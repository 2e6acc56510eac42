/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Queue;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQMessageConsumer;
import org.apache.activemq.command.ActiveMQMessage;
import org.apache.activemq.command.ActiveMQQueue;

/** Which consumer of a queue gets what. */
final class Queues extends Area {
    private static int waiting(MessageConsumer consumer) {
        return ((ActiveMQMessageConsumer) consumer).getMessageSize();
    }

    public void a_message_goes_to_one_consumer_only() throws Exception {
        ActiveMQConnection connection = connect();
        MessageConsumer first = session(connection).createConsumer(queue());
        MessageConsumer second = session(connection).createConsumer(queue());
        Session sender = session(connection);
        for (int i = 0; i < 20; i++)
            send(sender, queue(), "m" + i);
        Check.until("all are there", () -> waiting(first) + waiting(second) == 20);
        Set<String> got = new HashSet<>(drain(first, waiting(first)));
        got.addAll(drain(second, waiting(second)));
        Check.equal(20, got.size());
    }

    public void consumers_of_equal_rank_share_evenly() throws Exception {
        ActiveMQConnection connection = connect();
        MessageConsumer first = session(connection).createConsumer(queue());
        MessageConsumer second = session(connection).createConsumer(queue());
        Session sender = session(connection);
        for (int i = 0; i < 20; i++)
            send(sender, queue(), "m" + i);
        Check.until("all are there", () -> waiting(first) == 10 && waiting(second) == 10);
    }

    public void messages_wait_for_a_consumer_in_order() throws Exception {
        Session session = session();
        MessageProducer producer = session.createProducer(queue());
        for (int i = 0; i < 2500; i++)
            producer.send(session.createTextMessage("m" + i));
        MessageConsumer consumer = session.createConsumer(queue());
        for (int i = 0; i < 2500; i++)
            text(consumer, "m" + i);
    }

    public void an_exclusive_consumer_gets_everything_until_it_leaves() throws Exception {
        ActiveMQConnection connection = connect();
        Session sender = session(connection);
        Queue exclusive = sender.createQueue(name + "?consumer.exclusive=true");
        MessageConsumer first = session(connection).createConsumer(exclusive);
        MessageConsumer second = session(connection).createConsumer(exclusive);
        send(sender, queue(), "a", "b", "c");
        texts(first, "a", "b", "c");
        first.close();
        send(sender, queue(), "d");
        text(second, "d");
    }

    public void an_exclusive_consumer_goes_before_an_ordinary_one() throws Exception {
        ActiveMQConnection connection = connect();
        Session sender = session(connection);
        MessageConsumer ordinary = session(connection).createConsumer(queue());
        MessageConsumer exclusive = session(connection).createConsumer(
            sender.createQueue(name + "?consumer.exclusive=true"));
        send(sender, queue(), "a", "b", "c");
        texts(exclusive, "a", "b", "c");
        exclusive.close();
        send(sender, queue(), "d");
        text(ordinary, "d");
    }

    public void a_policy_makes_all_consumers_exclusive() throws Exception {
        ActiveMQConnection connection = connect();
        ActiveMQQueue queue = queueUnder("exclusive");
        MessageConsumer first = session(connection).createConsumer(queue);
        session(connection).createConsumer(queue);
        send(session(connection), queue, "a", "b", "c", "d");
        texts(first, "a", "b", "c", "d");
    }

    public void the_consumer_of_the_highest_priority_is_served_first() throws Exception {
        ActiveMQConnection connection = connect();
        Session sender = session(connection);
        MessageConsumer low = session(connection).createConsumer(sender.createQueue(name + "?consumer.priority=1"));
        Session busy = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer high = busy.createConsumer(
            sender.createQueue(name + "?consumer.priority=5&consumer.prefetchSize=2"));
        send(sender, queue(), "a", "b", "c");
        text(low, "c");
        texts(high, "a", "b");
    }

    private static void grouped(Session session, MessageProducer producer, String group, String text)
            throws JMSException {
        Message message = session.createTextMessage(text);
        message.setStringProperty("JMSXGroupID", group);
        producer.send(message);
    }

    public void the_messages_of_a_group_go_to_one_consumer() throws Exception {
        ActiveMQConnection connection = connect();
        List<MessageConsumer> consumers = new ArrayList<>();
        for (int i = 0; i < 3; i++)
            consumers.add(session(connection).createConsumer(queue()));
        Session sender = session(connection);
        MessageProducer producer = sender.createProducer(queue());
        for (int i = 0; i < 60; i++)
            grouped(sender, producer, "g" + i % 6, "g" + i % 6);
        Check.until("all are there", () -> consumers.stream().mapToInt(Queues::waiting).sum() == 60);
        Map<String, Integer> owner = new HashMap<>();
        for (int i = 0; i < 3; i++) {
            for (String group : drain(consumers.get(i), waiting(consumers.get(i))))
                Check.equal("the consumer of " + group, i,
                        owner.merge(group, i, (old, now) -> now.equals(old) ? old : -1));
        }
        Check.equal(6, owner.size());
    }

    public void a_group_moves_on_when_its_consumer_leaves() throws Exception {
        ActiveMQConnection connection = connect();
        MessageConsumer first = session(connection).createConsumer(queue());
        Session sender = session(connection);
        MessageProducer producer = sender.createProducer(queue());
        grouped(sender, producer, "g", "one");
        Message one = text(first, "one");
        Check.equal(true, ((ActiveMQMessage) one).isJMSXGroupFirstForConsumer());
        MessageConsumer second = session(connection).createConsumer(queue());
        grouped(sender, producer, "g", "two");
        Check.equal(false, ((ActiveMQMessage) text(first, "two")).isJMSXGroupFirstForConsumer());
        first.close();
        grouped(sender, producer, "g", "three");
        Check.equal(true, ((ActiveMQMessage) text(second, "three")).isJMSXGroupFirstForConsumer());
    }

    public void a_negative_sequence_closes_a_group() throws Exception {
        ActiveMQConnection connection = connect();
        MessageConsumer consumer = session(connection).createConsumer(queue());
        Session sender = session(connection);
        MessageProducer producer = sender.createProducer(queue());
        grouped(sender, producer, "g", "one");
        Message last = sender.createTextMessage("last");
        last.setStringProperty("JMSXGroupID", "g");
        last.setIntProperty("JMSXGroupSeq", -1);
        producer.send(last);
        grouped(sender, producer, "g", "first again");
        text(consumer, "one");
        text(consumer, "last");
        Check.equal(true, ((ActiveMQMessage) text(consumer, "first again")).isJMSXGroupFirstForConsumer());
    }

    public void a_wildcard_consumer_gets_from_every_queue_that_matches() throws Exception {
        Session session = session();
        send(session, queue("a"), "before");
        MessageConsumer consumer = session.createConsumer(queue(">"));
        Check.equal(queue("a"), text(consumer, "before").getJMSDestination());
        send(session, queue("b.c"), "after");
        Check.equal(queue("b.c"), text(consumer, "after").getJMSDestination());
    }

    public void what_a_wildcard_consumer_took_is_gone() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue("*.x"));
        send(session, queue("a.x"), "taken");
        text(consumer, "taken");
        consumer.close();
        empty(queue("a.x"));
    }

    public void a_consumer_of_several_queues_gets_from_each() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(session.createQueue(name + ".a," + name + ".b"));
        send(session, queue("a"), "from a");
        text(consumer, "from a");
        send(session, queue("b"), "from b");
        text(consumer, "from b");
    }

    public void a_message_to_several_destinations_arrives_at_each() throws Exception {
        Session session = session();
        MessageConsumer fromTopic = session.createConsumer(topic("t"));
        ActiveMQQueue both = new ActiveMQQueue("queue://" + name + ".a,queue://" + name + ".b,topic://" + name + ".t");
        send(session, both, "to all");
        MessageConsumer fromA = session.createConsumer(queue("a")), fromB = session.createConsumer(queue("b"));
        for (MessageConsumer consumer : List.of(fromA, fromB, fromTopic)) {
            ActiveMQMessage got = (ActiveMQMessage) text(consumer, "to all");
            Check.equal(both, got.getOriginalDestination());
        }
    }

    public void a_destroyed_queue_is_empty_when_it_comes_again() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        send(session, queue(), "lost");
        connection.destroyDestination(queue());
        fence(session, queue(), session.createConsumer(queue()));
    }

    public void a_queue_with_consumers_cannot_be_destroyed() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        JMSException problem = Check.throwing(JMSException.class, () -> connection.destroyDestination(queue()));
        Check.contains("still has an active subscription", problem.getMessage());
        fence(session, queue(), consumer);
    }

    public void an_unknown_queue_can_be_destroyed() throws Exception {
        connect().destroyDestination(queue());
    }

    public void a_destroyed_topic_is_there_again_for_its_next_subscriber() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        session.createConsumer(topic()).close();
        connection.destroyDestination(topic());
        fence(session, topic(), session.createConsumer(topic()));
    }

    public void names_may_have_any_characters() throws Exception {
        Session session = session();
        for (String part : List.of("with space", "\u00e4\u20ac", "a/b", "a:b", "a;b=c", "UPPER", "-1",
                                   "x".repeat(2000))) {
            MessageConsumer consumer = session.createConsumer(queue(part));
            fence(session, queue(part), consumer);
            consumer.close();
        }
    }

    public void queues_that_differ_in_case_only_are_two() throws Exception {
        Session session = session();
        MessageConsumer small = session.createConsumer(queue("a"));
        MessageConsumer capital = session.createConsumer(queue("A"));
        send(session, queue("A"), "capital");
        send(session, queue("a"), "small");
        text(small, "small");
        text(capital, "capital");
    }

    public void a_consumer_that_closes_gives_back_what_it_has_not_seen_in_order() throws Exception {
        ActiveMQConnection connection = connect();
        Session holder = session(connection);
        MessageConsumer consumer = holder.createConsumer(queue());
        Session session = session(connection);
        for (int i = 0; i < 10; i++)
            send(session, queue(), "m" + i);
        Check.until("all are there", () -> waiting(consumer) == 10);
        consumer.close();
        MessageConsumer next = session.createConsumer(queue());
        for (int i = 0; i < 10; i++)
            Check.equal(false, text(next, "m" + i).getJMSRedelivered());
    }

    public void three_hundred_queues_hold_one_message_each() throws Exception {
        Session session = session();
        MessageProducer producer = session.createProducer(null);
        producer.setDeliveryMode(javax.jms.DeliveryMode.NON_PERSISTENT);
        for (int i = 0; i < 300; i++)
            producer.send(queue("" + i), session.createTextMessage("" + i));
        MessageConsumer consumer = session.createConsumer(queue("*"));
        Set<String> got = new HashSet<>(drain(consumer, 300));
        Check.equal(300, got.size());
    }
}
