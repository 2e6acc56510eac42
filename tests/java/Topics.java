/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.Topic;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.ActiveMQTopic;

/** Subscriptions that are not durable. */
final class Topics extends Area {
    public void every_subscriber_gets_every_message() throws Exception {
        ActiveMQConnection connection = connect();
        List<MessageConsumer> consumers = new ArrayList<>();
        for (int i = 0; i < 5; i++)
            consumers.add(session(connection).createConsumer(topic()));
        send(session(connection), topic(), "a", "b", "c");
        for (MessageConsumer consumer : consumers)
            texts(consumer, "a", "b", "c");
    }

    public void what_was_sent_before_the_subscription_is_not_delivered() throws Exception {
        Session session = session();
        send(session, topic(), "early");
        fence(session, topic(), session.createConsumer(topic()));
    }

    public void a_subscriber_without_local_messages_gets_only_those_of_others() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(topic(), null, true);
        MessageConsumer every = session.createConsumer(topic());
        send(session, topic(), "own");
        send(session(), topic(), "foreign");
        text(consumer, "foreign");
        texts(every, "own", "foreign");
    }

    public void a_closed_subscriber_gets_nothing_more() throws Exception {
        Session session = session();
        MessageConsumer first = session.createConsumer(topic());
        first.close();
        send(session, topic(), "unheard");
        fence(session, topic(), session.createConsumer(topic()));
    }

    public void a_star_stands_for_one_level() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(topic("*.end"));
        send(session, topic("a.end"), "a");
        send(session, topic("a.b.end"), "too deep");
        send(session, topic("b.end"), "b");
        send(session, topic("c.other"), "other");
        send(session, topic("c.end"), "c");
        for (String level : List.of("a", "b", "c"))
            Check.equal(topic(level + ".end"), text(consumer, level).getJMSDestination());
    }

    public void a_greater_sign_stands_for_all_levels() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(topic(">"));
        for (String level : List.of("a", "a.b", "a.b.c"))
            send(session, topic(level), level);
        texts(consumer, "a", "a.b", "a.b.c");
        send(session, topic(), "the level itself");
        text(consumer, "the level itself");
    }

    public void a_subscriber_of_several_topics_gets_from_each() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(
            session.createTopic(topic("a").getTopicName() + "," + topic("b").getTopicName()));
        send(session, topic("a"), "from a");
        send(session, topic("b"), "from b");
        Set<String> got = new TreeSet<>(drain(consumer, 2));
        Check.equal(Set.of("from a", "from b"), got);
    }

    public void overlapping_subscribers_get_one_copy_each() throws Exception {
        Session session = session();
        MessageConsumer wide = session.createConsumer(topic(">"));
        MessageConsumer narrow = session.createConsumer(topic("a"));
        send(session, topic("a"), "once");
        text(wide, "once");
        text(narrow, "once");
        fence(session, topic("a"), narrow);
    }

    public void a_retroactive_subscriber_gets_the_last_message() throws Exception {
        Session session = session();
        ActiveMQTopic topic = topicUnder("last");
        send(session, topic, "old", "last");
        Topic retroactive = session.createTopic(topic.getTopicName() + "?consumer.retroactive=true");
        MessageConsumer consumer = session.createConsumer(retroactive);
        text(consumer, "last");
        send(session, topic, "next");
        text(consumer, "next");
    }

    public void a_retroactive_subscriber_gets_as_many_as_the_policy_keeps() throws Exception {
        Session session = session();
        ActiveMQTopic topic = topicUnder("lasttwo");
        send(session, topic, "1", "2", "3", "4");
        Topic retroactive = session.createTopic(topic.getTopicName() + "?consumer.retroactive=true");
        texts(session.createConsumer(retroactive), "3", "4");
    }

    public void a_subscriber_that_is_not_retroactive_gets_no_kept_message() throws Exception {
        Session session = session();
        ActiveMQTopic topic = topicUnder("last");
        send(session, topic, "old");
        fence(session, topic, session.createConsumer(topic));
    }

    public void the_oldest_are_dropped_for_a_subscriber_that_is_too_slow() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=2");
        ActiveMQTopic topic = topicUnder("limited");
        MessageConsumer consumer = session(connection).createConsumer(topic);
        Session sender = session();
        MessageProducer producer = sender.createProducer(topic);
        for (int i = 0; i < 20; i++)
            producer.send(sender.createTextMessage("s" + i));
        texts(consumer, "s0", "s1", "s15", "s16", "s17", "s18", "s19");
        fence(sender, topic, consumer);
    }

    public void messages_of_one_producer_keep_their_order() throws Exception {
        Session session = session();
        MessageConsumer consumer = session().createConsumer(topic());
        MessageProducer producer = session.createProducer(topic());
        for (int i = 0; i < 2000; i++)
            producer.send(session.createTextMessage("m" + i));
        for (int i = 0; i < 2000; i++)
            text(consumer, "m" + i);
    }

    public void a_topic_and_a_queue_of_one_name_are_two_things() throws Exception {
        Session session = session();
        MessageConsumer fromTopic = session.createConsumer(topic());
        MessageConsumer fromQueue = session.createConsumer(queue());
        send(session, topic(), "topic");
        send(session, queue(), "queue");
        text(fromQueue, "queue");
        text(fromTopic, "topic");
        fence(session, queue(), fromQueue);
        fence(session, topic(), fromTopic);
    }
}
