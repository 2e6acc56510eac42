/* SPDX-License-Identifier: Apache-2.0 */
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.jms.DeliveryMode;
import javax.jms.JMSException;
import javax.jms.JMSSecurityException;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTopic;

/** Who may read, write and create, as secured.xml says. */
final class Authorisation extends Area {
    private ActiveMQConnection as(String user) throws JMSException {
        ActiveMQConnectionFactory factory = factory(broker.url("tcp", "secured", ""));
        ActiveMQConnection connection = closing((ActiveMQConnection) factory.createConnection(user, user + "-pass"));
        connection.start();
        return connection;
    }

    private static void refused(String text, Check.Action action) {
        JMSSecurityException problem = Check.throwing(JMSSecurityException.class, action);
        Check.equal("the text", text, problem.getMessage());
    }

    public void who_may_write_and_who_may_read_can_talk() throws Exception {
        ActiveMQQueue queue = queueUnder("shared");
        MessageConsumer consumer = session(as("reader")).createConsumer(queue);
        send(session(as("writer")), queue, "through");
        text(consumer, "through");
    }

    public void who_may_not_read_is_refused() throws Exception {
        ActiveMQConnection connection = as("writer");
        ActiveMQQueue queue = queueUnder("shared");
        refused("User writer is not authorized to read from: " + queue.getQualifiedName(),
                () -> session(connection).createConsumer(queue));
        send(session(connection), queue, "and goes on");
    }

    public void who_may_not_write_is_refused_when_the_producer_is_made() throws Exception {
        ActiveMQConnection connection = as("reader");
        ActiveMQQueue queue = queueUnder("shared");
        refused("User reader is not authorized to write to: " + queue.getQualifiedName(),
                () -> session(connection).createProducer(queue));
        session(connection).createConsumer(queue);
    }

    public void who_may_not_write_is_refused_when_an_anonymous_producer_sends() throws Exception {
        ActiveMQTopic topic = topicUnder("shared");
        Session session = session(as("reader"));
        MessageProducer producer = session.createProducer(null);
        refused("User reader is not authorized to write to: " + topic.getQualifiedName(),
                () -> producer.send(topic, session.createTextMessage("no")));
    }

    public void an_asynchronous_send_that_is_refused_is_told_to_the_listener() throws Exception {
        ActiveMQConnection connection = as("reader");
        BlockingQueue<JMSException> told = new LinkedBlockingQueue<>();
        connection.setExceptionListener(told::add);
        Session session = session(connection);
        MessageProducer producer = session.createProducer(null);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        producer.send(topicUnder("shared"), session.createTextMessage("no"));
        JMSException problem = told.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        Check.that("the listener is told", problem != null);
        Check.contains("User reader is not authorized to write to: topic://shared.", problem.getMessage());
        MessageConsumer consumer = session.createConsumer(queueUnder("shared"));
        send(session(as("writer")), queueUnder("shared"), "the connection goes on");
        text(consumer, "the connection goes on");
    }

    public void who_may_not_create_is_refused() throws Exception {
        ActiveMQQueue queue = queueUnder("fixed");
        refused("User reader is not authorized to create: " + queue.getQualifiedName(),
                () -> session(as("reader")).createConsumer(queue));
        refused("User writer is not authorized to create: " + queue.getQualifiedName(),
                () -> session(as("writer")).createProducer(queue));
    }

    public void a_destination_without_an_entry_of_its_own_is_for_administrators() throws Exception {
        send(session(as("admin")), queue(), "mine");
        refused("User reader is not authorized to read from: " + queue().getQualifiedName(),
                () -> session(as("reader")).createConsumer(queue()));
        refused("User writer is not authorized to write to: " + queue().getQualifiedName(),
                () -> session(as("writer")).createProducer(queue()));
        text(session(as("admin")).createConsumer(queue()), "mine");
    }

    public void who_may_not_browse_is_refused() throws Exception {
        ActiveMQQueue queue = queueUnder("shared");
        Session session = session(as("writer"));
        refused("User writer is not authorized to read from: " + queue.getQualifiedName(),
                () -> session.createBrowser(queue).getEnumeration());
    }

    public void who_may_not_create_temporary_queues_is_refused() throws Exception {
        Session session = session(as("writer"));
        JMSSecurityException problem = Check.throwing(JMSSecurityException.class, session::createTemporaryQueue);
        Check.contains("User writer is not authorized to create: temp-queue://", problem.getMessage());
    }

    public void who_may_use_temporary_queues_gets_answers() throws Exception {
        Session session = session(as("reader"));
        TemporaryQueue queue = session.createTemporaryQueue();
        MessageConsumer consumer = session.createConsumer(queue);
        sendOnceKnown(session(as("admin")), queue, "answer");
        text(consumer, "answer");
    }

    public void destroying_needs_the_right_to_administer() throws Exception {
        send(session(as("admin")), queue(), "here");
        JMSSecurityException problem = Check.throwing(
            JMSSecurityException.class, () -> as("writer").destroyDestination(queue()));
        Check.equal("User writer is not authorized to remove: " + queue().getQualifiedName(), problem.getMessage());
        as("admin").destroyDestination(queue());
    }

    public void the_broker_says_who_sent() throws Exception {
        ActiveMQQueue queue = queueUnder("shared");
        MessageConsumer consumer = session(as("reader")).createConsumer(queue);
        Session session = session(as("writer"));
        javax.jms.Message message = session.createTextMessage("signed");
        message.setStringProperty("JMSXUserID", "somebody else");
        session.createProducer(queue).send(message);
        Check.equal("writer", text(consumer, "signed").getStringProperty("JMSXUserID"));
    }

    public void a_transaction_with_a_send_that_is_refused_does_not_stop_the_session() throws Exception {
        Session session = transacted(as("writer"));
        MessageProducer producer = session.createProducer(null);
        producer.send(queueUnder("shared"), session.createTextMessage("one"));
        session.commit();
        text(session(as("reader")).createConsumer(queueUnder("shared")), "one");
    }
}
