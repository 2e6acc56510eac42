# SPDX-License-Identifier: Apache-2.0
"""Debian's python3-stomp against corewired, in all three versions of the protocol."""
import queue
import unittest

from broker import HOST, PATIENCE, BrokerTest, with_workers

try:
    import stomp
except ImportError:
    stomp = None


class Listener(stomp.ConnectionListener if stomp else object):
    """Puts what comes into queues."""

    def __init__(self):
        self.messages, self.errors, self.receipts, self.disconnects = (queue.Queue() for _ in range(4))

    def on_message(self, frame):
        self.messages.put(frame)

    def on_error(self, frame):
        self.errors.put(frame)

    def on_receipt(self, frame):
        self.receipts.put(frame.headers["receipt-id"])

    def on_disconnected(self):
        self.disconnects.put(True)

    def message(self):
        return self.messages.get(timeout=PATIENCE)


@unittest.skipIf(stomp is None, "python3-stomp is not installed")
@with_workers
class PythonStomp(BrokerTest):
    settings = {"children": """<plugins><simpleAuthenticationPlugin anonymousAccessAllowed="false"><users>
        <authenticationUser username="user" password="word" groups="users"/></users></simpleAuthenticationPlugin></plugins>"""}

    def open(self, version="1.2", **arguments):
        kind = {"1.0": stomp.Connection10, "1.1": stomp.Connection11, "1.2": stomp.Connection12}[version]
        connection = kind([(HOST, self.broker.stomp)], **arguments)
        listener = Listener()
        connection.set_listener("", listener)
        connection.connect("user", "word", wait=True)
        self.addCleanup(lambda: connection.is_connected() and connection.disconnect())
        return connection, listener

    def subscribe(self, connection, listener, destination, id="1", **arguments):
        connection.subscribe(destination, id=id, headers={"receipt": "s" + id}, **arguments)
        while listener.receipts.get(timeout=PATIENCE) != "s" + id:
            pass

    def test_messages_in_every_version(self):
        for version in ("1.0", "1.1", "1.2"):
            with self.subTest(version=version):
                connection, listener = self.open(version)
                self.subscribe(connection, listener, self.queue(version))
                for i in range(50):
                    connection.send(self.queue(version), "Grüße %d" % i, headers={"number": i, "odd": "x:y"})
                for i in range(50):
                    frame = listener.message()
                    self.assertEqual((frame.body, frame.headers["number"]), ("Grüße %d" % i, str(i)))
                    self.assertEqual(frame.headers["odd"], "x:y")

    def test_acknowledgement_one_by_one(self):
        connection, listener = self.open("1.2")
        self.subscribe(connection, listener, self.queue(), ack="client-individual")
        for i in range(5):
            connection.send(self.queue(), str(i))
        for frame in [listener.message() for _ in range(5)]:
            if frame.body != "3":
                connection.ack(frame.headers["ack"])
        connection.disconnect(receipt="bye")
        connection, listener = self.open("1.1")
        self.subscribe(connection, listener, self.queue(), ack="auto")
        frame = listener.message()
        self.assertEqual((frame.body, frame.headers["redelivered"]), ("3", "true"))

    def test_transactions(self):
        connection, listener = self.open()
        self.subscribe(connection, listener, self.queue())
        for end in ("abort", "commit"):
            transaction = connection.begin()
            connection.send(self.queue(), end, transaction=transaction)
            getattr(connection, end)(transaction)
        self.assertEqual(listener.message().body, "commit")

    def test_topics_and_selectors(self):
        connection, listener = self.open()
        self.subscribe(connection, listener, self.topic(), selector="kind = 'wanted'")
        for kind in ("other", "wanted", "other", "wanted"):
            connection.send(self.topic(), kind, headers={"kind": kind})
        self.assertEqual([listener.message().body for _ in range(2)], ["wanted", "wanted"])

    def test_binary_bodies(self):
        connection, listener = self.open(auto_decode=False)
        body = bytes(range(256)) * 100
        self.subscribe(connection, listener, self.queue())
        connection.send(self.queue(), body, content_type="application/octet-stream")
        frame = listener.message()
        self.assertEqual(frame.body, body)
        self.assertEqual(frame.headers["content-type"], "application/octet-stream")

    def test_heart_beats_keep_an_idle_connection(self):
        connection, listener = self.open("1.2", heartbeats=(400, 400))
        self.subscribe(connection, listener, self.queue())
        with self.assertRaises(queue.Empty):
            listener.disconnects.get(timeout=4)
        connection.send(self.queue(), "still here")
        self.assertEqual(listener.message().body, "still here")

    def test_a_wrong_password_is_refused(self):
        connection = stomp.Connection12([(HOST, self.broker.stomp)], reconnect_attempts_max=1)
        with self.assertRaises(stomp.exception.ConnectFailedException):
            connection.connect("user", "wrong", wait=True)

    def test_an_error_comes_to_the_listener(self):
        connection, listener = self.open()
        connection.send("/queue/x", "x", transaction="never-begun")
        self.assertIn("never-begun", listener.errors.get(timeout=PATIENCE).headers["message"])


if __name__ == "__main__":
    unittest.main()
