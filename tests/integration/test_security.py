# SPDX-License-Identifier: Apache-2.0
"""Who gets in, and who may do what: simple users, JAAS files, the authorization map, SIGHUP."""
import re
import signal
import unittest

from broker import Broker, BrokerTest, wait_until, with_workers

USERS = """
<plugins>
  <simpleAuthenticationPlugin %s>
    <users>
      <authenticationUser username="admin" password="secret" groups="admins, everyone"/>
      <authenticationUser username="writer" password="pen" groups="writers,everyone"/>
      <authenticationUser username="reader" password="glasses" groups="readers,everyone"/>
      %s
    </users>
  </simpleAuthenticationPlugin>
  <authorizationPlugin>
    <map><authorizationMap><authorizationEntries>
      <authorizationEntry queue=">" read="admins" write="admins" admin="admins"/>
      <authorizationEntry topic=">" read="admins" write="admins" admin="admins"/>
      <authorizationEntry queue="OPEN.>" read="readers" write="writers" admin="%s"/>
      <authorizationEntry topic="NEWS.>" read="*" write="writers" admin="everyone"/>
      <authorizationEntry topic="ActiveMQ.Advisory.>" read="*" write="*" admin="*"/>
    </authorizationEntries></authorizationMap></map>
  </authorizationPlugin>
</plugins>
"""


def users(attributes="", more="", creators="writers,readers"):
    return USERS % (attributes, more, creators)


class Refusal:
    """Mix-in: the ways in which a broker says no."""

    def refused_login(self, broker, **credentials):
        client = broker.socket()
        client.send("CONNECT", {"accept-version": "1.2", **credentials})
        error = client.error()
        client.expect_close()
        return error

    def denied(self, client, command, **headers):
        """The frame is refused for want of a right, and the connection stays."""
        client.send(command, dict(headers, receipt="denied"))
        error = client.error(receipt_id="denied")
        self.assertIn("not authorized", error["message"])
        client.expect_nothing()
        return error["message"]

    def reload(self, broker):
        before = broker.log()
        broker.signal(signal.SIGHUP)
        wait_until("the new realm to be in force on all workers",
                   lambda: re.search(r"\b(reloaded|reload_failed)\b", broker.log()[len(before):]))


@with_workers
class SimpleUsers(BrokerTest, Refusal):
    settings = {"children": users()}

    def test_the_right_password_gets_in(self):
        self.client(login="admin", passcode="secret").put("/queue/OPEN.a", "x")

    def test_others_do_not(self):
        for credentials in ({"login": "admin", "passcode": "wrong"}, {"login": "admin", "passcode": ""}, {"login": "admin"},
                            {"login": "nobody", "passcode": "secret"}, {}, {"passcode": "secret"},
                            {"login": "admin", "passcode": "secretsecret"}):
            with self.subTest(credentials=credentials):
                error = self.refused_login(self.broker, **credentials)
                self.assertNotIn("secret", error["message"] + error.text)

    def test_reading_needs_the_right_to_read(self):
        writer, reader = self.client(login="writer", passcode="pen"), self.client(login="reader", passcode="glasses")
        reader.subscribe("/queue/OPEN.read")
        self.assertIn("read", self.denied(writer, "SUBSCRIBE", destination="/queue/OPEN.read", id="1"))
        writer.put("/queue/OPEN.read", "x")
        reader.message("x")

    def test_writing_needs_the_right_to_write(self):
        reader, admin = self.client(login="reader", passcode="glasses"), self.client(login="admin", passcode="secret")
        reader.subscribe("/queue/OPEN.write")
        self.assertIn("write", self.denied(reader, "SEND", destination="/queue/OPEN.write"))
        admin.put("/queue/OPEN.write", "entries add up")
        reader.message("entries add up")

    def test_without_a_matching_entry_nothing_is_allowed(self):
        writer = self.client(login="writer", passcode="pen")
        self.denied(writer, "SEND", destination="/queue/CLOSED")
        self.denied(writer, "SUBSCRIBE", destination="/queue/CLOSED", id="1")
        self.denied(writer, "SEND", destination="/topic/CLOSED")

    def test_star_is_everybody_who_got_in(self):
        reader, writer = self.client(login="reader", passcode="glasses"), self.client(login="writer", passcode="pen")
        reader.subscribe("/topic/NEWS.today")
        writer.put("/topic/NEWS.today", "x")
        reader.message("x")

    def test_temporary_destinations_are_free(self):
        reader = self.client(login="reader", passcode="glasses")
        reader.subscribe("/temp-queue/t")
        reader.send("SEND", {"destination": "/temp-queue/t"}, "x")
        reader.message("x")

    def test_a_wildcard_does_not_show_what_may_not_be_read(self):
        reader, admin = self.client(login="reader", passcode="glasses"), self.client(login="admin", passcode="secret")
        admin.put("/queue/SECRET.wild", "hidden")
        reader.subscribe("/queue/*.wild")
        admin.put("/queue/SECRET.wild", "hidden too")
        admin.put("/queue/OPEN.wild", "seen")
        reader.message("seen")
        reader.expect_nothing()
        admin.subscribe("/queue/SECRET.wild")
        admin.message("hidden")
        admin.message("hidden too")

    def test_a_denied_send_in_a_transaction_is_not_in_it(self):
        writer, reader = self.client(login="writer", passcode="pen"), self.client(login="reader", passcode="glasses")
        reader.subscribe("/queue/OPEN.transaction")
        writer.request("BEGIN", transaction="t")
        self.denied(writer, "SEND", destination="/queue/CLOSED", transaction="t")
        writer.send("SEND", {"destination": "/queue/OPEN.transaction", "transaction": "t"}, "good")
        writer.request("COMMIT", transaction="t")
        reader.message("good")

    def test_passwords_are_not_logged(self):
        self.client(login="admin", passcode="secret")
        self.refused_login(self.broker, login="admin", passcode="not-the-passcode")
        log = self.broker.log()
        self.assertNotIn("not-the-passcode", log)
        self.assertNotIn("glasses", log)


class Creation(unittest.TestCase, Refusal):
    def test_the_first_use_needs_the_right_to_create(self):
        with Broker(children=users(creators="admins")) as broker:
            writer = broker.connect(login="writer", passcode="pen")
            self.assertIn("create", self.denied(writer, "SEND", destination="/queue/OPEN.new"))
            broker.connect(login="admin", passcode="secret").put("/queue/OPEN.new", "made")
            writer.put("/queue/OPEN.new", "now it is there")


class Anonymous(unittest.TestCase, Refusal):
    def test_without_login_one_is_anonymous_where_that_is_allowed(self):
        children = users('anonymousAccessAllowed="true" anonymousUser="guest" anonymousGroup="readers"')
        with Broker(children=children) as broker:
            guest = broker.connect()
            guest.subscribe("/queue/OPEN.guest")
            self.denied(guest, "SEND", destination="/queue/OPEN.guest")
            self.refused_login(broker, login="guest", passcode="x")


class Reload(unittest.TestCase, Refusal):
    """SIGHUP reads users and rights again; connections stay."""

    def check(self, workers):
        with Broker(children=users(), workers=workers) as broker:
            old = broker.connect(login="writer", passcode="pen")
            old.put("/queue/OPEN.a", "before")
            self.refused_login(broker, login="late", passcode="comer")
            text = broker.file.read_text()
            broker.write("activemq.xml", text.replace(
                "</users>", '<authenticationUser username="late" password="comer" groups="readers,everyone"/></users>'))
            self.reload(broker)
            late = broker.connect(login="late", passcode="comer")
            late.subscribe("/queue/OPEN.a")
            late.message("before")
            old.put("/queue/OPEN.a", "after")
            late.message("after")

    def test_on_one_worker(self):
        self.check(1)

    def test_on_two_workers(self):
        self.check(2)

    def test_a_broken_file_changes_nothing(self):
        with Broker(children=users()) as broker:
            broker.write("activemq.xml", "<beans><broken")
            self.reload(broker)
            broker.connect(login="admin", passcode="secret").put("/queue/OPEN.a", "x")
            self.refused_login(broker, login="admin", passcode="wrong")


LOGIN_CONFIG = """
activemq {
    org.apache.activemq.jaas.PropertiesLoginModule required
        debug=true
        reload=%s
        org.apache.activemq.jaas.properties.user="users.properties"
        org.apache.activemq.jaas.properties.group="groups.properties";
};
"""
JAAS = """
<plugins>
  <jaasAuthenticationPlugin configuration="activemq"/>
  <authorizationPlugin>
    <map><authorizationMap><authorizationEntries>
      <authorizationEntry queue=">" read="admins" write="admins" admin="admins"/>
      <authorizationEntry queue="USERS.>" read="users" write="users" admin="users"/>
      <authorizationEntry topic="ActiveMQ.Advisory.>" read="admins,users" write="admins,users" admin="admins,users"/>
    </authorizationEntries></authorizationMap></map>
  </authorizationPlugin>
</plugins>
"""


class JaasFiles(unittest.TestCase, Refusal):
    def broker(self, reload="false"):
        return Broker(children=JAAS, files={
            "login.config": LOGIN_CONFIG % reload,
            "users.properties": "# people\nsystem=manager\nuser=password\n",
            "groups.properties": "admins=system\nusers=system,user\n"})

    def test_users_and_groups_come_from_the_properties_files(self):
        with self.broker() as broker:
            user = broker.connect(login="user", passcode="password")
            user.put("/queue/USERS.a", "x")
            self.denied(user, "SEND", destination="/queue/OTHER")
            broker.connect(login="system", passcode="manager").put("/queue/OTHER", "x")
            self.refused_login(broker, login="user", passcode="manager")
            self.refused_login(broker)

    def test_SIGHUP_reads_the_files_again(self):
        with self.broker("true") as broker:
            self.refused_login(broker, login="late", passcode="comer")
            broker.write("users.properties", "system=manager\nlate=comer\n")
            broker.write("groups.properties", "admins=system\nusers=system,late\n")
            self.reload(broker)
            broker.connect(login="late", passcode="comer").put("/queue/USERS.a", "x")
            self.refused_login(broker, login="user", passcode="password")


if __name__ == "__main__":
    unittest.main()
