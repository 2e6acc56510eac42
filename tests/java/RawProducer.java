/* SPDX-License-Identifier: Apache-2.0 */
import javax.jms.JMSException;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.command.ActiveMQDestination;
import org.apache.activemq.command.ActiveMQTextMessage;
import org.apache.activemq.command.MessageId;
import org.apache.activemq.command.ProducerInfo;
import org.apache.activemq.command.SessionInfo;

/** A producer that sends commands as they are, for what the client's own producer does not let one do. */
final class RawProducer {
    private static final long SESSION = 7007; // far from what the client numbers itself
    private final ProducerInfo info;

    RawProducer(ActiveMQConnection connection, ActiveMQDestination destination) throws JMSException {
        this(connection, destination, 0);
    }

    RawProducer(ActiveMQConnection connection, ActiveMQDestination destination, int window) throws JMSException {
        SessionInfo session = new SessionInfo(connection.getConnectionInfo(), SESSION);
        connection.syncSendPacket(session);
        info = new ProducerInfo(session, 1);
        info.setDestination(destination);
        info.setWindowSize(window);
        connection.syncSendPacket(info);
    }

    /** A persistent text message with the given number. */
    ActiveMQTextMessage message(String text, long number) throws JMSException {
        ActiveMQTextMessage message = new ActiveMQTextMessage();
        message.setProducerId(info.getProducerId());
        message.setMessageId(new MessageId(info.getProducerId(), number));
        message.setDestination(info.getDestination());
        message.setPersistent(true);
        message.setText(text);
        return message;
    }
}
