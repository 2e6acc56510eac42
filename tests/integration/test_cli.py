# SPDX-License-Identifier: Apache-2.0
"""`corewire` and `corewire-bench` as people call them, against a corewired of the test."""
import base64
import json
import os
import pty
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

from broker import BUILD, HOST, PATIENCE, Broker

COREWIRE, BENCH = BUILD / "corewire", BUILD / "corewire-bench"
FAILED, CONNECTION, REFUSED, TIMEOUT, USAGE = 1, 2, 3, 4, 64
GOOD = """<beans xmlns="http://www.springframework.org/schema/beans">
<broker xmlns="http://activemq.apache.org/schema/core" brokerName="${name}" persistent="false"%s>
<transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:61613"/></transportConnectors>
</broker></beans>
"""


def run(program, *arguments, body=None, seconds=PATIENCE):
    """(exit status, what it printed, what it complained) of a program; bytes stay bytes."""
    done = subprocess.run([str(program)] + [str(a) for a in arguments], input=body if body is not None else b"",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


class Messages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker()

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()

    def setUp(self):
        self.queue = "/queue/cli." + self.id().rsplit(".", 1)[1]

    def corewire(self, command, *arguments, status=0, body=None):
        found, out, complaint = run(COREWIRE, command, "-h", "%s:%d" % (HOST, self.broker.stomp), *arguments, body=body)
        self.assertEqual(found, status, complaint)
        return out, complaint

    def send(self, *arguments, **more):
        return self.corewire("send", *arguments, **more)

    def receive(self, *arguments, **more):
        return self.corewire("receive", *arguments, **more)[0]

    def messages(self, *arguments):
        """What there is, as (headers, body) pairs."""
        lines = self.receive("--json", "--timeout", "1", *arguments).decode().splitlines()
        return [(m["headers"], m["body"]) for m in map(json.loads, lines)]

    def test_a_message_comes_back_as_it_was_sent(self):
        self.send(self.queue, "hello")
        self.assertEqual(self.receive("-n", "1", self.queue), b"hello\n")

    def test_the_body_comes_from_standard_input_or_a_file(self):
        self.send(self.queue, body=b"two\nlines")
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"from a file")
            file.flush()
            self.send(self.queue, "--file", file.name)
        self.assertEqual([body for _, body in self.messages(self.queue)], ["two\nlines", "from a file"])

    def test_a_file_that_is_not_there_sends_nothing(self):
        _, complaint = self.send(self.queue, "--file", "/does/not/exist", status=FAILED)
        self.assertIn("/does/not/exist", complaint)
        self.assertEqual(self.messages(self.queue), [])

    def test_a_body_with_nul_survives(self):
        self.send(self.queue, body=b"a\0b\xff")
        line = self.receive("-n", "1", "--json", self.queue)
        self.assertEqual(base64.b64decode(json.loads(line)["body_base64"]), b"a\0b\xff")

    def test_text_and_bytes_are_different_messages(self):
        self.send(self.queue, "text")
        self.send("--bytes", self.queue, "bytes")
        text, raw = self.messages(self.queue)
        self.assertNotIn("content-length", text[0])
        self.assertEqual(raw[0]["content-length"], "5")

    def test_headers_survive_whatever_is_in_them(self):
        value = "a:b\\c\nd\rße"
        self.send("-H", "x:" + value, "-H", "y:2", "--persistent", "--reply-to", "topic://answers", self.queue, "b")
        (headers, _), = self.messages(self.queue)
        self.assertEqual(headers["x"], value)
        self.assertEqual(headers["y"], "2")
        self.assertEqual(headers["persistent"], "true")
        self.assertEqual(headers["reply-to"], "/topic/answers")

    def test_a_time_to_live_becomes_an_expiry(self):
        before = time.time() * 1000
        self.send("--ttl", "60000", self.queue, "b")
        (headers, _), = self.messages(self.queue)
        self.assertTrue(before + 59000 < int(headers["expires"]) < time.time() * 1000 + 61000, headers)

    def test_a_count_sends_so_many_each_confirmed(self):
        self.send("-n", "5", "--receipt", self.queue, "b")
        self.assertEqual(len(self.messages(self.queue)), 5)

    def test_both_ways_of_writing_a_destination_mean_the_same(self):
        self.send(self.queue.replace("/queue/", "queue://"), "b")
        self.assertEqual(self.receive("-n", "1", self.queue), b"b\n")

    def test_what_was_not_asked_for_stays_in_the_queue(self):
        for body in "abc":
            self.send(self.queue, body)
        self.assertEqual(self.receive("-n", "1", self.queue), b"a\n")
        self.assertEqual([body for _, body in self.messages(self.queue)], ["b", "c"])

    def test_browsing_leaves_all_messages(self):
        self.send("-n", "3", self.queue, "b")
        self.assertEqual(self.receive("--browse", self.queue), b"b\nb\nb\n")
        self.assertEqual(len(self.messages(self.queue)), 3)

    def test_an_empty_queue_can_be_browsed(self):
        self.assertEqual(self.receive("--browse", self.queue), b"")

    def test_headers_are_printed_before_the_body(self):
        self.send("-H", "color:red", self.queue, "b")
        head, _, body = self.receive("-n", "1", "--headers", self.queue).partition(b"\n\n")
        self.assertIn(b"color: red", head.splitlines())
        self.assertEqual(body, b"b\n")

    def test_every_mode_of_acknowledgement_consumes(self):
        for mode in ("auto", "client", "client-individual"):
            self.send("-n", "2", self.queue, "b")
            self.assertEqual(len(self.messages("--ack", mode, "-n", "2", self.queue)), 2, mode)
            self.assertEqual(self.messages(self.queue), [], mode)

    def test_a_selector_chooses(self):
        for color in ("red", "blue"):
            self.send("-H", "color:" + color, self.queue, color)
        self.assertEqual(self.receive("-n", "1", "--selector", "color = 'blue'", self.queue), b"blue\n")

    def test_a_durable_subscription_keeps_messages(self):
        topic = self.queue.replace("/queue/", "/topic/")
        durable = ("--durable", "sub", "--client-id", self.queue, "--timeout", "1", topic)
        self.receive(*durable)
        self.send(topic, "while away")
        self.assertEqual(self.receive("-n", "1", *durable), b"while away\n")

    def test_too_few_messages_in_time_is_a_timeout(self):
        self.receive("-n", "1", "--timeout", "0.2", self.queue, status=TIMEOUT)

    def test_an_error_of_the_broker_is_printed(self):
        _, complaint = self.corewire("receive", "--selector", "color =", self.queue, status=REFUSED)
        self.assertIn("the broker refused", complaint)

    def test_mistakes_on_the_command_line_have_a_status_of_their_own(self):
        for arguments in (("send",), ("send", "-n", "0", self.queue, "b"), ("send", "-H", "x", self.queue, "b"),
                          ("receive",), ("receive", "--ack", "never", self.queue),
                          ("receive", "--durable", "x", self.queue), ("receive", "--timeout", "soon", self.queue)):
            self.corewire(*arguments, status=USAGE)

    def bench(self, *arguments, status=0):
        found, out, complaint = run(BENCH, "--host", HOST, "--port", self.broker.stomp, "--quiet", "--json", "-",
                                    "--queue", "bench." + self.id().rsplit(".", 1)[1], *arguments, seconds=60)
        self.assertEqual(found, status, complaint)
        return json.loads(out)

    def test_bench_finds_every_message_in_every_mode(self):
        for arguments in (("--protocol", "1.0", "--ack", "client"), ("--protocol", "1.1", "--window", "100"),
                          ("--ack", "client-individual", "--consumers", "3", "--producers", "2"),
                          ("--destinations", "5", "--text"), ("--destinations", "2", "--producers", "5", "--threads", "2"),
                          ("--persistent", "--size", "20000", "--header", "a:b"), ("--rate", "20000", "--sleep")):
            result = self.bench("--messages", "5000", *arguments)
            check = result["verification"]
            self.assertTrue(check["done"], arguments)
            self.assertEqual((check["expected"], check["lost"], check["duplicated"], check["reordered"]),
                             (5000, 0, 0, 0), arguments)
            self.assertEqual(result["latency_us"]["count"], 5000)

    def test_bench_counts_each_subscriber_of_a_topic(self):
        result = self.bench("--topic", "bench.t", "--consumers", "7", "--messages", "1000")
        self.assertEqual(result["verification"]["expected"], 7000)
        self.assertEqual(result["received"]["messages"], 7000)

    def test_bench_reports_what_is_lost(self):
        # The second reader of the queue takes messages away from the one that counts them.
        thief = self.broker.connect()
        thief.subscribe("/queue/bench.test_bench_reports_what_is_lost.0")
        result = self.bench("--messages", "100", "--drain", "0.5", status=FAILED)
        self.assertGreater(result["verification"]["lost"], 0)

    def test_bench_measures_idle_connections(self):
        result = self.bench("--producers", "0", "--consumers", "0", "--idle-connections", "50", "--pid", self.broker.pid)
        self.assertEqual(result["idle"]["connections"], 50)
        self.assertGreater(result["idle"]["rss_after"], 0)


class Passwords(unittest.TestCase):
    def test_wrong_and_right_passwords(self):
        users = ('<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="right" '
                 'groups="g"/></users></simpleAuthenticationPlugin></plugins>')
        with Broker(children=users) as broker, tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "password"
            file.write_text("right\n")
            send = ("send", "-h", "%s:%d" % (HOST, broker.stomp), "/queue/q", "b", "-u", "u")
            self.assertEqual(run(COREWIRE, *send, "-p", "wrong")[0], REFUSED)
            self.assertEqual(run(COREWIRE, *send, "-p", "right")[0], 0)
            self.assertEqual(run(COREWIRE, *send, "--password-file", file)[0], 0)
            self.assertEqual(run(COREWIRE, *send, "--password-file", Path(folder) / "none")[0], FAILED)

    def test_a_hash_has_a_fresh_salt_and_never_the_password(self):
        for scheme in ("scrypt", "pbkdf2"):
            hashes = [run(COREWIRE, "hash-password", "--scheme", scheme, body=b"secret\n") for _ in range(2)]
            for status, out, complaint in hashes:
                self.assertEqual(status, 0, complaint)
                self.assertTrue(out.startswith(b"{%s}" % scheme.encode()), out)
                self.assertNotIn(b"secret", out)
            self.assertNotEqual(hashes[0][1], hashes[1][1])

    def test_no_password_makes_no_hash(self):
        for body in (b"", b"\n"):
            status, out, _ = run(COREWIRE, "hash-password", body=body)
            self.assertEqual((status, out), (FAILED, b""))

    def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(self):
        main, terminal = pty.openpty()
        with subprocess.Popen([str(COREWIRE), "hash-password"], stdin=terminal, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            for prompt in (b"Password: ", b"Again: "):
                said = b""
                while not said.endswith(prompt):
                    byte = process.stderr.read(1)
                    self.assertTrue(byte, "ended before it asked: %r" % said)
                    said += byte
                # The prompt precedes the switching off of the echo, which also drops what was typed before.
                while self.echoes(terminal):
                    time.sleep(0.005)
                os.write(main, b"secret\n")
            out = process.stdout.read()
            self.assertEqual(process.wait(PATIENCE), 0)
        self.assertTrue(out.startswith(b"{scrypt}"), out)
        os.set_blocking(main, False)
        try:
            shown = os.read(main, 1000)
        except BlockingIOError:
            shown = b""
        self.assertNotIn(b"secret", shown)
        os.close(main)
        os.close(terminal)

    def echoes(self, terminal):
        return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


class Configuration(unittest.TestCase):
    def check(self, text, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "activemq.xml"
            file.write_text(text)
            status, out, complaint = run(COREWIRE, "check", *arguments, file)
            return status, out.decode() + complaint

    def test_a_good_file_passes_and_is_explained(self):
        status, said = self.check(GOOD % "", "--set", "name=somebody")
        self.assertEqual(status, 0, said)
        self.assertIn("somebody", said)
        self.assertIn("61613", said)

    def test_a_mistake_is_named_with_its_line(self):
        status, said = self.check(GOOD % ' noSuchAttribute="1"', "--set", "name=x")
        self.assertEqual(status, FAILED)
        self.assertIn("activemq.xml:2", said)
        self.assertIn("noSuchAttribute", said)

    def test_one_bad_file_among_good_ones_is_enough(self):
        with tempfile.TemporaryDirectory() as folder:
            good, bad = Path(folder) / "good.xml", Path(folder) / "bad.xml"
            good.write_text(GOOD.replace("${name}", "x") % "")
            bad.write_text("<beans>")
            self.assertEqual(run(COREWIRE, "check", good)[0], 0)
            status, out, _ = run(COREWIRE, "check", bad, good)
            self.assertEqual(status, FAILED)
            self.assertIn(b"good.xml: ok", out)

    def test_the_reference_names_elements_and_attributes(self):
        status, out, _ = run(COREWIRE, "config-reference")
        self.assertEqual(status, 0)
        for name in (b"policyEntry", b"memoryLimit", b"transportConnector"):
            self.assertIn(name, out)


class Programs(unittest.TestCase):
    def test_say_their_version_and_how_they_are_used(self):
        for program in (COREWIRE, BENCH):
            status, out, _ = run(program, "--version")
            self.assertEqual(status, 0)
            self.assertRegex(out.decode(), r"^%s \d+\.\d+\.\d+\n$" % program.name)
            status, out, _ = run(program, "--help")
            self.assertEqual(status, 0)
            self.assertIn(b"Exit status", out)

    def test_say_so_when_nobody_listens(self):
        for program, arguments, expected in ((COREWIRE, ("send", "-h", "127.0.0.1:1", "/queue/q", "b"), CONNECTION),
                                             (BENCH, ("--host", "127.0.0.1", "--port", "1"), CONNECTION)):
            status, _, complaint = run(program, *arguments)
            self.assertEqual(status, expected)
            self.assertIn("cannot connect", complaint)

    def test_refuse_a_command_or_an_option_that_does_not_exist(self):
        self.assertEqual(run(COREWIRE, "fly")[0], USAGE)
        self.assertEqual(run(COREWIRE)[0], USAGE)
        self.assertEqual(run(BENCH, "--fly")[0], USAGE)


if __name__ == "__main__":
    unittest.main()
