/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.jms.DeliveryMode;
import javax.jms.Destination;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageNotWriteableException;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.ActiveMQMessage;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTextMessage;
import org.apache.activemq.command.ActiveMQTopic;

/** What a message says about itself: headers and properties. */
final class Headers extends Area {
    private Message through(Message message, Session session) throws Exception {
        MessageConsumer consumer = session.createConsumer(queue());
        session.createProducer(queue()).send(message);
        return take(consumer);
    }

    private void propertyComesBack(Object value) throws Exception {
        Session session = session();
        Message message = session.createMessage();
        message.setObjectProperty("value", value);
        Message got = through(message, session);
        Check.equal(value, got.getObjectProperty("value"));
        Check.that("it is there", got.propertyExists("value"));
        Check.throwing(javax.jms.MessageNotWriteableException.class, () -> got.setObjectProperty("value", value));
    }

    private static final Map<String, Object> VALUES = new LinkedHashMap<>();

    static {
        VALUES.put("a boolean", false);
        VALUES.put("the smallest byte", Byte.MIN_VALUE);
        VALUES.put("the greatest short", Short.MAX_VALUE);
        VALUES.put("the smallest int", Integer.MIN_VALUE);
        VALUES.put("the greatest long", Long.MAX_VALUE);
        VALUES.put("a float", 1.1f);
        VALUES.put("a double", -Math.E);
        VALUES.put("not a number", Double.NaN);
        VALUES.put("an infinite float", Float.NEGATIVE_INFINITY);
        VALUES.put("an empty string", "");
        // NUL and characters beyond the basic plane, the client itself reads wrongly here and in maps.
        VALUES.put("a string with characters beyond ASCII", "\u0001 \u00e9 \u20ac \uffff");
        VALUES.put("a string of 8190 characters", "\u20ac".repeat(8190));
        VALUES.put("a string of 100 kB", "0123456789".repeat(10000));
        VALUES.put("no value", null);
        VALUES.put("a list", new ArrayList<>(List.of("a", 1, 2L)));
        VALUES.put("a map", new HashMap<>(Map.of("a", 1, "b", "two")));
    }

    private void modeComes(int mode) throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        MessageProducer producer = session.createProducer(queue());
        producer.setDeliveryMode(mode);
        producer.send(session.createMessage());
        Check.equal(mode, take(consumer).getJMSDeliveryMode());
    }

    private void replyToComes(Destination replyTo) throws Exception {
        Session session = session();
        Message message = session.createMessage();
        message.setJMSReplyTo(replyTo);
        Message got = through(message, session);
        Check.equal(replyTo, got.getJMSReplyTo());
    }

    @Override
    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        VALUES.forEach((what, value) -> rows.add(new Row("a property can be " + what, () -> propertyComesBack(value))));
        rows.add(new Row("a reply destination can be a queue", () -> replyToComes(new ActiveMQQueue("re.q"))));
        rows.add(new Row("a reply destination can be a topic", () -> replyToComes(new ActiveMQTopic("re.t"))));
        rows.add(new Row("a reply destination can be none", () -> replyToComes(null)));
        rows.add(new Row("a persistent message stays one", () -> modeComes(DeliveryMode.PERSISTENT)));
        rows.add(new Row("a non-persistent message stays one", () -> modeComes(DeliveryMode.NON_PERSISTENT)));
        return rows;
    }

    public void each_priority_arrives_as_sent() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        MessageProducer producer = session.createProducer(queue());
        for (int priority = 0; priority <= 9; priority++) {
            producer.send(session.createMessage(), DeliveryMode.NON_PERSISTENT, priority, 0);
            Check.equal(priority, take(consumer).getJMSPriority());
        }
    }

    public void a_prioritised_queue_gives_the_highest_first() throws Exception {
        Session session = session();
        ActiveMQQueue queue = queueUnder("prio");
        MessageProducer producer = session.createProducer(queue);
        for (int priority : new int[] {4, 0, 9, 5, 4, 9, 1})
            producer.send(session.createTextMessage("" + priority), DeliveryMode.PERSISTENT, priority, 0);
        texts(session.createConsumer(queue), "9", "9", "5", "4", "4", "1", "0");
    }

    public void an_ordinary_queue_keeps_the_order_whatever_the_priority() throws Exception {
        Session session = session();
        MessageProducer producer = session.createProducer(queue());
        for (int priority : new int[] {4, 0, 9, 5})
            producer.send(session.createTextMessage("" + priority), DeliveryMode.PERSISTENT, priority, 0);
        texts(session.createConsumer(queue()), "4", "0", "9", "5");
    }

    public void timestamp_and_expiration_are_those_of_the_sender() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        MessageProducer producer = session.createProducer(queue());
        TextMessage sent = session.createTextMessage("soon gone");
        producer.setTimeToLive(600_000);
        producer.send(sent);
        Message got = take(consumer);
        Check.equal(sent.getJMSTimestamp(), got.getJMSTimestamp());
        Check.equal(sent.getJMSTimestamp() + 600_000, got.getJMSExpiration());
        Check.equal(sent.getJMSExpiration(), got.getJMSExpiration());
    }

    public void a_sender_may_leave_out_the_timestamp() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        MessageProducer producer = session.createProducer(queue());
        producer.setDisableMessageTimestamp(true);
        producer.send(session.createMessage());
        Message got = take(consumer);
        Check.equal(0L, got.getJMSTimestamp());
        Check.equal(0L, got.getJMSExpiration());
    }

    public void message_ids_are_those_the_sender_gave_and_differ() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        MessageProducer producer = session.createProducer(queue());
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 5; i++) {
            Message sent = session.createMessage();
            producer.send(sent);
            Check.equal(sent.getJMSMessageID(), take(consumer).getJMSMessageID());
            ids.add(sent.getJMSMessageID());
        }
        Check.equal(5, ids.size());
    }

    public void correlation_id_and_type_arrive() throws Exception {
        Session session = session();
        Message message = session.createMessage();
        message.setJMSCorrelationID("c \0 \ud83d\ude00");
        message.setJMSType("t \u20ac");
        Message got = through(message, session);
        Check.equal("c \0 \ud83d\ude00", got.getJMSCorrelationID());
        Check.equal("t \u20ac", got.getJMSType());
        Check.equal("c \0 \ud83d\ude00".getBytes("UTF-8").length, got.getJMSCorrelationIDAsBytes().length);
    }

    public void what_was_not_set_is_not_there() throws Exception {
        Session session = session();
        Message got = through(session.createMessage(), session);
        Check.equal(null, got.getJMSCorrelationID());
        Check.equal(null, got.getJMSType());
        Check.equal(null, got.getJMSReplyTo());
        Check.equal(false, got.getJMSRedelivered());
        Check.equal(false, got.getPropertyNames().hasMoreElements());
        Check.equal(null, got.getStringProperty("none"));
        Check.equal(queue(), got.getJMSDestination());
    }

    public void all_properties_of_a_message_arrive_together() throws Exception {
        Session session = session();
        Message message = session.createTextMessage("many");
        for (int i = 0; i < 300; i++)
            message.setIntProperty("p" + i, i);
        message.setStringProperty("\u00e4", "a name that is not ASCII");
        Message got = through(message, session);
        count(301, listed(got.getPropertyNames()));
        for (int i = 0; i < 300; i++)
            Check.equal(i, got.getIntProperty("p" + i));
        Check.equal("a name that is not ASCII", got.getStringProperty("\u00e4"));
    }

    public void group_user_and_other_properties_of_jms_arrive() throws Exception {
        Session session = session();
        Message message = session.createMessage();
        message.setStringProperty("JMSXGroupID", "g");
        message.setIntProperty("JMSXGroupSeq", 4);
        message.setStringProperty("JMSXUserID", "me");
        ActiveMQMessage got = (ActiveMQMessage) through(message, session);
        Check.equal("g", got.getStringProperty("JMSXGroupID"));
        Check.equal(4, got.getIntProperty("JMSXGroupSeq"));
        Check.equal("me", got.getStringProperty("JMSXUserID"));
        Check.equal(1, got.getIntProperty("JMSXDeliveryCount"));
        Check.equal("g", got.getGroupID());
    }

    public void the_broker_says_when_a_message_came_and_went() throws Exception {
        Session session = session();
        long before = System.currentTimeMillis();
        ActiveMQMessage got = (ActiveMQMessage) through(session.createMessage(), session);
        long after = System.currentTimeMillis();
        Check.that("it came now", got.getBrokerInTime() >= before && got.getBrokerInTime() <= after);
        Check.that("it went later", got.getBrokerOutTime() >= got.getBrokerInTime() && got.getBrokerOutTime() <= after);
        Check.that("it has a place in the broker's order", got.getMessageId().getBrokerSequenceId() > 0);
        Check.equal(null, got.getOriginalDestination());
    }

    public void an_expired_message_is_not_delivered_but_dead_lettered() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        ActiveMQQueue queue = queueUnder("ind");
        MessageProducer producer = session.createProducer(queue);
        TextMessage sent = session.createTextMessage("late");
        producer.send(sent, DeliveryMode.PERSISTENT, 4, 1);
        Check.until("its time is over", () -> System.currentTimeMillis() > sent.getJMSExpiration());
        fence(session, queue, session.createConsumer(queue));
        Message dead = text(session.createConsumer(new ActiveMQQueue("DLQ." + queue.getQueueName())), "late");
        Check.equal(0L, dead.getJMSExpiration());
        Check.equal(sent.getJMSExpiration(), dead.getLongProperty("originalExpiration"));
        Check.contains("java.lang.Throwable: Message Expired. Expiration:",
                       dead.getStringProperty("dlqDeliveryFailureCause"));
        Check.equal(queue, ((ActiveMQMessage) dead).getOriginalDestination());
    }

    public void an_expired_non_persistent_message_is_gone() throws Exception {
        Session session = session();
        ActiveMQQueue queue = queueUnder("ind");
        MessageProducer producer = session.createProducer(queue);
        producer.send(session.createTextMessage("late"), DeliveryMode.NON_PERSISTENT, 4, 1);
        Thread.sleep(20);
        fence(session, queue, session.createConsumer(queue));
        empty(new ActiveMQQueue("DLQ." + queue.getQueueName()));
    }

    public void a_message_that_comes_already_expired_is_dead_lettered() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        ActiveMQQueue queue = queueUnder("ind");
        MessageConsumer dead = session.createConsumer(new ActiveMQQueue("DLQ." + queue.getQueueName()));
        RawProducer producer = new RawProducer(connection, queue);
        ActiveMQTextMessage message = producer.message("too late", 1);
        message.setExpiration(1000);
        connection.syncSendPacket(message);
        text(dead, "too late");
    }

    public void the_names_of_properties_are_told_in_full() throws Exception {
        Session session = session();
        Message message = session.createMessage();
        for (String property : Arrays.asList("a", "b", "c"))
            message.setBooleanProperty(property, true);
        Message got = through(message, session);
        Check.equal(Set.of("a", "b", "c"), new HashSet<>(listed(got.getPropertyNames())));
        Check.throwing(MessageNotWriteableException.class, () -> got.setStringProperty("d", "e"));
        got.clearProperties();
        got.setStringProperty("d", "e");
    }
}
