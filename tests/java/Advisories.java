/* SPDX-License-Identifier: Apache-2.0 */
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.jms.DeliveryMode;
import javax.jms.Destination;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.advisory.AdvisorySupport;
import org.apache.activemq.advisory.ConsumerEvent;
import org.apache.activemq.advisory.ConsumerEventSource;
import org.apache.activemq.advisory.DestinationSource;
import org.apache.activemq.advisory.ProducerEvent;
import org.apache.activemq.advisory.ProducerEventSource;
import org.apache.activemq.command.ActiveMQDestination;
import org.apache.activemq.command.ActiveMQMessage;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTopic;
import org.apache.activemq.command.ConnectionInfo;
import org.apache.activemq.command.ConsumerInfo;
import org.apache.activemq.command.DataStructure;
import org.apache.activemq.command.DestinationInfo;
import org.apache.activemq.command.ProducerInfo;
import org.apache.activemq.command.RemoveInfo;

/** What the broker tells about itself on ActiveMQ.Advisory topics. */
final class Advisories extends Area {
    private MessageConsumer advisories(Destination topic) throws JMSException {
        return session().createConsumer(topic);
    }

    /** The next advisory whose structure is of a kind and fits; those of other tests are passed over. */
    private static <T extends DataStructure> ActiveMQMessage next(MessageConsumer consumer, Class<T> kind,
                                                                   Predicate<T> fits) throws JMSException {
        while (true) {
            ActiveMQMessage message = (ActiveMQMessage) take(consumer);
            Check.equal("Advisory", message.getJMSType());
            DataStructure structure = message.getDataStructure();
            if (kind.isInstance(structure) && fits.test(kind.cast(structure)))
                return message;
        }
    }

    private static void comesAndGoes(MessageConsumer consumer, ActiveMQDestination destination, Check.Action make,
                                     Check.Action remove) throws Exception {
        make.run();
        ActiveMQMessage added =
                next(consumer, DestinationInfo.class, info -> info.getDestination().equals(destination));
        Check.equal(true, ((DestinationInfo) added.getDataStructure()).isAddOperation());
        Check.equal("jms", added.getStringProperty("originBrokerName"));
        Check.that("there is the broker's id", added.getStringProperty("originBrokerId") != null);
        Check.contains("://", added.getStringProperty("originBrokerURL"));
        Check.equal(DeliveryMode.NON_PERSISTENT, added.getJMSDeliveryMode());
        remove.run();
        ActiveMQMessage gone = next(consumer, DestinationInfo.class, info -> info.getDestination().equals(destination));
        Check.equal(true, ((DestinationInfo) gone.getDataStructure()).isRemoveOperation());
    }

    public void a_queue_that_comes_and_goes_is_told() throws Exception {
        ActiveMQConnection connection = connect();
        comesAndGoes(advisories(AdvisorySupport.getDestinationAdvisoryTopic(queue())), queue(),
                     () -> send(session(connection), queue(), "first"), () -> connection.destroyDestination(queue()));
    }

    public void a_topic_that_comes_and_goes_is_told() throws Exception {
        ActiveMQConnection connection = connect();
        comesAndGoes(advisories(AdvisorySupport.getDestinationAdvisoryTopic(topic())), topic(),
                     () -> send(session(connection), topic(), "first"), () -> connection.destroyDestination(topic()));
    }

    public void a_temporary_queue_that_comes_and_goes_is_told() throws Exception {
        MessageConsumer consumer = advisories(new ActiveMQTopic("ActiveMQ.Advisory.TempQueue"));
        ActiveMQConnection connection = connect();
        String prefix = connection.getConnectionInfo().getConnectionId().getValue() + ":";
        TemporaryQueue queue = session(connection).createTemporaryQueue();
        next(consumer, DestinationInfo.class, info -> info.isAddOperation() &&
            info.getDestination().getPhysicalName().startsWith(prefix));
        queue.delete();
        next(consumer, DestinationInfo.class, info -> info.isRemoveOperation() &&
            info.getDestination().equals(queue));
    }

    public void queues_that_are_already_there_are_told_to_a_new_consumer() throws Exception {
        send(session(), queue(), "first");
        MessageConsumer consumer = advisories(new ActiveMQTopic("ActiveMQ.Advisory.Queue"));
        ActiveMQMessage told = next(consumer, DestinationInfo.class, info -> info.getDestination().equals(queue()));
        Check.equal(true, ((DestinationInfo) told.getDataStructure()).isAddOperation());
    }

    public void a_connection_that_comes_and_goes_is_told() throws Exception {
        MessageConsumer consumer = advisories(AdvisorySupport.getConnectionAdvisoryTopic());
        ActiveMQConnection connection = idle(factory(broker.tcp("")));
        connection.setClientID(name);
        connection.start();
        ActiveMQMessage added = next(consumer, ConnectionInfo.class, info -> name.equals(info.getClientId()));
        ConnectionInfo info = (ConnectionInfo) added.getDataStructure();
        Check.equal(connection.getConnectionInfo().getConnectionId(), info.getConnectionId());
        Check.contains("127.0.0.1", info.getClientIp());
        connection.close();
        next(consumer, RemoveInfo.class, remove -> remove.getObjectId().equals(info.getConnectionId()));
    }

    public void a_password_is_never_told() throws Exception {
        MessageConsumer consumer = advisories(AdvisorySupport.getConnectionAdvisoryTopic());
        ActiveMQConnection connection =
                closing((ActiveMQConnection) factory(broker.tcp("")).createConnection("u", "secret"));
        connection.setClientID(name);
        connection.start();
        ActiveMQMessage added = next(consumer, ConnectionInfo.class, info -> name.equals(info.getClientId()));
        ConnectionInfo info = (ConnectionInfo) added.getDataStructure();
        Check.equal("u", info.getUserName());
        Check.that("the password is not there", info.getPassword() == null || info.getPassword().isEmpty());
    }

    private void consumersAreTold(ActiveMQDestination destination) throws Exception {
        MessageConsumer consumer = advisories(AdvisorySupport.getConsumerAdvisoryTopic(destination));
        Session session = session();
        MessageConsumer first = session.createConsumer(destination, "a = 1");
        ActiveMQMessage added = next(consumer, ConsumerInfo.class, info -> true);
        Check.equal(1, added.getIntProperty("consumerCount"));
        ConsumerInfo info = (ConsumerInfo) added.getDataStructure();
        Check.equal(destination, info.getDestination());
        Check.equal("a = 1", info.getSelector());
        MessageConsumer second = session.createConsumer(destination);
        Check.equal(2, next(consumer, ConsumerInfo.class, other -> true).getIntProperty("consumerCount"));
        first.close();
        ActiveMQMessage gone = next(consumer, RemoveInfo.class, remove -> true);
        Check.equal(info.getConsumerId(), ((RemoveInfo) gone.getDataStructure()).getObjectId());
        Check.equal(1, gone.getIntProperty("consumerCount"));
        second.close();
        Check.equal(0, next(consumer, RemoveInfo.class, remove -> true).getIntProperty("consumerCount"));
    }

    public void consumers_of_a_queue_are_told_and_counted() throws Exception {
        consumersAreTold(queue());
    }

    public void consumers_of_a_topic_are_told_and_counted() throws Exception {
        consumersAreTold(topic());
    }

    public void producers_of_a_queue_are_told_and_counted() throws Exception {
        MessageConsumer consumer = advisories(AdvisorySupport.getProducerAdvisoryTopic((Destination) queue()));
        MessageProducer first = session().createProducer(queue());
        ActiveMQMessage added = next(consumer, ProducerInfo.class, info -> true);
        Check.equal(1, added.getIntProperty("producerCount"));
        Check.equal(queue(), ((ProducerInfo) added.getDataStructure()).getDestination());
        first.close();
        Check.equal(0, next(consumer, RemoveInfo.class, remove -> true).getIntProperty("producerCount"));
    }

    public void the_client_keeps_a_list_of_all_queues_and_topics() throws Exception {
        send(session(), queue("before"), "first");
        DestinationSource source = connect().getDestinationSource();
        Check.until("it knows the queue that was there", () -> source.getQueues().contains(queue("before")));
        send(session(), queue("after"), "first");
        send(session(), topic("after"), "first");
        Check.until("it knows the queue that came", () -> source.getQueues().contains(queue("after")));
        Check.until("it knows the topic that came", () -> source.getTopics().contains(topic("after")));
        connect().destroyDestination(queue("after"));
        Check.until("it knows that the queue has gone", () -> !source.getQueues().contains(queue("after")));
    }

    public void the_client_is_told_of_consumers_by_its_event_source() throws Exception {
        ActiveMQConnection connection = connect();
        MessageConsumer early = session(connection).createConsumer(queue());
        BlockingQueue<ConsumerEvent> events = new LinkedBlockingQueue<>();
        ConsumerEventSource source = new ConsumerEventSource(connection, (Destination) queue());
        source.setConsumerListener(events::add);
        source.start();
        ConsumerEvent event = events.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        Check.that("the consumer that was there is told", event.isStarted());
        Check.equal(1, event.getConsumerCount());
        early.close();
        event = events.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        Check.equal(false, event.isStarted());
        Check.equal(0, event.getConsumerCount());
        source.stop();
    }

    public void the_client_is_told_of_producers_by_its_event_source() throws Exception {
        ActiveMQConnection connection = connect();
        BlockingQueue<ProducerEvent> events = new LinkedBlockingQueue<>();
        ProducerEventSource source = new ProducerEventSource(connection, (Destination) queue());
        source.setProducerListener(events::add);
        source.start();
        MessageProducer producer = session(connection).createProducer(queue());
        ProducerEvent event = events.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        Check.that("it is told", event.isStarted());
        Check.equal(1, event.getProducerCount());
        producer.close();
        event = events.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        Check.equal(false, event.isStarted());
        source.stop();
    }

    public void a_message_that_expires_is_told() throws Exception {
        MessageConsumer consumer = advisories(AdvisorySupport.getExpiredMessageTopic((Destination) queue()));
        Session session = session();
        Message message = session.createTextMessage("late");
        session.createProducer(queue()).send(message, DeliveryMode.PERSISTENT, 4, 1);
        Check.until("its time is over", () -> System.currentTimeMillis() > message.getJMSExpiration());
        fence(session, queue(), session.createConsumer(queue()));
        ActiveMQMessage told = (ActiveMQMessage) take(consumer);
        Check.equal(message.getJMSMessageID(), told.getStringProperty(AdvisorySupport.MSG_PROPERTY_MESSAGE_ID));
    }

    public void a_message_that_is_dead_lettered_is_told() throws Exception {
        ActiveMQQueue queue = queueUnder("ind");
        MessageConsumer consumer = advisories(AdvisorySupport.getMessageDLQdAdvisoryTopic(queue));
        ActiveMQConnection connection = connect();
        connection.getRedeliveryPolicy().setMaximumRedeliveries(0);
        Session session = transacted(connection);
        send(session, queue, "dying");
        session.commit();
        text(session.createConsumer(queue), "dying");
        session.rollback();
        take(consumer);
    }

    public void a_delivered_and_a_consumed_message_are_told_where_the_policy_says_so() throws Exception {
        ActiveMQQueue queue = queueUnder("told");
        MessageConsumer delivered = advisories(AdvisorySupport.getMessageDeliveredAdvisoryTopic((Destination) queue));
        MessageConsumer consumed = advisories(AdvisorySupport.getMessageConsumedAdvisoryTopic((Destination) queue));
        Session session = session();
        Message sent = session.createTextMessage("told");
        session.createProducer(queue).send(sent);
        text(session.createConsumer(queue), "told");
        for (MessageConsumer consumer : new MessageConsumer[] {delivered, consumed})
            Check.equal(sent.getJMSMessageID(),
                        ((ActiveMQMessage) take(consumer)).getStringProperty(AdvisorySupport.MSG_PROPERTY_MESSAGE_ID));
    }

    public void a_message_that_nobody_hears_is_told_where_the_policy_says_so() throws Exception {
        ActiveMQTopic topic = topicUnder("told");
        MessageConsumer consumer = advisories(AdvisorySupport.getNoTopicConsumersAdvisoryTopic((Destination) topic));
        Session session = session();
        MessageProducer producer = session.createProducer(topic);
        producer.setDeliveryMode(DeliveryMode.NON_PERSISTENT);
        producer.send(session.createTextMessage("unheard"));
        text(consumer, "unheard");
    }

    public void advisory_topics_themselves_are_not_told() throws Exception {
        MessageConsumer consumer = advisories(new ActiveMQTopic("ActiveMQ.Advisory.Topic"));
        advisories(AdvisorySupport.getConsumerAdvisoryTopic(queue()));
        send(session(), topic(), "first");
        while (true) {
            DestinationInfo info = (DestinationInfo) ((ActiveMQMessage) take(consumer)).getDataStructure();
            Check.that("no advisory topic is told",
                    !info.getDestination().getPhysicalName().startsWith("ActiveMQ.Advisory."));
            if (info.getDestination().equals(topic()))
                return;
        }
    }
}
