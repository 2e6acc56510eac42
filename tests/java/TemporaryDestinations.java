/* SPDX-License-Identifier: Apache-2.0 */
import javax.jms.Destination;
import javax.jms.InvalidDestinationException;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import javax.jms.TemporaryTopic;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.DestinationDoesNotExistException;
import org.apache.activemq.command.ActiveMQTempQueue;
import org.apache.activemq.command.ProducerId;
import org.apache.activemq.command.ProducerInfo;
import org.apache.activemq.command.SessionInfo;

/** Temporary queues and topics: request and reply, and their end. */
final class TemporaryDestinations extends Area {
    /** Answers each request on the queue to where it asks to be answered. */
    private void serve(Session session) throws JMSException {
        MessageProducer producer = session.createProducer(null);
        session.createConsumer(queue()).setMessageListener(request -> {
            try {
                TextMessage reply = session.createTextMessage("re: " + ((TextMessage) request).getText());
                reply.setJMSCorrelationID(request.getJMSMessageID());
                producer.send(request.getJMSReplyTo(), reply);
            } catch (JMSException problem) {
                throw new IllegalStateException(problem);
            }
        });
    }

    private void ask(Session session, Destination replies, MessageConsumer consumer, String text) throws JMSException {
        TextMessage request = session.createTextMessage(text);
        request.setJMSReplyTo(replies);
        session.createProducer(queue()).send(request);
        Check.equal(request.getJMSMessageID(), text(consumer, "re: " + text).getJMSCorrelationID());
    }

    public void a_request_is_answered_on_a_temporary_queue() throws Exception {
        serve(session());
        Session session = session();
        TemporaryQueue replies = session.createTemporaryQueue();
        MessageConsumer consumer = session.createConsumer(replies);
        for (int i = 0; i < 50; i++)
            ask(session, replies, consumer, "question " + i);
    }

    public void a_request_is_answered_on_a_temporary_topic() throws Exception {
        serve(session());
        Session session = session();
        TemporaryTopic replies = session.createTemporaryTopic();
        MessageConsumer consumer = session.createConsumer(replies);
        ask(session, replies, consumer, "question");
    }

    public void a_client_that_watches_no_advisories_gets_its_answers_too() throws Exception {
        serve(session(connect("?jms.watchTopicAdvisories=false")));
        Session session = session(connect("?jms.watchTopicAdvisories=false"));
        TemporaryQueue replies = session.createTemporaryQueue();
        ask(session, replies, session.createConsumer(replies), "question");
    }

    public void a_new_temporary_queue_for_each_request_works() throws Exception {
        serve(session());
        Session session = session();
        for (int i = 0; i < 30; i++) {
            TemporaryQueue replies = session.createTemporaryQueue();
            MessageConsumer consumer = session.createConsumer(replies);
            ask(session, replies, consumer, "question " + i);
            consumer.close();
            replies.delete();
        }
    }

    public void temporary_names_begin_with_the_connection() throws Exception {
        ActiveMQConnection connection = connect();
        TemporaryQueue queue = session(connection).createTemporaryQueue();
        Check.contains(connection.getConnectionInfo().getConnectionId().getValue() + ":", queue.getQueueName());
    }

    public void what_waits_in_a_temporary_queue_is_delivered() throws Exception {
        Session session = session();
        TemporaryQueue queue = session.createTemporaryQueue();
        send(session, queue, "a", "b");
        texts(session.createConsumer(queue), "a", "b");
    }

    public void another_connection_cannot_consume_from_a_temporary_queue() throws Exception {
        TemporaryQueue queue = session().createTemporaryQueue();
        Session foreign = session();
        Check.throwing(InvalidDestinationException.class, () -> foreign.createConsumer(queue));
    }

    /** Knows a producer by the broker's answer, not by what the client itself has learnt. */
    private JMSException refusedProducer(ActiveMQTempQueue queue) throws Exception {
        ActiveMQConnection connection = connect();
        SessionInfo session = new SessionInfo(connection.getConnectionInfo(), 7007);
        connection.syncSendPacket(session);
        ProducerInfo producer = new ProducerInfo(new ProducerId(session.getSessionId(), 1));
        producer.setDestination(queue);
        return Check.throwing(DestinationDoesNotExistException.class, () -> connection.syncSendPacket(producer));
    }

    public void a_producer_for_a_temporary_queue_that_is_gone_is_refused() throws Exception {
        Session session = session();
        TemporaryQueue queue = session.createTemporaryQueue();
        queue.delete();
        JMSException problem = refusedProducer((ActiveMQTempQueue) queue);
        Check.contains("temp-queue://" + queue.getQueueName(), problem.getMessage());
    }

    /** By the broker at first, and by the client itself once it has learnt of the end. */
    private static void untilRefused(Session session, TemporaryQueue queue) throws Exception {
        MessageProducer producer = session.createProducer(null);
        Check.until("sending is refused by the client", () -> {
            try {
                producer.send(queue, session.createTextMessage("in vain"));
                return false;
            } catch (DestinationDoesNotExistException gone) {
                return false;
            } catch (InvalidDestinationException gone) {
                return true;
            }
        });
    }

    public void a_client_learns_that_a_temporary_queue_of_another_is_gone() throws Exception {
        ActiveMQConnection owner = connect();
        TemporaryQueue queue = session(owner).createTemporaryQueue();
        Session session = session();
        sendOnceKnown(session, queue, "works");
        owner.close();
        untilRefused(session, queue);
    }

    public void a_temporary_queue_goes_with_its_connection() throws Exception {
        ActiveMQConnection owner = connect();
        TemporaryQueue queue = session(owner).createTemporaryQueue();
        owner.close();
        refusedProducer((ActiveMQTempQueue) queue);
    }

    public void a_temporary_queue_goes_when_the_socket_of_its_connection_is_lost() throws Exception {
        CuttingProxy proxy = closing(new CuttingProxy(broker.port("tcp")));
        ActiveMQConnection owner = open(factory("tcp://127.0.0.1:" + proxy.port()));
        TemporaryQueue queue = session(owner).createTemporaryQueue();
        Session session = session();
        sendOnceKnown(session, queue, "works");
        proxy.cutAll();
        untilRefused(session, queue);
    }

    public void a_deleted_temporary_queue_has_lost_its_messages() throws Exception {
        Session session = session();
        TemporaryQueue first = session.createTemporaryQueue();
        send(session, first, "lost");
        first.delete();
        TemporaryQueue second = session.createTemporaryQueue();
        Check.that("the names differ", !first.getQueueName().equals(second.getQueueName()));
        fence(session, second, session.createConsumer(second));
    }

    public void a_temporary_queue_with_a_consumer_is_not_deleted() throws Exception {
        Session session = session();
        TemporaryQueue queue = session.createTemporaryQueue();
        MessageConsumer consumer = session.createConsumer(queue);
        Check.throwing(JMSException.class, queue::delete);
        fence(session, queue, consumer);
        consumer.close();
        queue.delete();
    }

    public void messages_on_a_temporary_topic_reach_all_its_consumers() throws Exception {
        ActiveMQConnection connection = connect();
        TemporaryTopic topic = session(connection).createTemporaryTopic();
        MessageConsumer first = session(connection).createConsumer(topic);
        MessageConsumer second = session(connection).createConsumer(topic);
        Session foreign = session();
        sendOnceKnown(foreign, topic, "to both");
        text(first, "to both");
        text(second, "to both");
    }

    public void a_reply_destination_that_is_temporary_keeps_its_kind() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        for (Destination replyTo : new Destination[] {session.createTemporaryQueue(), session.createTemporaryTopic()}) {
            Message message = session.createMessage();
            message.setJMSReplyTo(replyTo);
            session.createProducer(queue()).send(message);
            Check.equal(replyTo, take(consumer).getJMSReplyTo());
        }
    }
}
