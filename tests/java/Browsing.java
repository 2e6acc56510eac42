/* SPDX-License-Identifier: Apache-2.0 */
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import javax.jms.MessageConsumer;
import javax.jms.MessageProducer;
import javax.jms.QueueBrowser;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnection;

/** Looking into a queue. */
final class Browsing extends Area {
    private static List<String> seen(QueueBrowser browser) throws Exception {
        List<String> texts = new ArrayList<>();
        Enumeration<?> messages = browser.getEnumeration();
        while (messages.hasMoreElements())
            texts.add(((TextMessage) messages.nextElement()).getText());
        return texts;
    }

    private List<String> fill(Session session, int count) throws Exception {
        List<String> texts = new ArrayList<>();
        MessageProducer producer = session.createProducer(queue());
        for (int i = 0; i < count; i++) {
            TextMessage message = session.createTextMessage("m" + i);
            message.setIntProperty("number", i);
            producer.send(message);
            texts.add(message.getText());
        }
        return texts;
    }

    public void a_browser_sees_all_messages_in_order_and_takes_none() throws Exception {
        Session session = session();
        List<String> all = fill(session, 10);
        QueueBrowser browser = session.createBrowser(queue());
        Check.equal(all, seen(browser));
        Check.equal(all, seen(browser));
        browser.close();
        Check.equal(all, drain(session.createConsumer(queue()), 10));
    }

    public void a_browser_of_an_empty_queue_sees_nothing() throws Exception {
        Check.equal(List.of(), seen(session().createBrowser(queue())));
    }

    public void a_browser_sees_what_its_selector_picks() throws Exception {
        Session session = session();
        fill(session, 10);
        Check.equal(List.of("m7", "m8", "m9"), seen(session.createBrowser(queue(), "number > 6")));
        Check.equal(List.of(), seen(session.createBrowser(queue(), "number > 60")));
    }

    public void a_browser_sees_more_than_its_prefetch() throws Exception {
        Session session = session(connect("?jms.prefetchPolicy.all=3"));
        List<String> all = fill(session, 50);
        Check.equal(all, seen(session.createBrowser(queue())));
    }

    public void a_browser_with_prefetch_one_sees_all() throws Exception {
        Session session = session(connect("?jms.prefetchPolicy.queueBrowserPrefetch=1"));
        List<String> all = fill(session, 12);
        Check.equal(all, seen(session.createBrowser(queue())));
    }

    public void a_browser_sees_a_long_queue_to_its_end() throws Exception {
        Session session = session();
        List<String> all = fill(session, 300);
        Check.equal(all, seen(session.createBrowser(queue())));
    }

    public void a_browser_sees_what_a_consumer_holds_but_has_not_acknowledged() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        List<String> all = fill(session, 5);
        text(session.createConsumer(queue()), "m0");
        Check.equal(all, seen(session(connection).createBrowser(queue())));
    }

    public void a_browser_does_not_see_what_was_acknowledged() throws Exception {
        ActiveMQConnection connection = connect("?jms.prefetchPolicy.all=1");
        Session session = session(connection);
        fill(session, 4);
        MessageConsumer consumer = session.createConsumer(queue());
        texts(consumer, "m0", "m1");
        consumer.close();
        Check.equal(List.of("m2", "m3"), seen(session(connection).createBrowser(queue())));
    }

    public void a_browser_does_not_see_what_is_not_committed() throws Exception {
        ActiveMQConnection connection = connect();
        Session session = transacted(connection);
        fill(session, 3);
        Check.equal(List.of(), seen(session(connection).createBrowser(queue())));
        session.commit();
        Check.equal(List.of("m0", "m1", "m2"), seen(session(connection).createBrowser(queue())));
    }

    public void two_browsers_do_not_disturb_each_other() throws Exception {
        ActiveMQConnection connection = connect();
        List<String> all = fill(session(connection), 20);
        QueueBrowser first = session(connection).createBrowser(queue());
        Enumeration<?> slow = first.getEnumeration();
        Check.equal("m0", ((TextMessage) slow.nextElement()).getText());
        Check.equal(all, seen(session(connection).createBrowser(queue())));
        Check.equal("m1", ((TextMessage) slow.nextElement()).getText());
    }

    public void a_browser_that_is_closed_early_leaves_all_there() throws Exception {
        Session session = session();
        List<String> all = fill(session, 20);
        QueueBrowser browser = session.createBrowser(queue());
        Enumeration<?> messages = browser.getEnumeration();
        messages.nextElement();
        browser.close();
        Check.equal(all, drain(session.createConsumer(queue()), 20));
    }

    public void browsed_messages_are_not_marked_redelivered() throws Exception {
        Session session = session();
        fill(session, 1);
        seen(session.createBrowser(queue()));
        Check.equal(false, text(session.createConsumer(queue()), "m0").getJMSRedelivered());
    }
}
