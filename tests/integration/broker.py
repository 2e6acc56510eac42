# SPDX-License-Identifier: Apache-2.0
"""What the integration tests share: a corewired of their own, and a STOMP client that sees bytes.

A Broker runs corewired with a configuration in a folder of its own, on ports of its own, and at
its end insists on exit status 0 and on a log without a sanitizer's report. A Stomp is one
connection, with nothing between the test and the wire.

Deadlines are generous, since a sanitizer build on a busy machine is slow; no test asserts that
something is quick. That something does *not* happen is shown by an event that comes after it.
"""
import collections
import ctypes
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("COREWIRE_BUILD", ROOT / "build"))
COREWIRED = BUILD / "corewired"
HOST = "127.0.0.1"
PATIENCE = 30  # seconds until something that must happen counts as missing

CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<beans xmlns="http://www.springframework.org/schema/beans"
       xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
       xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd
                           http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
  <broker xmlns="http://activemq.apache.org/schema/core" xmlns:cw="urn:corewire:config"
          brokerName="test" persistent="false" cw:workers="{workers}" {attributes}>
    {policies}
    {children}
    <transportConnectors>
      {connectors}
    </transportConnectors>
  </broker>
</beans>
"""
SANITIZER = re.compile(r"ERROR: \w*Sanitizer|runtime error:|WARNING: ThreadSanitizer")


def policies(*entries):
    """<destinationPolicy> around the given <policyEntry> elements."""
    return ("<destinationPolicy><policyMap><policyEntries>%s</policyEntries></policyMap></destinationPolicy>"
            % "".join(entries))


def wait_until(what, test, seconds=PATIENCE, every=0.02):
    """Repeats test until its answer is true, and returns that; fails after some seconds."""
    deadline = time.monotonic() + seconds
    while True:
        answer = test()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError("%s: not within %d s" % (what, seconds))
        time.sleep(every)


def free_port():
    """A port nobody listens on, outside the range from which outgoing connections get theirs."""
    while True:
        port = random.randrange(10000, 25000)
        with socket.socket() as probe:
            try:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((HOST, port))
                return port
            except OSError:
                continue


def status_of(pid, field):
    """A number out of /proc/PID/status."""
    found = re.search(r"^%s:\s+(\d+)" % field, Path("/proc/%d/status" % pid).read_text(), re.M)
    return int(found.group(1)) if found else 0


def memory_of(pid):
    """Resident bytes of a process."""
    return 1024 * status_of(pid, "VmRSS")


def is_sanitized():
    """Whether the broker under test is a sanitizer build, whose memory says nothing."""
    if not COREWIRED.exists():
        return False
    symbols = COREWIRED.read_bytes()
    return b"__asan_init" in symbols or b"__tsan_init" in symbols


def allow_descriptors(count):
    """Raises the limit of open files; returns what it is now. Children inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        for wanted in ((count, max(count, hard)), (min(count, hard), hard)):
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, wanted)
                break
            except (ValueError, OSError):
                continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def sanitizer_variables():
    """The environment, with what a sanitizer build wants to know."""
    return dict(os.environ, TSAN_OPTIONS="suppressions=%s/tests/tsan.supp" % ROOT, UBSAN_OPTIONS="print_stacktrace=1")


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Broker:
    """A corewired of one test. Use as a context, or call stop().

    config      the whole text of activemq.xml, with {stomp} for the port; else built from:
    policies    <destinationPolicy> element
    children    other children of <broker>
    attributes  of <broker>
    options     what follows the port in the STOMP connector's URI, such as "?a=b&amp;c=d"
    workers     threads; 2 shows what crosses threads
    files       {name: text} to write beside activemq.xml
    """

    def __init__(self, config=None, policies="", children="", attributes="", options="", connector="",
                 workers=1, files=None, arguments=(), environment=None, start=True):
        self.folder = Path(tempfile.mkdtemp(prefix="corewire-test-"))
        self.conf, self.data = self.folder / "conf", self.folder / "data"
        self.conf.mkdir()
        self.data.mkdir()
        self.stomp = free_port()
        self.file = self.conf / "activemq.xml"
        if config is None:
            element = '<transportConnector name="stomp" uri="stomp://%s:%d%s" %s/>' % (HOST, self.stomp, options, connector)
            config = CONFIG.format(workers=workers, attributes=attributes, policies=policies,
                                   children=children, connectors=element)
        else:
            config = config.replace("{stomp}", str(self.stomp))
        self.write("activemq.xml", config)
        for name, text in (files or {}).items():
            self.write(name, text)
        self.arguments, self.environment = list(arguments), dict(environment or {})
        self.process, self.output = None, self.folder / "output"
        self.clients = []
        if start:
            self.start()

    def write(self, name, text):
        (self.conf / name).write_text(text)

    def command(self, *more):
        return [str(COREWIRED), "--config", str(self.file), "--data", str(self.data)] + self.arguments + list(more)

    def variables(self):
        environment = dict(sanitizer_variables(), ACTIVEMQ_BASE=str(self.folder), ACTIVEMQ_CONF=str(self.conf),
                           ACTIVEMQ_DATA=str(self.data))
        environment.update(self.environment)
        return environment

    def run(self, *more, seconds=PATIENCE):
        """Runs corewired with further arguments to its end: (exit status, all it wrote)."""
        done = subprocess.run(self.command(*more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds,
                              cwd=self.folder, env=self.variables())
        return done.returncode, done.stdout

    def start(self):
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            cwd=self.folder, env=self.variables(), preexec_fn=die_with_parent)

        def listens():
            if self.process.poll() is not None:
                raise AssertionError("corewired ended with status %d:\n%s" % (self.process.returncode, self.log()))
            try:
                socket.create_connection((HOST, self.stomp), 5).close()
                return True
            except OSError:
                return False

        wait_until("the broker's port is open", listens, 60)

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def wait_log(self, pattern, seconds=PATIENCE):
        return wait_until("%r in the log" % pattern, lambda: re.search(pattern, self.log()), seconds)

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def wait_end(self, seconds=60):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("corewired did not end within %d s:\n%s" % (seconds, self.log()[-4000:])) from None

    def stop(self):
        """Ends the broker as an operator would, and checks that it went well."""
        for client in self.clients:
            client.close()
        try:
            if self.process is not None:
                if self.process.poll() is None:
                    self.process.send_signal(signal.SIGTERM)
                status = self.wait_end()
                log = self.log()
                assert not SANITIZER.search(log), log[-8000:]
                assert status == 0, "corewired ended with status %d:\n%s" % (status, log[-4000:])
        finally:
            self.process = None
            shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, **arguments):
        """A connected client, closed with the broker."""
        client = Stomp(self.stomp)
        self.clients.append(client)
        client.connect(**arguments)
        return client

    def socket(self):
        """A client that has not sent anything yet."""
        client = Stomp(self.stomp)
        self.clients.append(client)
        return client

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and self.process is not None:
            sys.stderr.write("--- the broker's log:\n%s\n" % self.log()[-4000:])
            self.process.kill()
            self.process.wait()
            for client in self.clients:
                client.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        self.stop()


class Frame:
    """A frame from the broker: command, headers (of repeated ones the first), body, raw bytes."""

    def __init__(self, raw_head, body, version):
        lines = raw_head.decode().split("\n")
        self.command, self.body, self.raw_head = lines[0], body, raw_head
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            if version != "1.0" and self.command != "CONNECTED":
                name, value = unescape(name), unescape(value)
            self.headers.setdefault(name, value)

    def __getitem__(self, name):
        return self.headers[name]

    def get(self, name, otherwise=None):
        return self.headers.get(name, otherwise)

    @property
    def text(self):
        return self.body.decode()

    def __repr__(self):
        return "%s %r %r" % (self.command, self.headers, self.body[:200])


ESCAPES = {"\\n": "\n", "\\c": ":", "\\r": "\r", "\\\\": "\\"}


def unescape(text):
    return re.sub(r"\\[ncr\\]", lambda found: ESCAPES[found.group()], text)


def escape(text):
    for escaped, plain in (("\\\\", "\\"), ("\\n", "\n"), ("\\c", ":"), ("\\r", "\r")):
        text = text.replace(plain, escaped)
    return text


class Closed(Exception):
    """The broker has closed the connection."""


class Stomp:
    def __init__(self, port, source=None, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(PATIENCE)
        self.socket.connect((HOST, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.version, self.receipts, self.beats = b"", "1.0", 0, 0
        self.waiting = collections.deque()  # messages that came before a receipt was there

    def close(self):
        self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, command, headers=None, body=b"", **more):
        """Sends a frame; in keyword names `_` stands for `-`. Values are escaped from 1.1 on."""
        every = dict(headers or {})
        every.update((name.replace("_", "-"), value) for name, value in more.items())
        self.send_raw(self.render(command, every, body))

    def render(self, command, headers, body=b""):
        keep = command == "CONNECT" or self.version == "1.0"
        lines = [command] + ["%s:%s" % (n, v if keep else escape(str(v))) for n, v in headers.items()]
        body = body.encode() if isinstance(body, str) else body
        return ("\n".join(lines) + "\n\n").encode() + body + b"\0"

    def connect(self, version="1.2", login=None, passcode=None, **headers):
        every = {"host": "test"}
        if version != "1.0":
            every["accept-version"] = version
        if login is not None:
            every.update(login=login, passcode=passcode or "")
        every.update((name.replace("_", "-"), value) for name, value in headers.items())
        self.send("CONNECT", every)
        answer = self.expect("CONNECTED")
        self.version = answer["version"]
        self.session = answer["session"]
        return answer

    def receipt_id(self):
        self.receipts += 1
        return "r-%d" % self.receipts

    def request(self, command, headers=None, body=b"", **more):
        """Sends a frame with a receipt and waits for it; messages that come first are kept."""
        receipt = self.receipt_id()
        self.send(command, dict(headers or {}, receipt=receipt), body, **more)
        while True:
            answer = self.next_frame(PATIENCE)
            if answer.command != "MESSAGE":
                break
            self.waiting.append(answer)
        assert answer.command == "RECEIPT" and answer["receipt-id"] == receipt, answer
        return answer

    def put(self, destination, body="", **headers):
        """SEND with a receipt: when it returns, the broker has the message."""
        return self.request("SEND", {"destination": destination}, body, **headers)

    def subscribe(self, destination, id="1", ack="auto", **headers):
        return self.request("SUBSCRIBE", dict({"destination": destination, "id": id, "ack": ack}, **headers))

    def acknowledge(self, message, command="ACK", **headers):
        """ACK or NACK of a MESSAGE in the form of this connection's version, with a receipt."""
        if self.version == "1.2":
            names = {"id": message["ack"]}
        elif self.version == "1.1":
            names = {"message-id": message["message-id"], "subscription": message["subscription"]}
        else:
            names = {"message-id": message["message-id"]}
        return self.request(command, dict(names, **headers))

    def _fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)
        try:
            more = self.socket.recv(262144)
        except ConnectionError:
            more = b""
        if not more:
            raise Closed
        self.data += more

    def frame(self, seconds=PATIENCE):
        """The next frame. TimeoutError when there is none, Closed at the connection's end."""
        return self.waiting.popleft() if self.waiting else self.next_frame(seconds)

    def next_frame(self, seconds):
        deadline = time.monotonic() + seconds
        while True:
            while self.data[:1] == b"\n":
                self.data = self.data[1:]
                self.beats += 1
            head, found, rest = self.data.partition(b"\n\n")
            if found:
                frame = Frame(head, b"", self.version)
                size = int(frame["content-length"]) if "content-length" in frame.headers else rest.find(b"\0")
                if 0 <= size < len(rest):
                    assert rest[size] == 0, "no NUL at the end of %r" % frame
                    frame.body, self.data = rest[:size], rest[size + 1:]
                    return frame
            self._fill(deadline)

    def expect(self, command, seconds=PATIENCE, **headers):
        """The next frame, which must be of this command and have these headers."""
        frame = self.frame(seconds)
        assert frame.command == command, "%s instead of %s" % (frame, command)
        for name, value in headers.items():
            name = name.replace("_", "-")
            assert frame.get(name) == value, "%s is not %r in %r" % (name, value, frame)
        return frame

    def message(self, body=None, **headers):
        frame = self.expect("MESSAGE", **headers)
        assert body is None or frame.body == (body.encode() if isinstance(body, str) else body), frame
        return frame

    def messages(self, count):
        return [self.message() for _ in range(count)]

    def error(self, **headers):
        return self.expect("ERROR", **headers)

    def settle(self):
        """Everything sent so far has been worked off; returns the frames that came before that."""
        receipt = self.receipt_id()
        name = "settle-%s" % receipt
        self.send("BEGIN", {"transaction": name})
        self.send("ABORT", {"transaction": name, "receipt": receipt})
        frames = []
        while True:
            frame = self.frame()
            if frame.command == "RECEIPT" and frame["receipt-id"] == receipt:
                return frames
            frames.append(frame)

    def expect_nothing(self):
        frames = self.settle()
        assert not frames, frames

    def expect_close(self, seconds=PATIENCE):
        """The broker closes the connection and sends no further frame."""
        try:
            frame = self.frame(seconds)
        except Closed:
            return
        except TimeoutError:
            raise AssertionError("the broker keeps the connection") from None
        raise AssertionError("%r instead of the end" % frame)

    def wait_beat(self, seconds=PATIENCE):
        """Waits for a heart-beat while nothing else comes."""
        deadline = time.monotonic() + seconds
        before = self.beats
        while self.beats == before:
            while self.data[:1] == b"\n":
                self.data = self.data[1:]
                self.beats += 1
            assert not self.data, "%r instead of a heart-beat" % self.data
            if self.beats == before:
                self._fill(deadline)


def gather(clients, count, seconds=PATIENCE):
    """Waits until the clients have got so many messages together; a list of frames for each."""
    got, deadline = [[] for _ in clients], time.monotonic() + seconds
    while sum(map(len, got)) < count:
        assert time.monotonic() < deadline, "%s messages of %d" % (list(map(len, got)), count)
        for client, frames in zip(clients, got):
            try:
                frames.append(client.expect("MESSAGE", 0.05))
            except TimeoutError:
                continue
    return got


class BrokerTest(unittest.TestCase):
    """Tests that share one broker: `settings` are the arguments of Broker."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(**cls.settings)

    @classmethod
    def tearDownClass(cls):
        cls.broker.stop()

    def setUp(self):
        if not self.broker.is_alive():  # one test's fault shall not be all the others'
            type(self).broker = Broker(**self.settings)
        self.opened = []

    def tearDown(self):
        for client in self.opened:
            client.close()
        self.assertTrue(self.broker.is_alive(), self.broker.log()[-4000:])

    def client(self, **arguments):
        client = Stomp(self.broker.stomp)
        self.opened.append(client)
        client.connect(**arguments)
        return client

    def bare(self):
        client = Stomp(self.broker.stomp)
        self.opened.append(client)
        return client

    def queue(self, suffix=""):
        """The name of a queue that only this test uses."""
        return "/queue/%s.%s%s" % (type(self).__name__, self._testMethodName, suffix)

    def topic(self, suffix=""):
        return "/topic/%s.%s%s" % (type(self).__name__, self._testMethodName, suffix)


class InBackground(threading.Thread):
    """Runs a function beside the test; join() gives its result or raises what it raised."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.work = (function, arguments)
        self.result, self.problem = None, None
        self.start()

    def run(self):
        try:
            self.result = self.work[0](*self.work[1])
        except BaseException as problem:  # pylint: disable=broad-except
            self.problem = problem

    def join(self, timeout=PATIENCE):
        super().join(timeout)
        assert not self.is_alive(), "still running after %s s" % timeout
        if self.problem:
            raise self.problem
        return self.result


def with_workers(case):
    """Doubles a BrokerTest: the broker has one worker in the one, two in the other."""
    module = sys.modules[case.__module__]
    name = case.__name__ + "OnTwoWorkers"
    setattr(module, name, type(name, (case,), {"settings": dict(case.settings, workers=2), "__module__": case.__module__}))
    return case
