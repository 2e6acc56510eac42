/* SPDX-License-Identifier: Apache-2.0 */
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.jms.BytesMessage;
import javax.jms.Destination;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.MessageEOFException;
import javax.jms.MessageNotWriteableException;
import javax.jms.MessageProducer;
import javax.jms.ObjectMessage;
import javax.jms.Session;
import javax.jms.StreamMessage;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQSession;
import org.apache.activemq.BlobMessage;
import org.apache.activemq.command.ActiveMQMessage;

/** Every kind of body, plain and compressed, through a queue and through a topic. */
final class Bodies extends Area {
    /** A body: how to make a message with it, and how to look at the one that came. */
    record Body(String sentence, Maker make, Reader read) {
    }

    interface Maker {
        Message of(Session session) throws Exception;
    }

    interface Reader {
        void see(Message message) throws Exception;
    }

    record Shape(String name, int corners, List<String> labels) implements Serializable {
    }

    static final byte[] EVERY_BYTE = new byte[256];
    static final String LONG = "a long text, \u00e4\u20ac\ud83d\ude00; ".repeat(6000);

    static {
        for (int i = 0; i < 256; i++)
            EVERY_BYTE[i] = (byte) i;
    }

    private static Body text(String sentence, String text) {
        return new Body(sentence, session -> session.createTextMessage(text),
                        message -> Check.equal(text, ((TextMessage) message).getText()));
    }

    private static Body bytes(String sentence, byte[] bytes) {
        return new Body(sentence, session -> {
            BytesMessage message = session.createBytesMessage();
            message.writeBytes(bytes);
            return message;
        }, message -> {
            BytesMessage got = (BytesMessage) message;
            Check.equal("the length", (long) bytes.length, got.getBodyLength());
            byte[] read = new byte[bytes.length];
            Check.equal("the count", bytes.length, got.readBytes(read));
            Check.equal(bytes, read);
            Check.throwing(MessageEOFException.class, got::readByte);
        });
    }

    private static Body object(String sentence, Serializable object) {
        return new Body(sentence, session -> session.createObjectMessage(object),
                        message -> Check.equal(object, ((ObjectMessage) message).getObject()));
    }

    private static Message bytesOfAllTypes(Session session) throws Exception {
        BytesMessage message = session.createBytesMessage();
        message.writeBoolean(true);
        message.writeByte((byte) -1);
        message.writeChar('\u20ac');
        message.writeShort(Short.MIN_VALUE);
        message.writeInt(Integer.MIN_VALUE);
        message.writeLong(Long.MIN_VALUE);
        message.writeFloat(1.5f);
        message.writeDouble(Math.PI);
        message.writeUTF("nul \0 and \ud83d\ude00");
        message.writeBytes(EVERY_BYTE, 10, 5);
        return message;
    }

    private static void seeBytesOfAllTypes(Message message) throws Exception {
        BytesMessage got = (BytesMessage) message;
        Check.equal(true, got.readBoolean());
        Check.equal(255, got.readUnsignedByte());
        Check.equal('\u20ac', got.readChar());
        Check.equal(Short.MIN_VALUE, got.readShort());
        Check.equal(Integer.MIN_VALUE, got.readInt());
        Check.equal(Long.MIN_VALUE, got.readLong());
        Check.equal(1.5f, got.readFloat());
        Check.equal(Math.PI, got.readDouble());
        Check.equal("nul \0 and \ud83d\ude00", got.readUTF());
        byte[] rest = new byte[9];
        Check.equal(5, got.readBytes(rest));
        Check.throwing(MessageEOFException.class, got::readByte);
    }

    /** Only the basic plane, and no NUL: others, the client itself reads wrongly in maps. */
    private static Message mapOfAllTypes(Session session) throws Exception {
        MapMessage message = session.createMapMessage();
        message.setBoolean("boolean", true);
        message.setByte("byte", (byte) -7);
        message.setChar("char", '\u20ac');
        message.setShort("short", (short) -300);
        message.setInt("int", -70000);
        message.setLong("long", Long.MIN_VALUE);
        message.setFloat("float", 1e-10f);
        message.setDouble("double", Double.MAX_VALUE);
        message.setString("string", "\u00e9 \u20ac");
        message.setString("long string", "\u20ac".repeat(30000));
        message.setString("null", null);
        message.setBytes("bytes", EVERY_BYTE);
        message.setString("\u00e4 name", "found");
        return message;
    }

    private static void seeMapOfAllTypes(Message message) throws Exception {
        MapMessage got = (MapMessage) message;
        count(13, listed(got.getMapNames()));
        Check.equal(true, got.getObject("boolean"));
        Check.equal((byte) -7, got.getObject("byte"));
        Check.equal('\u20ac', got.getObject("char"));
        Check.equal((short) -300, got.getObject("short"));
        Check.equal(-70000, got.getObject("int"));
        Check.equal(Long.MIN_VALUE, got.getObject("long"));
        Check.equal(1e-10f, got.getObject("float"));
        Check.equal(Double.MAX_VALUE, got.getObject("double"));
        Check.equal("\u00e9 \u20ac", got.getString("string"));
        Check.equal("\u20ac".repeat(30000), got.getString("long string"));
        Check.equal(true, got.itemExists("null"));
        Check.equal(null, got.getObject("null"));
        Check.equal(EVERY_BYTE, got.getBytes("bytes"));
        Check.equal("found", got.getString("\u00e4 name"));
        Check.throwing(MessageNotWriteableException.class, () -> got.setInt("int", 1));
    }

    private static Map<String, Object> nested() {
        Map<String, Object> inner = new LinkedHashMap<>();
        inner.put("deep", new ArrayList<>(Arrays.asList(1, "two", 3.0, null, true)));
        inner.put("number", 7L);
        Map<String, Object> outer = new LinkedHashMap<>();
        outer.put("map", inner);
        outer.put("list", new ArrayList<>(List.of("x", (byte) 1, (short) 2, 1.5f)));
        outer.put("empty", new LinkedHashMap<String, Object>());
        return outer;
    }

    private static Message nestedMap(Session session) throws Exception {
        MapMessage message = session.createMapMessage();
        for (Map.Entry<String, Object> entry : nested().entrySet())
            message.setObject(entry.getKey(), entry.getValue());
        return message;
    }

    private static void seeNestedMap(Message message) throws Exception {
        MapMessage got = (MapMessage) message;
        for (Map.Entry<String, Object> entry : nested().entrySet())
            Check.equal(entry.getKey(), entry.getValue(), got.getObject(entry.getKey()));
    }

    private static final List<Object> STREAMED = Arrays.asList(
        true, (byte) 2, 'c', (short) -4, 5, -6L, 7.5f, Double.MIN_VALUE, "", "s\0\ud83d\ude00", null, EVERY_BYTE, LONG);

    private static Message streamOfAllTypes(Session session) throws Exception {
        StreamMessage message = session.createStreamMessage();
        for (Object item : STREAMED)
            message.writeObject(item);
        return message;
    }

    private static void seeStreamOfAllTypes(Message message) throws Exception {
        StreamMessage got = (StreamMessage) message;
        for (Object item : STREAMED)
            Check.equal(item, got.readObject());
        Check.throwing(MessageEOFException.class, got::readObject);
        got.reset();
        Check.equal("true", got.readString());
    }

    static List<Body> all() {
        return List.of(
            text("a text", "hello"),
            text("an empty text", ""),
            text("no text at all", null),
            text("a text with NUL, accents and characters beyond the basic plane", "\0a\u00e9\u20ac\ud83d\ude00\0"),
            text("a text of many lines and 100 kB", LONG),
            bytes("every byte", EVERY_BYTE),
            bytes("bytes that were never written", new byte[0]),
            new Body("bytes of all types", Bodies::bytesOfAllTypes, Bodies::seeBytesOfAllTypes),
            new Body("a map of all types", Bodies::mapOfAllTypes, Bodies::seeMapOfAllTypes),
            new Body("a map in a map in a map", Bodies::nestedMap, Bodies::seeNestedMap),
            new Body("an empty map", Session::createMapMessage,
                     message -> Check.equal(false, ((MapMessage) message).getMapNames().hasMoreElements())),
            new Body("a stream of all types", Bodies::streamOfAllTypes, Bodies::seeStreamOfAllTypes),
            new Body("an empty stream", Session::createStreamMessage,
                     message -> Check.throwing(MessageEOFException.class,
                                               () -> ((StreamMessage) message).readObject())),
            object("an object", new Shape("square", 4, List.of("a", "b"))),
            object("no object at all", null),
            new Body("a message without a body", Session::createMessage,
                     message -> Check.equal(ActiveMQMessage.class, message.getClass())));
    }

    private void carries(Body body, Destination destination, boolean compress) throws Exception {
        ActiveMQConnection connection = connect(factory -> factory.setUseCompression(compress));
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(destination);
        MessageProducer producer = session.createProducer(destination);
        Message sent = body.make.of(session);
        producer.send(sent);
        Message got = take(consumer);
        Check.equal("the class", sent.getClass(), got.getClass());
        body.read.see(got);
        producer.send(got); // and what was received can be sent on
        body.read.see(take(consumer));
    }

    @Override
    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Body body : all()) {
            rows.add(new Row("a queue carries " + body.sentence, () -> carries(body, queue(), false)));
            rows.add(new Row("a topic carries " + body.sentence, () -> carries(body, topic(), false)));
            rows.add(new Row("compressed, a queue carries " + body.sentence, () -> carries(body, queue(), true)));
        }
        return rows;
    }

    public void half_a_surrogate_pair_arrives_as_the_sign_for_what_is_no_character() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        send(session, queue(), "x\ud83dy");
        text(consumer, "x\ufffdy");
    }

    public void a_text_of_twenty_megabytes_arrives_whole() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        String text = "0123456789\u20ac".repeat(20_000_000 / 13);
        send(session, queue(), text);
        Check.that("the text is the same", text.equals(((TextMessage) take(consumer)).getText()));
    }

    public void twenty_megabytes_of_bytes_arrive_whole_at_two_subscribers() throws Exception {
        byte[] bytes = new byte[20_000_000];
        new java.util.Random(5).nextBytes(bytes);
        Session session = session();
        MessageConsumer first = session.createConsumer(topic());
        MessageConsumer second = session().createConsumer(topic());
        BytesMessage message = session.createBytesMessage();
        message.writeBytes(bytes);
        session.createProducer(topic()).send(message);
        for (MessageConsumer consumer : List.of(first, second)) {
            BytesMessage got = (BytesMessage) take(consumer);
            byte[] read = new byte[bytes.length];
            Check.equal(bytes.length, got.readBytes(read));
            Check.that("the bytes are the same", Arrays.equals(bytes, read));
        }
    }

    public void a_blob_message_keeps_what_its_header_says() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        BlobMessage message =
                ((ActiveMQSession) session).createBlobMessage(new java.net.URL("http://example.org/blob"));
        message.setMimeType("text/x-test");
        message.setStringProperty("kept", "yes");
        session.createProducer(queue()).send(message);
        BlobMessage got = (BlobMessage) take(consumer);
        Check.equal("http://example.org/blob", got.getURL().toString());
        Check.equal("text/x-test", got.getMimeType());
        Check.equal("yes", got.getStringProperty("kept"));
    }

    public void a_received_body_is_read_only_until_it_is_cleared() throws Exception {
        Session session = session();
        MessageConsumer consumer = session.createConsumer(queue());
        send(session, queue(), "first");
        TextMessage got = text(consumer, "first");
        Check.throwing(MessageNotWriteableException.class, () -> got.setText("second"));
        got.clearBody();
        got.setText("second");
        session.createProducer(queue()).send(got);
        text(consumer, "second");
    }
}
