/* SPDX-License-Identifier: Apache-2.0 */
import java.util.List;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import org.apache.activemq.command.ActiveMQMessage;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTopic;

/** Destinations that stand for others, as activemq.xml says. Each configured name is used by one test. */
final class VirtualDestinations extends Area {
    private ActiveMQQueue takers(String who) {
        return new ActiveMQQueue("Consumer." + who + ".VirtualTopic." + name);
    }

    private ActiveMQTopic virtual() {
        return topicUnder("VirtualTopic");
    }

    public void each_queue_of_a_virtual_topic_gets_a_copy() throws Exception {
        Session session = session();
        MessageConsumer a = session.createConsumer(takers("A"));
        MessageConsumer b = session.createConsumer(takers("B"));
        send(session, virtual(), "one", "two");
        texts(a, "one", "two");
        texts(b, "one", "two");
    }

    public void consumers_of_one_queue_of_a_virtual_topic_share_it() throws Exception {
        Session session = session();
        MessageConsumer first = session.createConsumer(takers("A"));
        send(session, virtual(), "one");
        text(first, "one");
        first.close();
        send(session, virtual(), "two");
        MessageConsumer second = session.createConsumer(takers("A"));
        text(second, "two");
        fence(session, takers("A"), second);
    }

    public void a_plain_subscriber_of_a_virtual_topic_gets_its_copy() throws Exception {
        Session session = session();
        MessageConsumer plain = session.createConsumer(virtual());
        MessageConsumer queued = session.createConsumer(takers("A"));
        send(session, virtual(), "one");
        text(plain, "one");
        Message got = text(queued, "one");
        Check.equal(takers("A"), got.getJMSDestination());
        Check.equal(virtual(), ((ActiveMQMessage) got).getOriginalDestination());
    }

    public void a_queue_that_knows_selectors_gets_only_what_a_consumer_picks() throws Exception {
        Session session = session();
        ActiveMQTopic topic = topicUnder("Aware");
        ActiveMQQueue queue = new ActiveMQQueue("Taker.A.Aware." + name);
        MessageConsumer consumer = session.createConsumer(queue, "mine");
        MessageProducer producer = session.createProducer(topic);
        producer.send(session.createTextMessage("not mine"));
        Message mine = session.createTextMessage("mine");
        mine.setBooleanProperty("mine", true);
        producer.send(mine);
        text(consumer, "mine");
        consumer.close();
        empty(queue);
    }

    public void a_virtual_topic_works_in_a_transaction() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(takers("A"));
        Session sender = transacted(connect());
        send(sender, virtual(), "never");
        sender.rollback();
        send(sender, virtual(), "one");
        fence(session, takers("A"), consumer);
        sender.commit();
        text(consumer, "one");
    }

    public void a_composite_queue_sends_to_all_it_names() throws Exception {
        Session session = session();
        MessageConsumer topic = session.createConsumer(new ActiveMQTopic("both.two"));
        ActiveMQQueue composite = new ActiveMQQueue("both.q");
        send(session, composite, "one");
        text(topic, "one");
        text(session.createConsumer(new ActiveMQQueue("both.one")), "one");
        Check.equal("whether it keeps a copy", false,
                session.createBrowser(composite).getEnumeration().hasMoreElements());
    }

    public void a_composite_queue_may_keep_its_own_copy() throws Exception {
        Session session = session();
        send(session, new ActiveMQQueue("keep.q"), "one");
        text(session.createConsumer(new ActiveMQQueue("keep.copy")), "one");
        text(session.createConsumer(new ActiveMQQueue("keep.q")), "one");
    }

    public void a_composite_topic_feeds_a_queue() throws Exception {
        Session session = session();
        send(session, new ActiveMQTopic("both.t"), "one");
        text(session.createConsumer(new ActiveMQQueue("both.three")), "one");
    }

    public void a_composite_queue_filters() throws Exception {
        Session session = session();
        MessageProducer producer = session.createProducer(new ActiveMQQueue("filter.q"));
        for (int size : List.of(1, 9)) {
            Message message = session.createTextMessage("red " + size);
            message.setStringProperty("colour", "red");
            message.setIntProperty("size", size);
            producer.send(message);
        }
        Message blue = session.createTextMessage("blue 7");
        blue.setStringProperty("colour", "blue");
        blue.setIntProperty("size", 7);
        producer.send(blue);
        texts(session.createConsumer(new ActiveMQQueue("filter.red")), "red 1", "red 9");
        texts(session.createConsumer(new ActiveMQQueue("filter.large")), "red 9", "blue 7");
    }
}
