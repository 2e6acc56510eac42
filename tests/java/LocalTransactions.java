/* SPDX-License-Identifier: Apache-2.0 */
import java.util.List;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.LocalTransactionId;
import org.apache.activemq.command.TransactionInfo;

/** Transacted sessions. */
final class LocalTransactions extends Area {
    private ActiveMQConnection impatient() throws JMSException {
        ActiveMQConnection connection = connect();
        connection.getRedeliveryPolicy().setInitialRedeliveryDelay(0);
        connection.getRedeliveryPolicy().setRedeliveryDelay(0);
        return connection;
    }

    public void what_is_sent_arrives_only_after_the_commit() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = transacted(connection);
        Session other = session(connection);
        MessageConsumer consumer = other.createConsumer(queue());
        send(session, queue(), "one", "two");
        fence(other, queue(), consumer);
        session.commit();
        texts(consumer, "one", "two");
    }

    public void what_is_rolled_back_never_arrives() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = transacted(connection);
        Session other = session(connection);
        MessageConsumer consumer = other.createConsumer(queue());
        send(session, queue(), "one");
        session.rollback();
        send(session, queue(), "two");
        session.commit();
        text(consumer, "two");
        fence(other, queue(), consumer);
    }

    public void a_transaction_spans_queues_and_topics() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = transacted(connection);
        Session other = session(connection);
        MessageConsumer fromTopic = other.createConsumer(topic());
        MessageConsumer fromQueue = other.createConsumer(queue());
        send(session, topic(), "to the topic");
        send(session, queue(), "to the queue");
        fence(other, topic(), fromTopic);
        session.commit();
        text(fromTopic, "to the topic");
        text(fromQueue, "to the queue");
    }

    public void messages_taken_come_again_after_a_rollback() throws Exception {
        ActiveMQConnection connection = impatient();
        send(session(connection), queue(), "a", "b", "c");
        Session session = transacted(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "a", "b");
        session.rollback();
        for (String text : List.of("a", "b")) {
            Message message = text(consumer, text);
            Check.equal(true, message.getJMSRedelivered());
            Check.equal(2, message.getIntProperty("JMSXDeliveryCount"));
        }
        Check.equal(false, text(consumer, "c").getJMSRedelivered());
        session.commit();
        session.close();
        empty(queue());
    }

    public void messages_taken_are_free_for_others_when_the_consumer_closes_before_the_rollback() throws Exception {
        ActiveMQConnection connection = connect();
        send(session(connection), queue(), "a", "b");
        Session session = transacted(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "a", "b");
        consumer.close();
        session.rollback();
        MessageConsumer next = session(connection).createConsumer(queue());
        Check.equal(true, text(next, "a").getJMSRedelivered());
        text(next, "b");
    }

    public void messages_taken_stay_taken_when_the_consumer_closes_before_the_commit() throws Exception {
        ActiveMQConnection connection = connect();
        send(session(connection), queue(), "a", "b", "c");
        Session session = transacted(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "a", "b");
        consumer.close();
        session.commit();
        session.close();
        text(session(connection).createConsumer(queue()), "c");
    }

    public void a_lost_connection_rolls_back() throws Exception {
        CuttingProxy proxy = closing(new CuttingProxy(broker.port("tcp")));
        ActiveMQConnection lost = open(factory("tcp://127.0.0.1:" + proxy.port()));
        Session session = transacted(lost);
        send(session(), queue("in"), "taken");
        text(session.createConsumer(queue("in")), "taken");
        send(session, queue("out"), "sent");
        proxy.cutAll();
        Session other = session();
        Check.equal(true, text(other.createConsumer(queue("in")), "taken").getJMSRedelivered());
        empty(queue("out"));
    }

    public void a_closed_session_rolls_back() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = transacted(connection);
        send(session(connection), queue("in"), "taken");
        text(session.createConsumer(queue("in")), "taken");
        send(session, queue("out"), "sent");
        session.close();
        text(session(connection).createConsumer(queue("in")), "taken");
        empty(queue("out"));
    }

    public void taking_and_passing_on_is_one_step() throws Exception {
        ActiveMQConnection connection = impatient();
        Session session = transacted(connection);
        send(session(connection), queue("in"), "m");
        MessageConsumer consumer = session.createConsumer(queue("in"));
        MessageProducer producer = session.createProducer(queue("out"));
        producer.send(text(consumer, "m"));
        session.rollback();
        producer.send(text(consumer, "m"));
        session.commit();
        session.close();
        empty(queue("in"));
        Session reader = session(connection);
        MessageConsumer passed = reader.createConsumer(queue("out"));
        text(passed, "m");
        fence(reader, queue("out"), passed);
    }

    public void a_transaction_may_take_many_more_messages_than_the_prefetch() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=10");
        Session sender = transacted(connection);
        MessageProducer producer = sender.createProducer(queue());
        for (int i = 0; i < 500; i++)
            producer.send(sender.createTextMessage("m" + i));
        sender.commit();
        Session session = transacted(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        for (int i = 0; i < 500; i++)
            text(consumer, "m" + i);
        session.commit();
        session.close();
        empty(queue());
    }

    public void many_sends_in_a_transaction_keep_their_order() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = transacted(connection);
        MessageProducer anonymous = session.createProducer(null);
        for (int i = 0; i < 300; i++)
            anonymous.send(i % 2 == 0 ? queue("even") : queue("odd"), session.createTextMessage("m" + i));
        session.commit();
        MessageConsumer even = session.createConsumer(queue("even"));
        MessageConsumer odd = session.createConsumer(queue("odd"));
        for (int i = 0; i < 300; i++)
            text(i % 2 == 0 ? even : odd, "m" + i);
        session.commit();
    }

    public void transactions_of_two_sessions_do_not_mix() throws Exception {
        ActiveMQConnection connection = connect();
        Session first = transacted(connection);
        Session second = transacted(connection);
        send(first, queue(), "first");
        send(second, queue(), "second");
        second.commit();
        first.rollback();
        Session reader = session(connection);
        MessageConsumer consumer = reader.createConsumer(queue());
        text(consumer, "second");
        fence(reader, queue(), consumer);
    }

    public void an_empty_transaction_can_be_committed_and_rolled_back() throws Exception {
        Session session = transacted(connect());
        session.commit();
        session.rollback();
        session.commit();
    }

    public void committing_an_unknown_transaction_is_an_error() throws Exception {
        ActiveMQConnection connection = connect();
        TransactionInfo commit = new TransactionInfo(
            connection.getConnectionInfo().getConnectionId(),
            new LocalTransactionId(connection.getConnectionInfo().getConnectionId(), 77),
            TransactionInfo.COMMIT_ONE_PHASE);
        JMSException problem = Check.throwing(JMSException.class, () -> connection.syncSendPacket(commit));
        Check.contains("Transaction 'TX:", problem.getMessage());
        Check.contains("has not been started.", problem.getMessage());
    }

    public void messages_of_a_topic_come_again_after_a_rollback() throws Exception {
        ActiveMQConnection connection = impatient();
        Session session = transacted(connection);
        MessageConsumer consumer = session.createConsumer(topic());
        send(session(connection), topic(), "a", "b");
        texts(consumer, "a", "b");
        session.rollback();
        texts(consumer, "a", "b");
        session.commit();
        fence(session(connection), topic(), consumer);
        session.commit();
    }
}
