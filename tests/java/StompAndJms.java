/* SPDX-License-Identifier: Apache-2.0 */
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.jms.BytesMessage;
import javax.jms.DeliveryMode;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TemporaryQueue;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQSession;
import org.apache.activemq.command.ActiveMQQueue;
import org.apache.activemq.command.ActiveMQTempQueue;

/** A STOMP client at one end and a JMS client at the other. */
final class StompAndJms extends Area {
    private static final String TEXT = "\u00e9 \u20ac line\nnext";
    private static final String BEYOND = "beyond the basic plane: \ud83d\ude00";

    private StompClient stomp() throws Exception {
        return closing(new StompClient(broker.port("stomp")));
    }

    private String path() {
        return "/queue/" + name;
    }

    public void a_text_goes_from_stomp_to_jms() throws Exception {
        MessageConsumer consumer = session().createConsumer(queue());
        stomp().put(path(), TEXT);
        text(consumer, TEXT);
    }

    public void a_text_goes_from_jms_to_stomp() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path());
        send(session(), queue(), TEXT);
        StompClient.Frame frame = stomp.message();
        Check.equal(TEXT, frame.text());
        Check.equal(null, frame.headers().get("content-length"));
        Check.equal(path(), frame.headers().get("destination"));
    }

    public void characters_beyond_the_basic_plane_go_from_stomp_to_jms() throws Exception {
        MessageConsumer consumer = session().createConsumer(queue());
        stomp().put(path(), BEYOND);
        text(consumer, BEYOND);
    }

    public void characters_beyond_the_basic_plane_go_from_jms_to_stomp() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path());
        send(session(), queue(), BEYOND);
        Check.equal(BEYOND, stomp.message().text());
    }

    public void bytes_go_from_stomp_to_jms() throws Exception {
        MessageConsumer consumer = session().createConsumer(queue());
        stomp().putBytes(path(), Bodies.EVERY_BYTE);
        BytesMessage got = (BytesMessage) take(consumer);
        byte[] read = new byte[256];
        Check.equal(256L, got.getBodyLength());
        got.readBytes(read);
        Check.equal(Bodies.EVERY_BYTE, read);
    }

    public void bytes_go_from_jms_to_stomp() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path());
        Session session = session();
        BytesMessage message = session.createBytesMessage();
        message.writeBytes(Bodies.EVERY_BYTE);
        session.createProducer(queue()).send(message);
        StompClient.Frame frame = stomp.message();
        Check.equal(Bodies.EVERY_BYTE, frame.body());
        Check.equal("256", frame.headers().get("content-length"));
    }

    public void an_empty_text_and_no_text_reach_stomp_as_nothing() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path());
        Session session = session();
        send(session, queue(), "");
        session.createProducer(queue()).send(session.createTextMessage());
        session.createProducer(queue()).send(session.createMessage());
        for (int i = 0; i < 3; i++)
            Check.equal("", stomp.message().text());
    }

    public void an_empty_body_of_stomp_is_an_empty_text() throws Exception {
        MessageConsumer consumer = session().createConsumer(queue());
        stomp().put(path(), "");
        text(consumer, "");
    }

    public void headers_go_from_stomp_to_jms() throws Exception {
        MessageConsumer consumer = session().createConsumer(queue());
        stomp().put(path(), "m", "correlation-id", "c", "type", "t", "priority", "7", "persistent", "true",
                    "reply-to", "/queue/re.ply", "colour", "red", "with-hyphen", "yes", "JMSXGroupID", "g");
        Message got = take(consumer);
        Check.equal("c", got.getJMSCorrelationID());
        Check.equal("t", got.getJMSType());
        Check.equal(7, got.getJMSPriority());
        Check.equal(DeliveryMode.PERSISTENT, got.getJMSDeliveryMode());
        Check.equal(new ActiveMQQueue("re.ply"), got.getJMSReplyTo());
        Check.equal("red", got.getStringProperty("colour"));
        Check.equal("yes", got.getStringProperty("with-hyphen"));
        Check.equal("g", got.getStringProperty("JMSXGroupID"));
    }

    public void headers_go_from_jms_to_stomp() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path());
        Session session = session();
        Message message = session.createTextMessage("m");
        message.setJMSCorrelationID("c:\u20ac");
        message.setJMSType("t");
        message.setJMSReplyTo(topic("reply"));
        message.setIntProperty("size", 5);
        message.setBooleanProperty("flag", true);
        message.setDoubleProperty("price", 1.5);
        message.setStringProperty("colour", "red: a\nb");
        session.createProducer(queue()).send(message, DeliveryMode.PERSISTENT, 8, 0);
        StompClient.Frame frame = stomp.message();
        List<String> expected = List.of(
            "correlation-id", "c:\u20ac", "type", "t", "reply-to", "/topic/" + name + ".reply", "size", "5",
            "flag", "true", "price", "1.5", "colour", "red: a\nb", "priority", "8", "persistent", "true",
            "message-id", message.getJMSMessageID(), "timestamp", "" + message.getJMSTimestamp(), "expires", "0");
        for (int i = 0; i < expected.size(); i += 2)
            Check.equal(expected.get(i), expected.get(i + 1), frame.headers().get(expected.get(i)));
    }

    public void a_compressed_text_reaches_stomp_in_the_clear() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path());
        send(session(connect("?jms.useCompression=true")), queue(), Bodies.LONG);
        Check.equal(Bodies.LONG, stomp.message().text());
    }

    public void compressed_bytes_reach_stomp_in_the_clear() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path());
        Session session = session(connect("?jms.useCompression=true"));
        BytesMessage message = session.createBytesMessage();
        message.writeBytes(Bodies.EVERY_BYTE);
        session.createProducer(queue()).send(message);
        Check.equal(Bodies.EVERY_BYTE, stomp.message().body());
    }

    /** A map goes to STOMP as text, and that text, sent back, is the map again. */
    private void mapGoesBothWays(String transformation, String... parts) throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path(), "transformation", transformation);
        Session session = session();
        MapMessage message = session.createMapMessage();
        message.setString("colour", "red \ud83d\ude00");
        message.setInt("size", 5);
        session.createProducer(queue()).send(message);
        StompClient.Frame frame = stomp.message();
        Check.equal(transformation, frame.headers().get("transformation"));
        for (String part : parts)
            Check.contains(part, frame.text());
        MessageConsumer consumer = session.createConsumer(queue("back"));
        stomp.put(path() + ".back", frame.text(), "transformation", transformation);
        MapMessage got = (MapMessage) take(consumer);
        Check.that("the string begins as sent", got.getString("colour").startsWith("red "));
        Check.equal(5, got.getInt("size"));
    }

    public void a_map_goes_to_stomp_and_back_as_json() throws Exception {
        mapGoesBothWays("jms-map-json", "\"colour\"", "\"red \ud83d\ude00\"", "\"size\"", "5");
    }

    public void a_map_goes_to_stomp_and_back_as_xml() throws Exception {
        mapGoesBothWays("jms-map-xml", "<string>colour</string>", "red \ud83d\ude00", "<int>5</int>");
    }

    public void a_request_of_stomp_is_answered_by_jms() throws Exception {
        Session session = session();
        session.createConsumer(queue()).setMessageListener(request -> {
            try {
                Check.that("the reply goes to a temporary queue", request.getJMSReplyTo() instanceof ActiveMQTempQueue);
                MessageProducer producer = session.createProducer(request.getJMSReplyTo());
                producer.send(session.createTextMessage("re: " + ((TextMessage) request).getText()));
                producer.close();
            } catch (javax.jms.JMSException problem) {
                throw new IllegalStateException(problem);
            }
        });
        StompClient stomp = stomp();
        stomp.subscribe("/temp-queue/answers");
        stomp.send("SEND", java.util.Map.of("destination", path(), "reply-to", "/temp-queue/answers"),
                   "question".getBytes(StandardCharsets.UTF_8));
        Check.equal("re: question", stomp.message().text());
    }

    public void a_request_of_jms_is_answered_by_stomp() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path());
        Session session = session();
        TemporaryQueue replies = session.createTemporaryQueue();
        MessageConsumer consumer = session.createConsumer(replies);
        TextMessage request = session.createTextMessage("question");
        request.setJMSReplyTo(replies);
        request.setJMSCorrelationID("c-1");
        session.createProducer(queue()).send(request);
        StompClient.Frame frame = stomp.message();
        stomp.put(frame.headers().get("reply-to"), "re: " + frame.text(),
                  "correlation-id", frame.headers().get("correlation-id"));
        Check.equal("c-1", text(consumer, "re: question").getJMSCorrelationID());
    }

    public void a_selector_of_jms_picks_messages_of_stomp() throws Exception {
        MessageConsumer consumer = session().createConsumer(queue(), "colour = 'red' AND size = '5'");
        StompClient stomp = stomp();
        stomp.put(path(), "not this", "colour", "blue", "size", "5");
        stomp.put(path(), "this", "colour", "red", "size", "5");
        text(consumer, "this");
    }

    public void a_selector_of_stomp_picks_messages_of_jms() throws Exception {
        StompClient stomp = stomp();
        stomp.subscribe(path(), "selector", "size > 3");
        Session session = session();
        MessageProducer producer = session.createProducer(queue());
        for (int size : new int[] {1, 5}) {
            Message message = session.createTextMessage("m" + size);
            message.setIntProperty("size", size);
            producer.send(message);
        }
        Check.equal("m5", stomp.message().text());
    }

    public void a_message_that_stomp_did_not_acknowledge_comes_to_jms_redelivered() throws Exception {
        send(session(), queue(), "again");
        StompClient stomp = stomp();
        stomp.request("SUBSCRIBE", java.util.Map.of("destination", path(), "id", "1", "ack", "client"), new byte[0]);
        Check.equal("again", stomp.message().text());
        stomp.close();
        Check.equal(true, text(session().createConsumer(queue()), "again").getJMSRedelivered());
    }

    public void a_message_that_jms_did_not_acknowledge_comes_to_stomp() throws Exception {
        stomp().put(path(), "again");
        ActiveMQConnection connection = connect();
        Session session = connection.createSession(false, ActiveMQSession.INDIVIDUAL_ACKNOWLEDGE);
        text(session.createConsumer(queue()), "again");
        connection.close();
        StompClient stomp = stomp();
        stomp.subscribe(path());
        StompClient.Frame frame = stomp.message();
        Check.equal("again", frame.text());
        Check.equal("true", frame.headers().get("redelivered"));
    }

    public void messages_of_many_stomp_clients_have_ids_of_their_own() throws Exception {
        MessageConsumer consumer = session().createConsumer(queue());
        StompClient one = stomp();
        StompClient two = stomp();
        java.util.Set<String> ids = new java.util.HashSet<>();
        for (int i = 0; i < 10; i++) {
            one.put(path(), "m");
            two.put(path(), "m");
            ids.add(take(consumer).getJMSMessageID());
            ids.add(take(consumer).getJMSMessageID());
        }
        Check.equal(20, ids.size());
    }

    public void a_message_of_stomp_comes_once_to_a_client_with_failover() throws Exception {
        ActiveMQConnection connection = open(factory("failover:(" + broker.tcp("") + ")"));
        MessageConsumer consumer = session(connection).createConsumer(queue());
        StompClient stomp = stomp();
        for (int i = 0; i < 20; i++) {
            stomp.put(path(), "m" + i);
            text(consumer, "m" + i);
        }
    }
}
