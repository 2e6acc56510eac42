/* SPDX-License-Identifier: Apache-2.0 */
import javax.jms.InvalidDestinationException;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TopicSubscriber;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.ActiveMQTopic;

/** Subscriptions that outlive their connection. */
final class DurableSubscriptions extends Area {
    private ActiveMQConnection client() throws JMSException {
        return client("client");
    }

    private ActiveMQConnection client(String part) throws JMSException {
        ActiveMQConnection connection = idle(factory(broker.tcp("")));
        connection.setClientID(name + "-" + part);
        connection.start();
        return connection;
    }

    /** Subscribes once, so that from now on messages are kept. */
    private void register(ActiveMQTopic topic, String selector) throws JMSException {
        ActiveMQConnection connection = client();
        session(connection).createDurableSubscriber(topic, "sub", selector, false);
        connection.close();
    }

    public void what_was_sent_while_the_subscriber_was_away_is_delivered() throws Exception {
        register(topic(), null);
        send(session(), topic(), "a", "b", "c");
        ActiveMQConnection connection = client();
        Session session = session(connection);
        MessageConsumer consumer = session.createDurableSubscriber(topic(), "sub");
        texts(consumer, "a", "b", "c");
        fence(session, topic(), consumer);
    }

    public void non_persistent_messages_are_kept_as_well() throws Exception {
        register(topic(), null);
        Session session = session();
        MessageProducer producer = session.createProducer(topic());
        producer.setDeliveryMode(javax.jms.DeliveryMode.NON_PERSISTENT);
        producer.send(session.createTextMessage("light"));
        text(session(client()).createDurableSubscriber(topic(), "sub"), "light");
    }

    public void what_was_acknowledged_does_not_come_again() throws Exception {
        register(topic(), null);
        send(session(), topic(), "a", "b");
        ActiveMQConnection first = client();
        text(session(first).createDurableSubscriber(topic(), "sub"), "a");
        first.close();
        Message message = text(session(client()).createDurableSubscriber(topic(), "sub"), "b");
        Check.equal(false, message.getJMSRedelivered());
    }

    public void what_was_not_acknowledged_comes_again() throws Exception {
        register(topic(), null);
        send(session(), topic(), "a", "b");
        ActiveMQConnection first = client();
        Session session = first.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        text(session.createDurableSubscriber(topic(), "sub"), "a");
        first.close();
        MessageConsumer again = session(client()).createDurableSubscriber(topic(), "sub");
        Check.equal(true, text(again, "a").getJMSRedelivered());
        text(again, "b");
    }

    public void a_closed_subscriber_can_be_opened_again_on_the_same_connection() throws Exception {
        Session session = session(client());
        session.createDurableSubscriber(topic(), "sub").close();
        send(session, topic(), "between");
        MessageConsumer consumer = session.createDurableSubscriber(topic(), "sub");
        text(consumer, "between");
    }

    public void only_what_the_selector_picks_is_kept() throws Exception {
        register(topic(), "colour = 'red'");
        Session session = session();
        MessageProducer producer = session.createProducer(topic());
        for (String colour : new String[] {"red", "blue", "red"}) {
            Message message = session.createTextMessage(colour);
            message.setStringProperty("colour", colour);
            producer.send(message);
        }
        texts(session(client()).createDurableSubscriber(topic(), "sub", "colour = 'red'", false), "red", "red");
    }

    public void another_selector_makes_a_new_subscription() throws Exception {
        register(topic(), "colour = 'red'");
        Session session = session();
        Message message = session.createTextMessage("lost");
        message.setStringProperty("colour", "red");
        session.createProducer(topic()).send(message);
        Session mine = session(client());
        MessageConsumer consumer = mine.createDurableSubscriber(topic(), "sub", "TRUE", false);
        fence(mine, topic(), consumer);
    }

    public void another_topic_makes_a_new_subscription() throws Exception {
        register(topic("a"), null);
        send(session(), topic("a"), "lost");
        Session mine = session(client());
        MessageConsumer consumer = mine.createDurableSubscriber(topic("b"), "sub");
        send(mine, topic("a"), "not for this one");
        fence(mine, topic("b"), consumer);
    }

    public void an_unsubscribed_subscriber_gets_nothing_more() throws Exception {
        register(topic(), null);
        send(session(), topic(), "lost");
        Session session = session(client());
        session.unsubscribe("sub");
        send(session, topic(), "lost as well");
        fence(session, topic(), session.createDurableSubscriber(topic(), "sub"));
    }

    public void unsubscribing_an_active_subscriber_is_refused() throws Exception {
        Session session = session(client());
        session.createDurableSubscriber(topic(), "sub");
        JMSException problem = Check.throwing(JMSException.class, () -> session.unsubscribe("sub"));
        Check.equal("Durable consumer is in use", problem.getMessage());
    }

    public void unsubscribing_an_unknown_subscriber_is_refused() throws Exception {
        Session session = session(client());
        InvalidDestinationException problem =
            Check.throwing(InvalidDestinationException.class, () -> session.unsubscribe("nobody"));
        Check.equal("No durable subscription exists for clientID: " + name + "-client and subscriptionName: nobody",
                    problem.getMessage());
    }

    public void a_subscription_has_one_active_subscriber() throws Exception {
        ActiveMQConnection connection = client();
        session(connection).createDurableSubscriber(topic(), "sub");
        JMSException problem = Check.throwing(JMSException.class,
                                              () -> session(connection).createDurableSubscriber(topic(), "sub"));
        Check.equal("Durable consumer is in use for client: " + name + "-client and subscriptionName: sub",
                    problem.getMessage());
    }

    public void subscriptions_of_one_client_and_of_others_are_apart() throws Exception {
        ActiveMQConnection one = client("one");
        ActiveMQConnection two = client("two");
        MessageConsumer a = session(one).createDurableSubscriber(topic(), "a");
        MessageConsumer b = session(one).createDurableSubscriber(topic(), "b");
        MessageConsumer c = session(two).createDurableSubscriber(topic(), "a");
        send(session(), topic(), "to each");
        text(a, "to each");
        text(b, "to each");
        text(c, "to each");
    }

    public void a_subscriber_without_local_messages_keeps_none_of_its_connection() throws Exception {
        ActiveMQConnection connection = client();
        Session session = session(connection);
        TopicSubscriber consumer = session.createDurableSubscriber(topic(), "sub", null, true);
        send(session, topic(), "own");
        send(session(), topic(), "foreign");
        text(consumer, "foreign");
    }

    public void a_wildcard_subscription_keeps_from_every_topic() throws Exception {
        register(topic(">"), null);
        Session session = session();
        send(session, topic("a"), "a");
        send(session, topic("b.c"), "b.c");
        MessageConsumer consumer = session(client()).createDurableSubscriber(topic(">"), "sub");
        java.util.Set<String> got = new java.util.TreeSet<>(drain(consumer, 2));
        Check.equal(java.util.Set.of("a", "b.c"), got);
    }

    public void the_acknowledgement_in_a_transaction_counts_from_the_commit() throws Exception {
        register(topic(), null);
        send(session(), topic(), "a", "b");
        ActiveMQConnection first = client();
        Session session = transacted(first);
        MessageConsumer consumer = session.createDurableSubscriber(topic(), "sub");
        text(consumer, "a");
        session.commit();
        text(consumer, "b");
        first.close();
        text(session(client()).createDurableSubscriber(topic(), "sub"), "b");
    }

    public void a_thousand_messages_wait_for_the_subscriber() throws Exception {
        register(topic(), null);
        Session session = session();
        MessageProducer producer = session.createProducer(topic());
        for (int i = 0; i < 1000; i++)
            producer.send(session.createTextMessage("m" + i));
        MessageConsumer consumer = session(client()).createDurableSubscriber(topic(), "sub");
        for (int i = 0; i < 1000; i++)
            text(consumer, "m" + i);
    }

    public void a_subscription_can_take_over_after_its_socket_is_lost() throws Exception {
        CuttingProxy proxy = closing(new CuttingProxy(broker.port("tcp")));
        ActiveMQConnection lost = idle(factory("tcp://127.0.0.1:" + proxy.port()));
        lost.setClientID(name + "-client");
        lost.start();
        Session session = lost.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        MessageConsumer consumer = session.createDurableSubscriber(topic(), "sub");
        send(session, topic(), "a");
        text(consumer, "a");
        proxy.cutAll();
        ActiveMQConnection[] next = new ActiveMQConnection[1];
        Check.until("the client id is free", () -> {
            try {
                next[0] = client();
                return true;
            } catch (javax.jms.InvalidClientIDException still) {
                return false;
            }
        });
        Check.equal(true, text(session(next[0]).createDurableSubscriber(topic(), "sub"), "a").getJMSRedelivered());
    }
}
