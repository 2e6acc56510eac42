/* SPDX-License-Identifier: Apache-2.0 */
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.jms.InvalidClientIDException;
import javax.jms.JMSException;
import javax.jms.JMSSecurityException;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.command.ConnectionId;
import org.apache.activemq.command.ConsumerId;
import org.apache.activemq.command.FlushCommand;
import org.apache.activemq.command.KeepAliveInfo;
import org.apache.activemq.command.ProducerId;
import org.apache.activemq.command.RemoveInfo;
import org.apache.activemq.command.SessionId;
import org.apache.activemq.command.SessionInfo;

/** Credentials, client ids, and what a connection is to the broker. */
final class Connecting extends Area {
    private ActiveMQConnection secured(String user, String password) throws JMSException {
        ActiveMQConnectionFactory factory = factory(broker.url("tcp", "secured", ""));
        return closing((ActiveMQConnection) factory.createConnection(user, password));
    }

    private void refused(String user, String password) throws Exception {
        ActiveMQConnection connection = secured(user, password);
        JMSSecurityException problem = Check.throwing(JMSSecurityException.class, connection::start);
        Check.equal("the text", "User name [" + user + "] or password is invalid.", problem.getMessage());
    }

    public void good_credentials_are_accepted() throws Exception {
        ActiveMQConnection connection = secured("admin", "admin-pass");
        connection.start();
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        send(session, queue(), "in");
        text(consumer, "in");
    }

    public void a_wrong_password_is_refused() throws Exception {
        refused("admin", "wrong");
    }

    public void an_unknown_user_is_refused() throws Exception {
        refused("nobody", "admin-pass");
    }

    public void no_credentials_are_refused_where_some_are_asked_for() throws Exception {
        refused(null, null);
    }

    public void a_missing_password_is_refused() throws Exception {
        refused("admin", null);
    }

    public void credentials_are_not_looked_at_where_none_are_asked_for() throws Exception {
        ActiveMQConnectionFactory factory = factory(broker.tcp(""));
        ActiveMQConnection connection = closing((ActiveMQConnection) factory.createConnection("any", "thing"));
        connection.start();
        session(connection);
    }

    public void the_broker_says_its_name_and_id() throws Exception {
        ActiveMQConnection connection = connect();
        Check.equal("jms", connection.getBrokerName());
        Check.that("the broker has an id", connection.getBrokerInfo().getBrokerId().getValue().length() > 0);
        Check.that("it is no slave", !connection.getBrokerInfo().isSlaveBroker());
    }

    public void a_connection_without_a_client_id_gets_one_of_its_own() throws Exception {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            ActiveMQConnection connection = connect();
            session(connection);
            ids.add(connection.getClientID());
        }
        Check.equal(3, ids.size());
    }

    public void a_client_id_can_be_set_before_the_first_use() throws Exception {
        ActiveMQConnection connection = idle(factory(broker.tcp("")));
        connection.setClientID(name);
        connection.start();
        Check.equal(name, connection.getClientID());
        Check.throwing(javax.jms.IllegalStateException.class, () -> connection.setClientID("other"));
    }

    private ActiveMQConnection withClientId(String id) throws JMSException {
        ActiveMQConnection connection = idle(factory(broker.tcp("")));
        connection.setClientID(id);
        return connection;
    }

    public void a_client_id_in_use_is_refused() throws Exception {
        withClientId(name).start();
        InvalidClientIDException problem =
            Check.throwing(InvalidClientIDException.class, () -> withClientId(name).start());
        Check.contains("Broker: jms - Client: " + name + " already connected from tcp://127.0.0.1:",
                       problem.getMessage());
    }

    public void a_client_id_is_free_again_after_the_connection_is_closed() throws Exception {
        for (int i = 0; i < 3; i++) {
            ActiveMQConnection connection = withClientId(name);
            connection.start();
            connection.close();
        }
    }

    public void a_client_id_is_free_again_after_the_socket_is_lost() throws Exception {
        CuttingProxy proxy = closing(new CuttingProxy(broker.port("tcp")));
        ActiveMQConnection first = idle(factory("tcp://127.0.0.1:" + proxy.port()));
        first.setClientID(name);
        first.start();
        proxy.cutAll();
        Check.until("the id is free", () -> {
            try {
                withClientId(name).start();
                return true;
            } catch (InvalidClientIDException still) {
                return false;
            }
        });
    }

    public void a_lost_socket_is_told_to_the_exception_listener() throws Exception {
        CuttingProxy proxy = closing(new CuttingProxy(broker.port("tcp")));
        ActiveMQConnection connection = open(factory("tcp://127.0.0.1:" + proxy.port()));
        CountDownLatch told = new CountDownLatch(1);
        connection.setExceptionListener(problem -> told.countDown());
        proxy.cutAll();
        Check.that("the listener is called", told.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
    }

    public void two_hundred_connections_work_at_a_time() throws Exception {
        MessageConsumer[] consumers = new MessageConsumer[200];
        for (int i = 0; i < consumers.length; i++)
            consumers[i] = session(connect("?jms.watchTopicAdvisories=false")).createConsumer(topic());
        Session session = session();
        send(session, topic(), "to all");
        for (MessageConsumer consumer : consumers)
            text(consumer, "to all");
    }

    public void a_connection_carries_many_sessions_and_consumers() throws Exception {
        ActiveMQConnection connection = connect();
        Session sender = session(connection);
        for (int i = 0; i < 50; i++) {
            MessageConsumer consumer = session(connection).createConsumer(queue("" + i));
            send(sender, queue("" + i), "number " + i);
            text(consumer, "number " + i);
        }
    }

    public void a_connection_that_is_not_started_gets_no_messages() throws Exception {
        ActiveMQConnection connection = idle(factory(broker.tcp("")));
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        send(session, queue(), "early");
        Check.equal(null, consumer.receiveNoWait());
        connection.start();
        text(consumer, "early");
    }

    public void a_stopped_connection_gets_messages_only_after_its_next_start() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        send(session, queue(), "one");
        text(consumer, "one");
        for (int i = 0; i < 3; i++) {
            connection.stop();
            send(session, queue(), "stopped " + i);
            Check.equal(null, consumer.receiveNoWait());
            connection.start();
            text(consumer, "stopped " + i);
        }
    }

    /** The client's transport takes keep-alives for itself; that the connection goes on is what shows. */
    public void a_keep_alive_disturbs_nothing() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = session(connection);
        MessageConsumer consumer = session.createConsumer(queue());
        connection.asyncSendPacket(new KeepAliveInfo());
        send(session, queue(), "alive");
        text(consumer, "alive");
    }

    public void a_flush_is_answered() throws Exception {
        connect().syncSendPacket(new FlushCommand());
    }

    private static ConnectionId of(ActiveMQConnection connection) {
        return connection.getConnectionInfo().getConnectionId();
    }

    public void removing_an_unknown_session_is_an_error() throws Exception {
        ActiveMQConnection connection = connect();
        RemoveInfo remove = new RemoveInfo(new SessionId(of(connection), 77));
        JMSException problem = Check.throwing(JMSException.class, () -> connection.syncSendPacket(remove));
        Check.contains("Cannot remove session that had not been registered", problem.getMessage());
        session(connection);
    }

    public void removing_an_unknown_consumer_is_an_error() throws Exception {
        ActiveMQConnection connection = connect();
        SessionId session = new SessionId(of(connection), 77);
        connection.syncSendPacket(new SessionInfo(connection.getConnectionInfo(), 77));
        RemoveInfo remove = new RemoveInfo(new ConsumerId(session, 5));
        JMSException problem = Check.throwing(JMSException.class, () -> connection.syncSendPacket(remove));
        Check.contains("Cannot remove a consumer that had not been registered", problem.getMessage());
    }

    public void removing_an_unknown_producer_is_an_error() throws Exception {
        ActiveMQConnection connection = connect();
        SessionId session = new SessionId(of(connection), 77);
        connection.syncSendPacket(new SessionInfo(connection.getConnectionInfo(), 77));
        RemoveInfo remove = new RemoveInfo(new ProducerId(session, 5));
        JMSException problem = Check.throwing(JMSException.class, () -> connection.syncSendPacket(remove));
        Check.contains("Cannot remove a producer that had not been registered", problem.getMessage());
    }
}
