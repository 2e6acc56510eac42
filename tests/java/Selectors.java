/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import javax.jms.DeliveryMode;
import javax.jms.InvalidSelectorException;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.ActiveMQDestination;
import org.apache.activemq.command.ConsumerId;
import org.apache.activemq.command.ConsumerInfo;
import org.apache.activemq.command.SessionInfo;

/** Selectors over one fixed set of messages. */
final class Selectors extends Area {
    /** What each selector picks out of the messages a to f below. */
    private static final String[][] TABLE = {
        {"colour = 'red'", "ac"},
        {"colour <> 'red'", "bd"},
        {"NOT colour = 'red'", ""},
        {"NOT (colour = 'red')", "bd"},
        {"colour IS NULL", "ef"},
        {"colour IS NOT NULL", "abcd"},
        {"colour = 'red' AND size = 1", "a"},
        {"colour = 'blue' OR size = 1", "ab"},
        {"colour = 'blue' or size = 1 and price > 100", "b"},
        {"(colour = 'blue' or size = 1) and price < 10", "a"},
        {"size = 1", "a"},
        {"size > 1", "bcd"},
        {"size >= 2 AND size <= 3", "bc"},
        {"size < -1", "e"},
        {"size <> 3", "abde"},
        {"size BETWEEN 2 AND 3", "bc"},
        {"size NOT BETWEEN 2 AND 3", "ade"},
        {"size = 2.0", "b"},
        {"size + 1 = 3", "b"},
        {"size - 1 = 3", "d"},
        {"size * 2 = 6", "c"},
        {"size / 2 = 1.5", "c"},
        {"size % 2 = 1", "ac"},
        {"colour IS NULL AND -size = 5", "e"},
        {"+size = 4", "d"},
        {"size = 0x3", "c"},
        {"size = 03", "c"},
        {"size = 3L", "c"},
        {"2 * size + 1 = 7", "c"},
        {"2 * (size + 1) = 8", "c"},
        {"price = 1.5", "a"},
        {"price > 2", "bc"},
        {"price = 2.5e2", "b"},
        {"price >= 99.5 AND price < 99.75", "c"},
        {"colour IN ('red', 'green')", "acd"},
        {"colour NOT IN ('red', 'green')", "b"},
        {"colour IN ('nothing')", ""},
        {"colour LIKE 'r%'", "ac"},
        {"colour LIKE '_e_'", "ac"},
        {"colour LIKE '%e%'", "abcd"},
        {"colour NOT LIKE '%e_'", "b"},
        {"colour LIKE ''", ""},
        {"code LIKE 'a\\_b' ESCAPE '\\'", "a"},
        {"code LIKE 'a_b'", "ab"},
        {"code LIKE '100!%' ESCAPE '!'", "c"},
        {"code = 'it''s'", "d"},
        {"code = ''", "e"},
        {"flag", "a"},
        {"flag = TRUE", "a"},
        {"flag = false", "b"},
        {"NOT flag", "b"},
        {"flag IS NULL", "cdef"},
        {"size", ""},
        {"TRUE", "abcdef"},
        {"FALSE", ""},
        {"1 = 1", "abcdef"},
        {"nothing = 1", ""},
        {"nothing <> 1", ""},
        {"NOT (nothing = 1)", ""},
        {"nothing IS NULL AND size = 4", "d"},
        {"size = '1'", ""},
        {"colour > 1", ""},
        {"big = 9223372036854775807", "a"},
        {"small = -128", "a"},
        {"ratio = 1.5", "a"},
        {"Colour = 'red'", ""},
        {"colour = 'RED'", ""},
        {"\u00e9t\u00e9 = 'oui'", "INVALID"},
        {"$dollar = 'd' and _under = 'u'", "b"},
        {"JMSPriority = 7", "b"},
        {"JMSPriority > 4", "bc"},
        {"JMSDeliveryMode = 'NON_PERSISTENT'", "c"},
        {"JMSDeliveryMode = 'PERSISTENT'", "abdef"},
        {"JMSType = 'order'", "d"},
        {"JMSType LIKE 'or%'", "d"},
        {"JMSCorrelationID = 'corr'", "e"},
        {"JMSCorrelationID IS NULL", "abcdf"},
        {"JMSMessageID LIKE 'ID:%'", "abcdef"},
        {"JMSTimestamp > 0", "abcdef"},
        {"JMSExpiration = 0", "abcdef"},
        {"JMSRedelivered = FALSE", "abcdef"},
        {"JMSReplyTo = 'queue://re.ply'", "f"},
        {"JMSXGroupID = 'group'", "f"},
        {"JMSXGroupSeq = 9", "f"},
        {"JMSXDeliveryCount = 1", "abcdef"},
        {"colour = 'red' -- and that is all\n", "ac"},
        {"colour /* which */ = 'red'", "ac"},
        {"colour='red'and size=1", "a"},
        {"REGEX('^b', colour)", "b"},
        {"INLIST(SPLIT('red,blue', ','), colour)", "abc"},
        {"convert_string_expressions:size = '2'", "b"},
        // what is no selector
        {"colour =", "INVALID"},
        {"= 'red'", "INVALID"},
        {"colour == 'red'", "INVALID"},
        {"colour != 'red'", "INVALID"},
        {"colour = \"red\"", "INVALID"},
        {"colour = 'red", "INVALID"},
        {"(colour = 'red'", "INVALID"},
        {"colour > 'red'", "INVALID"},
        {"size IN (1, 2)", "INVALID"},
        {"size BETWEEN 1", "INVALID"},
        {"colour LIKE red", "INVALID"},
        {"colour LIKE 'a' ESCAPE 'ab'", "INVALID"},
        {"AND", "INVALID"},
        {"colour = 'red' AND AND size = 1", "INVALID"},
        {"'text'", "INVALID"},
        {"5", "INVALID"},
        {"x y z", "INVALID"},
        {"colour IS", "INVALID"},
        {"NOTHERE('a')", "INVALID"},
    };

    private void sendAll(ActiveMQDestination destination) throws Exception {
        Session session = session();
        MessageProducer producer = session.createProducer(destination);
        Message a = session.createTextMessage("a");
        a.setStringProperty("colour", "red");
        a.setIntProperty("size", 1);
        a.setDoubleProperty("price", 1.5);
        a.setBooleanProperty("flag", true);
        a.setStringProperty("code", "a_b");
        a.setLongProperty("big", Long.MAX_VALUE);
        a.setByteProperty("small", Byte.MIN_VALUE);
        a.setFloatProperty("ratio", 1.5f);
        producer.send(a);
        Message b = session.createTextMessage("b");
        b.setStringProperty("colour", "blue");
        b.setLongProperty("size", 2);
        b.setDoubleProperty("price", 250);
        b.setBooleanProperty("flag", false);
        b.setStringProperty("code", "axb");
        b.setStringProperty("$dollar", "d");
        b.setStringProperty("_under", "u");
        producer.send(b, DeliveryMode.PERSISTENT, 7, 0);
        Message c = session.createTextMessage("c");
        c.setStringProperty("colour", "red");
        c.setShortProperty("size", (short) 3);
        c.setFloatProperty("price", 99.5f);
        c.setStringProperty("code", "100%");
        producer.send(c, DeliveryMode.NON_PERSISTENT, 9, 0);
        Message d = session.createTextMessage("d");
        d.setStringProperty("colour", "green");
        d.setByteProperty("size", (byte) 4);
        d.setStringProperty("code", "it's");
        d.setJMSType("order");
        producer.send(d);
        Message e = session.createTextMessage("e");
        e.setIntProperty("size", -5);
        e.setStringProperty("code", "");
        e.setJMSCorrelationID("corr");
        producer.send(e);
        Message f = session.createTextMessage("f");
        f.setStringProperty("JMSXGroupID", "group");
        f.setIntProperty("JMSXGroupSeq", 9);
        f.setJMSReplyTo(session.createQueue("re.ply"));
        producer.send(f);
        session.close();
    }

    /** A consumer made past the client's own check of selectors. */
    private ConsumerInfo subscribe(ActiveMQConnection connection, ActiveMQDestination destination, String selector)
            throws JMSException {
        SessionInfo session = new SessionInfo(connection.getConnectionInfo(), 7007);
        connection.syncSendPacket(session);
        ConsumerInfo info = new ConsumerInfo(new ConsumerId(session.getSessionId(), 1));
        info.setDestination(destination);
        info.setPrefetchSize(10);
        info.setSelector(selector);
        connection.syncSendPacket(info);
        return info;
    }

    private void picks(String selector, String expected) throws Exception {
        ActiveMQConnection connection = connect();
        if (expected.equals("INVALID")) {
            Check.throwing(InvalidSelectorException.class, () -> subscribe(connection, queue(), selector));
            Check.throwing(InvalidSelectorException.class, () -> session(connection).createConsumer(queue(), selector));
            session(connection).createConsumer(queue()); // and the connection goes on
            return;
        }
        sendAll(queue());
        MessageConsumer picker = session(connection).createConsumer(queue(), selector);
        Check.equal("what " + selector + " picks", expected, sorted(drain(picker, expected.length())));
        String others = "abcdef".replaceAll("[" + expected + " ]", "");
        MessageConsumer rest = session(connection).createConsumer(queue());
        Check.equal("what it leaves", others, sorted(drain(rest, others.length())));
    }

    /** ActiveMQ keeps persistent and other messages of a queue apart, so their order is left open. */
    private static String sorted(List<String> texts) {
        return texts.stream().sorted().collect(Collectors.joining());
    }

    @Override
    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (String[] row : TABLE) {
            String says = row[1].equals("INVALID") ? " is refused"
                    : row[1].isEmpty() ? " picks nothing" : " picks " + row[1];
            rows.add(new Row("the selector " + row[0].strip() + says, () -> picks(row[0], row[1])));
        }
        return rows;
    }

    public void a_selector_works_on_a_topic() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(topic(), "colour = 'red' OR size < 0");
        sendAll(topic());
        texts(consumer, "a", "c", "e");
    }

    public void each_of_many_consumers_of_a_queue_gets_what_its_selector_picks() throws Exception {
        Session session = session();
        MessageConsumer red = session.createConsumer(queue(), "colour = 'red'");
        MessageConsumer small = session.createConsumer(queue(), "size < 0");
        MessageConsumer rest =
                session.createConsumer(queue(), "colour IN ('blue', 'green') OR JMSXGroupID IS NOT NULL");
        sendAll(queue());
        texts(red, "a", "c");
        texts(small, "e");
        texts(rest, "b", "d", "f");
    }

    public void what_nobody_picks_stays_in_the_queue_and_blocks_nothing() throws Exception {
        Session session = session();
        MessageProducer producer = session.createProducer(queue());
        for (int i = 0; i < 150; i++)
            producer.send(session.createTextMessage("unpicked"));
        Message message = session.createTextMessage("picked");
        message.setBooleanProperty("mine", true);
        MessageConsumer consumer = session.createConsumer(queue(), "mine");
        producer.send(message);
        text(consumer, "picked");
        consumer.close();
        MessageConsumer all = session.createConsumer(queue());
        for (int i = 0; i < 150; i++)
            text(all, "unpicked");
    }

    public void the_property_a_broker_does_not_know_a_type_of_is_no_match() throws Exception {
        Session session = session();
        Message message = session.createTextMessage("a list");
        message.setObjectProperty("colour", new ArrayList<>(List.of("red")));
        session.createProducer(queue()).send(message);
        MessageConsumer consumer = session.createConsumer(queue(), "colour = 'red'");
        sendAll(queue());
        texts(consumer, "a", "c");
        consumer.close();
        text(session.createConsumer(queue()), "a list");
    }

    public void an_empty_selector_picks_everything() throws Exception {
        ActiveMQConnection connection = connect();
        MessageConsumer consumer = session(connection).createConsumer(queue(), "");
        sendAll(queue());
        Check.equal("abcdef", sorted(drain(consumer, 6)));
    }
}
