/* SPDX-License-Identifier: Apache-2.0 */
import java.util.HashSet;
import java.util.Set;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ScheduledMessage;
import org.apache.activemq.command.ActiveMQDestination;

/** Messages for later. That something is late enough is measured by the broker's own clock. */
final class Scheduling extends Area {
    private Message delayed(Session session, String text, long delayMs) throws JMSException {
        TextMessage message = session.createTextMessage(text);
        message.setLongProperty(ScheduledMessage.AMQ_SCHEDULED_DELAY, delayMs);
        return message;
    }

    public void a_delayed_message_comes_when_its_delay_is_over_and_not_before() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        long began = System.currentTimeMillis();
        session.createProducer(queue()).send(delayed(session, "later", 1500));
        send(session, queue(), "now");
        text(consumer, "now");
        Message got = text(consumer, "later");
        Check.that("it came late enough", System.currentTimeMillis() - began >= 1500);
        Check.that("it has the id of its job", got.getStringProperty("scheduledJobId") != null);
        Check.equal(false, got.propertyExists(ScheduledMessage.AMQ_SCHEDULED_DELAY));
    }

    public void delayed_messages_come_in_the_order_of_their_time() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        session.createProducer(queue()).send(delayed(session, "second", 4000));
        session.createProducer(queue()).send(delayed(session, "first", 1000));
        texts(consumer, "first", "second");
    }

    public void a_repeated_message_comes_as_often_as_it_says() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        Message message = delayed(session, "again", 500);
        message.setLongProperty(ScheduledMessage.AMQ_SCHEDULED_PERIOD, 500);
        message.setIntProperty(ScheduledMessage.AMQ_SCHEDULED_REPEAT, 2);
        session.createProducer(queue()).send(message);
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 3; i++)
            ids.add(text(consumer, "again").getJMSMessageID());
        Check.equal(3, ids.size());
        session.createProducer(queue()).send(delayed(session, "fence", 2000));
        text(consumer, "fence");
    }

    public void a_topic_can_be_the_destination() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(topic());
        session.createProducer(topic()).send(delayed(session, "later", 500));
        text(consumer, "later");
    }

    public void a_delayed_message_in_a_transaction_is_scheduled_by_the_commit() throws Exception {
        Session session = transacted(connect());
        MessageConsumer consumer = session().createConsumer(queue());
        session.createProducer(queue()).send(delayed(session, "never", 300));
        session.rollback();
        session.createProducer(queue()).send(delayed(session, "later", 1000));
        session.commit();
        text(consumer, "later");
    }

    public void a_delayed_message_keeps_its_body_properties_and_headers() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        Message message = delayed(session, "\u20ac \ud83d\ude00", 300);
        message.setStringProperty("kept", "yes");
        message.setJMSCorrelationID("id");
        message.setJMSReplyTo(queue("reply"));
        session.createProducer(queue()).send(message);
        Message got = text(consumer, "\u20ac \ud83d\ude00");
        Check.equal("yes", got.getStringProperty("kept"));
        Check.equal("id", got.getJMSCorrelationID());
        Check.equal(queue("reply"), got.getJMSReplyTo());
    }

    public void a_browse_of_the_scheduler_shows_the_job_and_a_remove_ends_it() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        session.createProducer(queue()).send(delayed(session, "never " + name, 600_000));
        String job = browse(session, "never " + name);
        Message remove = session.createMessage();
        remove.setStringProperty(ScheduledMessage.AMQ_SCHEDULER_ACTION, ScheduledMessage.AMQ_SCHEDULER_ACTION_REMOVE);
        remove.setStringProperty(ScheduledMessage.AMQ_SCHEDULED_ID, job);
        session.createProducer(session.createTopic(ScheduledMessage.AMQ_SCHEDULER_MANAGEMENT_DESTINATION)).send(remove);
        Check.until("the job is gone", () -> browse(session, "never " + name) == null);
        fence(session, queue(), consumer);
    }

    /** The id of the job whose message has this text, or null. */
    private String browse(Session session, String text) throws JMSException {
        ActiveMQDestination replies = (ActiveMQDestination) session.createTemporaryQueue();
        MessageConsumer consumer = session.createConsumer(replies);
        Message browse = session.createMessage();
        browse.setStringProperty(ScheduledMessage.AMQ_SCHEDULER_ACTION, ScheduledMessage.AMQ_SCHEDULER_ACTION_BROWSE);
        browse.setJMSReplyTo(replies);
        session.createProducer(session.createTopic(ScheduledMessage.AMQ_SCHEDULER_MANAGEMENT_DESTINATION)).send(browse);
        send(session, replies, "end");
        String found = null;
        for (Message message = take(consumer); !isEnd(message); message = take(consumer)) {
            if (message instanceof TextMessage job && text.equals(job.getText()))
                found = job.getStringProperty(ScheduledMessage.AMQ_SCHEDULED_ID);
        }
        consumer.close();
        return found;
    }

    private static boolean isEnd(Message message) throws JMSException {
        return message instanceof TextMessage text && "end".equals(text.getText());
    }
}
