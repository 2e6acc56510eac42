/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.jms.JMSException;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import javax.jms.XASession;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.apache.activemq.ActiveMQXAConnection;
import org.apache.activemq.ActiveMQXAConnectionFactory;

/** Distributed transactions, with the test as their manager. */
final class XaTransactions extends Area {
    /** A transaction's name. Equal are those of equal content, whatever their class. */
    record Branch(byte[] getGlobalTransactionId, byte[] getBranchQualifier) implements Xid {
        @Override
        public int getFormatId() {
            return 77;
        }

        boolean is(Xid other) {
            return other.getFormatId() == 77 && Arrays.equals(getGlobalTransactionId, other.getGlobalTransactionId()) &&
                Arrays.equals(getBranchQualifier, other.getBranchQualifier());
        }
    }

    private Branch branch(String part) {
        return new Branch((name.hashCode() + part).getBytes(), new byte[] {0, -1, 9});
    }

    private ActiveMQXAConnection xa() throws JMSException {
        return xa("");
    }

    private ActiveMQXAConnection xa(String options) throws JMSException {
        ActiveMQXAConnection connection =
            (ActiveMQXAConnection) new ActiveMQXAConnectionFactory(broker.tcp(options)).createXAConnection();
        closing(connection);
        connection.start();
        return connection;
    }

    private static List<Xid> recovered(XAResource resource) throws XAException {
        return new ArrayList<>(Arrays.asList(resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN)));
    }

    private static boolean has(List<Xid> xids, Branch branch) {
        return xids.stream().anyMatch(branch::is);
    }

    private static void fails(int code, Check.Action action) {
        Check.equal("the code", code, Check.throwing(XAException.class, action).errorCode);
    }

    /** Starts the branch, sends, ends it. */
    private XAResource sent(XASession session, Branch branch, String... texts) throws Exception {
        XAResource resource = session.getXAResource();
        resource.start(branch, XAResource.TMNOFLAGS);
        send(session, queue(), texts);
        resource.end(branch, XAResource.TMSUCCESS);
        return resource;
    }

    public void a_commit_in_one_phase_sends() throws Exception {
        XAResource resource = sent(xa().createXASession(), branch(""), "a", "b");
        resource.commit(branch(""), true);
        texts(session().createConsumer(queue()), "a", "b");
    }

    public void a_commit_in_two_phases_sends() throws Exception {
        MessageConsumer consumer = session().createConsumer(queue());
        XAResource resource = sent(xa().createXASession(), branch(""), "a", "b");
        Check.equal(XAResource.XA_OK, resource.prepare(branch("")));
        Check.equal(null, consumer.receiveNoWait());
        resource.commit(branch(""), false);
        texts(consumer, "a", "b");
    }

    public void a_rollback_before_the_prepare_sends_nothing() throws Exception {
        XAResource resource = sent(xa().createXASession(), branch(""), "never");
        resource.rollback(branch(""));
        empty(queue());
    }

    public void a_rollback_after_the_prepare_sends_nothing() throws Exception {
        XAResource resource = sent(xa().createXASession(), branch(""), "never");
        Check.equal(XAResource.XA_OK, resource.prepare(branch("")));
        resource.rollback(branch(""));
        empty(queue());
    }

    public void a_branch_without_work_is_read_only() throws Exception {
        XAResource resource = sent(xa().createXASession(), branch(""));
        Check.equal(XAResource.XA_RDONLY, resource.prepare(branch("")));
        fails(XAException.XAER_NOTA, () -> resource.commit(branch(""), false));
    }

    public void a_prepared_branch_is_found_by_recover() throws Exception {
        ActiveMQXAConnection connection = xa();
        XAResource resource = sent(connection.createXASession(), branch(""), "a");
        Check.equal(false, has(recovered(resource), branch("")));
        resource.prepare(branch(""));
        Check.equal(true, has(recovered(resource), branch("")));
        resource.commit(branch(""), false);
        Check.equal(false, has(recovered(resource), branch("")));
    }

    public void a_prepared_branch_survives_its_connection_and_can_be_committed_by_another() throws Exception {
        ActiveMQXAConnection connection = xa();
        sent(connection.createXASession(), branch(""), "a", "b").prepare(branch(""));
        connection.close();
        XAResource other = xa().createXASession().getXAResource();
        Check.equal(true, has(recovered(other), branch("")));
        empty(queue("other")); // the broker has seen the end of the connection
        other.commit(branch(""), false);
        texts(session().createConsumer(queue()), "a", "b");
    }

    public void a_prepared_branch_survives_the_loss_of_its_socket_and_can_be_rolled_back() throws Exception {
        CuttingProxy proxy = closing(new CuttingProxy(broker.port("tcp")));
        ActiveMQXAConnection connection = (ActiveMQXAConnection) new ActiveMQXAConnectionFactory(
            "tcp://127.0.0.1:" + proxy.port()).createXAConnection();
        connection.start();
        sent(connection.createXASession(), branch(""), "never").prepare(branch(""));
        proxy.cutAll();
        XAResource other = xa().createXASession().getXAResource();
        Check.equal(true, has(recovered(other), branch("")));
        other.rollback(branch(""));
        Check.equal(false, has(recovered(other), branch("")));
        empty(queue());
        connection.close();
    }

    public void a_branch_that_is_not_prepared_goes_with_its_connection() throws Exception {
        ActiveMQXAConnection connection = xa();
        sent(connection.createXASession(), branch(""), "never");
        connection.close();
        XAResource other = xa().createXASession().getXAResource();
        Check.until("it is gone", () -> {
            try {
                other.rollback(branch(""));
                return false;
            } catch (XAException problem) {
                return problem.errorCode == XAException.XAER_NOTA;
            }
        });
        empty(queue());
    }

    public void messages_taken_in_a_committed_branch_are_gone() throws Exception {
        send(session(), queue(), "a", "b", "c");
        XASession session = xa().createXASession();
        XAResource resource = session.getXAResource();
        MessageConsumer consumer = session.createConsumer(queue());
        resource.start(branch(""), XAResource.TMNOFLAGS);
        texts(consumer, "a", "b");
        resource.end(branch(""), XAResource.TMSUCCESS);
        Check.equal(XAResource.XA_OK, resource.prepare(branch("")));
        resource.commit(branch(""), false);
        session.close();
        text(session().createConsumer(queue()), "c");
    }

    public void messages_taken_in_a_branch_that_is_rolled_back_come_again() throws Exception {
        send(session(), queue(), "a", "b");
        ActiveMQXAConnection connection = xa();
        XASession session = connection.createXASession();
        XAResource resource = session.getXAResource();
        MessageConsumer consumer = session.createConsumer(queue());
        resource.start(branch(""), XAResource.TMNOFLAGS);
        texts(consumer, "a");
        resource.end(branch(""), XAResource.TMSUCCESS);
        resource.rollback(branch(""));
        connection.close();
        MessageConsumer next = session().createConsumer(queue());
        Check.equal(true, text(next, "a").getJMSRedelivered());
        text(next, "b");
    }

    public void two_branches_of_one_session_are_apart() throws Exception {
        XASession session = xa().createXASession();
        XAResource resource = sent(session, branch("1"), "one");
        sent(session, branch("2"), "two");
        resource.rollback(branch("1"));
        resource.commit(branch("2"), true);
        MessageConsumer consumer = session().createConsumer(queue());
        text(consumer, "two");
    }

    public void a_commit_in_two_phases_without_a_prepare_is_an_error() throws Exception {
        XAResource resource = sent(xa().createXASession(), branch(""), "a");
        fails(XAException.XAER_PROTO, () -> resource.commit(branch(""), false));
    }

    public void a_commit_of_an_unknown_branch_is_an_error() throws Exception {
        XAResource resource = xa().createXASession().getXAResource();
        fails(XAException.XAER_NOTA, () -> resource.commit(branch(""), true));
        fails(XAException.XAER_NOTA, () -> resource.commit(branch(""), false));
    }

    public void a_rollback_of_an_unknown_branch_is_an_error() throws Exception {
        XAResource resource = xa().createXASession().getXAResource();
        fails(XAException.XAER_NOTA, () -> resource.rollback(branch("")));
    }

    public void a_prepare_of_an_unknown_branch_is_an_error() throws Exception {
        XAResource resource = xa().createXASession().getXAResource();
        Check.throwing(XAException.class, () -> resource.prepare(branch("")));
    }

    public void forgetting_an_unknown_branch_is_an_error() throws Exception {
        XAResource resource = xa().createXASession().getXAResource();
        fails(XAException.XAER_NOTA, () -> resource.forget(branch("")));
    }

    public void connections_that_are_resource_managers_of_their_own_have_branches_of_their_own() throws Exception {
        XASession one = xa("?jms.rmIdFromConnectionId=true").createXASession();
        XASession two = xa("?jms.rmIdFromConnectionId=true").createXASession();
        Check.equal(false, one.getXAResource().isSameRM(two.getXAResource()));
        XAResource first = sent(one, branch("1"), "a");
        XAResource second = sent(two, branch("2"), "b");
        Check.equal(XAResource.XA_OK, first.prepare(branch("1")));
        Check.equal(XAResource.XA_OK, second.prepare(branch("2")));
        first.commit(branch("1"), false);
        second.commit(branch("2"), false);
        texts(session().createConsumer(queue()), "a", "b");
    }

    public void a_branch_that_a_second_connection_joins_is_refused_there_and_whole_on_the_first() throws Exception {
        XAResource first = sent(xa().createXASession(), branch(""), "a", "b");
        XASession session = xa().createXASession();
        XAResource second = session.getXAResource();
        Check.equal(true, first.isSameRM(second));
        second.start(branch(""), XAResource.TMJOIN);
        send(session, queue(), "never");
        XAException refused =
            Check.throwing(XAException.class, () -> second.end(branch(""), XAResource.TMSUCCESS));
        Check.equal("the code", XAException.XAER_DUPID, refused.errorCode);
        Check.equal("the way out", true, refused.getMessage().contains("jms.rmIdFromConnectionId=true"));
        Check.equal(XAResource.XA_OK, first.prepare(branch("")));
        first.commit(branch(""), false);
        Session reader = session();
        MessageConsumer consumer = reader.createConsumer(queue());
        texts(consumer, "a", "b");
        fence(reader, queue(), consumer);
    }

    public void recover_knows_as_many_branches_as_are_prepared() throws Exception {
        XASession session = xa().createXASession();
        for (int i = 0; i < 20; i++)
            sent(session, branch("" + i), "m" + i).prepare(branch("" + i));
        List<Xid> found = recovered(session.getXAResource());
        for (int i = 0; i < 20; i++)
            Check.equal(true, has(found, branch("" + i)));
        for (int i = 0; i < 20; i++)
            session.getXAResource().commit(branch("" + i), false);
        MessageConsumer consumer = session().createConsumer(queue());
        for (int i = 0; i < 20; i++)
            text(consumer, "m" + i);
    }
}
