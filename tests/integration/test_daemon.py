# SPDX-License-Identifier: Apache-2.0
"""corewired as an operator meets it: command line, checks, signals, log."""
import json
import os
import signal
import socket
import unittest

from broker import HOST, PATIENCE, Broker, Closed, InBackground, free_port, wait_until

BROKER = '<broker xmlns="http://activemq.apache.org/schema/core" brokerName="test" persistent="false" %s>%s</broker>'
BEANS = """<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd
  http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
%s</beans>
"""
CONNECTOR = '<transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:%s"/></transportConnectors>'


class Checking(unittest.TestCase):
    """corewired --check reads the configuration, says what it means, and does not start."""

    def check(self, config):
        broker = Broker(config=config, start=False)
        try:
            return broker.run("--check")
        finally:
            broker.stop()

    def line_of(self, config, text):
        return config[:config.index(text)].count("\n") + 1

    def test_a_good_file_passes(self):
        status, output = self.check(BEANS % (BROKER % ("", CONNECTOR % "{stomp}")))
        self.assertEqual(status, 0, output)

    def test_a_mistake_is_named_with_file_and_line(self):
        for mistake in ('<policyEntry queue=">" noSuchAttribute="1"/>', '<policyEntry queue=">" memoryLimit="1.5 gb"/>',
                        '<policyEntry queue=">" producerFlowControl="yes"/>', '<noSuchElement/>'):
            config = BEANS % (BROKER % ("", "<destinationPolicy><policyMap><policyEntries>\n\n%s\n</policyEntries></policyMap></destinationPolicy>"
                                        % mistake + CONNECTOR % "{stomp}"))
            with self.subTest(mistake=mistake):
                status, output = self.check(config)
                self.assertNotEqual(status, 0)
                self.assertRegex(output, r"activemq\.xml:%d\b" % self.line_of(config, mistake))

    def test_every_mistake_is_reported_not_only_the_first(self):
        status, output = self.check(BEANS % (BROKER % ('oneMistake="1"', "<anotherMistake/>" + CONNECTOR % "{stomp}")))
        self.assertNotEqual(status, 0)
        self.assertIn("oneMistake", output)
        self.assertIn("anotherMistake", output)

    def test_text_that_is_not_XML_is_refused(self):
        for config in ("", "<beans>", "not xml at all", "<beans/>"):
            with self.subTest(config=config):
                status, output = self.check(config)
                self.assertNotEqual(status, 0)
                self.assertIn("activemq.xml", output)

    def test_a_file_that_is_missing_is_refused(self):
        broker = Broker(config="", start=False)
        broker.file.unlink()
        status, output = broker.run("--check")
        broker.stop()
        self.assertNotEqual(status, 0)
        self.assertIn("activemq.xml", output)

    def test_an_undefined_variable_is_refused_by_name(self):
        status, output = self.check(BEANS % (BROKER % ("", CONNECTOR % "${no.such.variable}")))
        self.assertNotEqual(status, 0)
        self.assertIn("no.such.variable", output)

    def test_a_password_is_never_printed(self):
        plugin = ('<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="hush-hush" groups="g"/>'
                  '</users></simpleAuthenticationPlugin></plugins>')
        status, output = self.check(BEANS % (BROKER % ("", plugin + CONNECTOR % "{stomp}")))
        self.assertEqual(status, 0, output)
        self.assertNotIn("hush-hush", output)

    def test_entities_from_outside_are_not_read(self):
        broker = Broker(config="", start=False, files={"secret.txt": "leaked"})
        broker.write("activemq.xml", '<!DOCTYPE beans [<!ENTITY x SYSTEM "file://%s/secret.txt">]>' % broker.conf
                     + BEANS % (BROKER % ("", "<destinations><queue physicalName=\"&x;\"/></destinations>" + CONNECTOR % "1")))
        status, output = broker.run("--check")
        broker.stop()
        self.assertNotEqual(status, 0)
        self.assertNotIn("leaked", output)


class CommandLine(unittest.TestCase):
    def test_version_and_help(self):
        broker = Broker(config="", start=False)
        for option in ("--version", "--help"):
            status, output = broker.run(option)
            self.assertEqual(status, 0, output)
            self.assertIn("corewired", output.lower())
        broker.stop()

    def test_an_unknown_option_is_refused(self):
        broker = Broker(config="", start=False)
        status, output = broker.run("--no-such-option")
        broker.stop()
        self.assertNotEqual(status, 0)
        self.assertIn("no-such-option", output)

    def test_set_gives_a_variable(self):
        port = free_port()
        broker = Broker(config=BEANS % (BROKER % ("", CONNECTOR % "${stomp.port}")), start=False,
                        arguments=["--set", "stomp.port=%d" % port])
        broker.stomp = port
        with broker:
            broker.start()
            broker.connect().put("/queue/a", "x")

    def test_a_variable_may_come_from_the_environment(self):
        port = free_port()
        broker = Broker(config=BEANS % (BROKER % ("", CONNECTOR % "${STOMP_PORT}")), start=False,
                        environment={"STOMP_PORT": str(port)})
        broker.stomp = port
        with broker:
            broker.start()
            broker.connect().put("/queue/a", "x")

    def test_a_variable_may_come_from_a_properties_file(self):
        port = free_port()
        beans = BEANS.replace("Configurer\"/>", 'Configurer"><property name="locations">'
                              "<value>file:${activemq.conf}/ports.properties</value></property></bean>")
        broker = Broker(config=beans % (BROKER % ("", CONNECTOR % "${stomp.port}")), start=False,
                        files={"ports.properties": "# ports\nstomp.port = %d\n" % port})
        broker.stomp = port
        with broker:
            broker.start()
            broker.connect().put("/queue/a", "x")

    def test_a_port_in_use_is_an_error_that_names_it(self):
        with socket.socket() as taken:
            taken.bind((HOST, 0))
            taken.listen()
            port = taken.getsockname()[1]
            broker = Broker(config=BEANS % (BROKER % ("", CONNECTOR % port)), start=False)
            status, output = broker.run()
            broker.stop()
            self.assertNotEqual(status, 0)
            self.assertIn(str(port), output)

    def test_a_broken_configuration_does_not_start(self):
        broker = Broker(config=BEANS % (BROKER % ('noSuchAttribute="1"', CONNECTOR % "{stomp}")), start=False)
        status, output = broker.run()
        broker.stop()
        self.assertNotEqual(status, 0)
        self.assertIn("activemq.xml:", output)


class Signals(unittest.TestCase):
    def check_end(self, number, workers=1):
        broker = Broker(workers=workers)
        client = broker.connect()
        client.put("/queue/a", "x")
        broker.signal(number)
        self.assertEqual(broker.wait_end(), 0, broker.log())
        with self.assertRaises(Closed):
            client.frame()
        broker.stop()

    def test_SIGTERM_and_SIGINT_end_the_broker_with_status_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            for workers in (1, 2):
                with self.subTest(signal=number, workers=workers):
                    self.check_end(number, workers)

    def test_SIGTERM_during_traffic_ends_with_status_0(self):
        for workers in (1, 2):
            broker = Broker(workers=workers)

            def traffic(client, name):
                number = 0
                try:
                    client.subscribe("/topic/" + name)
                    client.subscribe("/queue/" + name, id="q")
                    while True:
                        client.send("SEND", {"destination": "/topic/" + name}, "x" * 1000)
                        client.send("SEND", {"destination": "/queue/" + name, "receipt": "r"}, "x" * 1000)
                        while client.frame().command != "RECEIPT":
                            pass
                        number += 1
                except (Closed, OSError):
                    return number

            runs = [InBackground(traffic, broker.connect(), "t%d" % (i % 3)) for i in range(6)]
            other = broker.connect()
            for i in range(50):
                other.put("/queue/elsewhere", "%d" % i)
            broker.signal(signal.SIGTERM)
            self.assertEqual(broker.wait_end(), 0, broker.log()[-4000:])
            for run in runs:
                run.join()
            broker.stop()

    def test_what_was_answered_before_SIGTERM_is_still_written(self):
        """A reader that is a little behind gets what was on its way when the signal came."""
        with Broker() as broker:
            reader, body = broker.connect(), "x" * 5000
            reader.subscribe("/queue/a")
            sender = broker.connect()
            for i in range(100):
                sender.put("/queue/a", body)
            broker.signal(signal.SIGTERM)
            for i in range(100):
                reader.message(body)
            self.assertEqual(broker.wait_end(), 0)

    def test_a_reader_that_sleeps_does_not_keep_the_broker_from_ending(self):
        for signals in (1, 2):
            with self.subTest(signals=signals):
                broker = Broker(attributes='cw:shutdownMillis="%d"' % (1000 if signals == 1 else 600000))
                reader = broker.connect()
                reader.subscribe("/queue/a")
                sender = broker.connect()
                for i in range(300):
                    sender.put("/queue/a", "x" * 50000)
                broker.signal(signal.SIGTERM)
                if signals == 2:
                    broker.wait_log("shut|stop")
                    broker.signal(signal.SIGTERM)
                broker.wait_end()
                reader.close()
                broker.process = None
                broker.stop()

    def test_no_new_connections_after_SIGTERM_and_the_port_is_free_again(self):
        broker = Broker()
        broker.connect().put("/queue/a", "x")
        broker.signal(signal.SIGTERM)
        self.assertEqual(broker.wait_end(), 0)
        broker.start()
        broker.connect().put("/queue/a", "again")
        broker.stop()

    def test_SIGHUP_is_not_the_end(self):
        with Broker(workers=2) as broker:
            client = broker.connect()
            for i in range(5):
                broker.signal(signal.SIGHUP)
                client.put("/queue/a", "x")

    def test_a_client_that_goes_away_is_no_SIGPIPE(self):
        with Broker() as broker:
            for _ in range(50):
                client = broker.connect()
                client.subscribe("/topic/a")
                client.close()
                broker.connect().put("/topic/a", "x" * 100000)


class Logs(unittest.TestCase):
    def test_text_lines_have_a_time_a_level_and_an_event(self):
        with Broker() as broker:
            broker.connect()
            broker.wait_log(r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (error|warn|info|debug) ")

    def test_json_lines_are_json(self):
        with Broker(arguments=["--log-format", "json"]) as broker:
            client = broker.socket()
            client.send_raw(b'BAD "quotes\\\x01\n\n\0')
            client.error()
            client.expect_close()
            wait_until("a line", lambda: broker.log().strip())
            broker.signal(signal.SIGTERM)
            self.assertEqual(broker.wait_end(), 0)
            lines = [line for line in broker.log().splitlines() if line]
            self.assertGreater(len(lines), 1)
            for line in lines:
                self.assertIn("event", json.loads(line), line)

    def test_journald_lines_begin_with_a_priority(self):
        with Broker(arguments=["--log-format", "journald"]) as broker:
            broker.wait_log(r"(?m)^<[0-7]>")

    def test_a_peer_cannot_forge_a_line(self):
        with Broker() as broker:
            for _ in range(3):
                client = broker.socket()
                client.send_raw(b"CONNECT\naccept-version:1.2\nlogin:x\\n2026-01-01T00:00:00.000000Z error forged\nclient-id:a\\nforged\n\n\0")
                client.frame()
            broker.connect().put("/queue/a", "x")
            for line in broker.log().splitlines():
                self.assertNotRegex(line, r"^2026-01-01T00:00:00.000000Z error forged|^forged")

    def test_body_and_passcode_are_never_logged(self):
        with Broker(arguments=["--log-level", "debug"]) as broker:
            client = broker.connect(login="someone", passcode="pass-code-word")
            client.put("/queue/a", "body-of-the-message")
            client.subscribe("/queue/a")
            client.message("body-of-the-message")
            self.assertNotIn("pass-code-word", broker.log())
            self.assertNotIn("body-of-the-message", broker.log())


class Settings(unittest.TestCase):
    def test_workers_is_the_number_of_worker_threads(self):
        def threads(broker):
            return len(os.listdir("/proc/%d/task" % broker.pid))

        with Broker(workers=1) as one, Broker(workers=3) as three:
            self.assertEqual(threads(three) - threads(one), 2)

    def test_a_value_out_of_range_is_refused_with_its_line(self):
        broker = Broker(attributes='cw:mailboxSlots="1"', start=False)
        status, output = broker.run()
        broker.stop()
        self.assertNotEqual(status, 0)
        self.assertIn("mailboxSlots", output)

    def test_tiny_rings_and_buffers_only_make_it_slower(self):
        tiny = 'cw:ringEntries="64" cw:mailboxSlots="64" cw:receiveBuffers="16" cw:receiveBufferBytes="1024" cw:outputBytesMax="65536"'
        with Broker(attributes=tiny, workers=2) as broker:
            clients = [broker.connect() for _ in range(20)]
            for client in clients:
                client.subscribe("/topic/all")
                client.subscribe("/queue/shared", id="q")
            body = "x" * 3000
            sender = broker.connect()
            sending = InBackground(lambda: [sender.put("/topic/all", body) for _ in range(100)])
            for client in clients:
                for _ in range(100):
                    client.message(body)
            sending.join(2 * PATIENCE)


if __name__ == "__main__":
    unittest.main()
