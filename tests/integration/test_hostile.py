# SPDX-License-Identifier: Apache-2.0
"""Clients that are broken, greedy or asleep: the broker goes on serving the others, and its memory
stays within what policy allows. Each test ends with a message between two decent clients."""
import os
import random
import resource
import socket
import struct
import unittest

from broker import (HOST, Broker, InBackground, Stomp, allow_descriptors, is_sanitized, memory_of, policies,
                    status_of, wait_until)

TOPIC_POLICY = policies("""<policyEntry topic=">" producerFlowControl="false">
    <pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="100"/></pendingMessageLimitStrategy>
    </policyEntry>""")
LIMITS = "?wireFormat.maxFrameSize=1048576&amp;wireFormat.maxDataLength=1000000&amp;transport.connectAttemptTimeout=2000"


class Hostile(unittest.TestCase):
    workers = 2

    def setUp(self):
        self.broker = Broker(policies=TOPIC_POLICY, options=LIMITS, workers=self.workers)
        self.sender, self.receiver = self.broker.connect(), self.broker.connect()
        self.receiver.subscribe("/queue/decent")
        self.served = 0

    def tearDown(self):
        self.broker.stop()

    def serves(self, times=10):
        """The others are served: messages come through while whatever goes on goes on."""
        for _ in range(times):
            self.served += 1
            self.sender.send("SEND", {"destination": "/queue/decent"}, "%d" % self.served)
            self.receiver.message("%d" % self.served)

    def pour(self, client, data):
        """Sends without caring whether the broker still wants it."""
        try:
            client.send_raw(data)
        except OSError:
            pass

    def test_random_bytes(self):
        chance = random.Random(1)
        for round_number in range(150):
            client = self.broker.socket()
            if round_number % 2:
                client.send_raw(b"CONNECT\naccept-version:1.2\nhost:x\n\n\0")
            self.pour(client, chance.randbytes(chance.choice((1, 7, 100, 5000, 70000))))
            client.close()
            self.serves(1)

    def test_mutated_frames(self):
        chance = random.Random(2)
        frames = [b"SEND\ndestination:/queue/m\ncontent-length:5\n\nhello\0", b"SUBSCRIBE\nid:1\ndestination:/queue/m\nack:client\n\n\0",
                  b"BEGIN\ntransaction:t\n\n\0", b"COMMIT\ntransaction:t\n\n\0", b"ACK\nid:1\ntransaction:t\n\n\0", b"NACK\nid:1\n\n\0",
                  b"SUBSCRIBE\nid:2\ndestination:/topic/m.>\nselector:a = 1 OR b LIKE 'x%'\n\n\0", b"UNSUBSCRIBE\nid:1\n\n\0",
                  b"SEND\ndestination:/temp-queue/t\nreply-to:/temp-topic/u\nexpires:0\npriority:9\n\nx\0", b"ABORT\ntransaction:t\n\n\0"]
        for _ in range(200):
            client = self.broker.socket()
            client.send_raw(b"CONNECT\naccept-version:1.2\nhost:x\n\n\0")
            data = bytearray(b"".join(chance.choices(frames, k=30)))
            for _ in range(chance.randrange(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            self.pour(client, bytes(data))
            client.close()
        self.serves()

    def test_torn_frames_from_many_clients_at_once(self):
        clients = [self.broker.socket() for _ in range(50)]
        data = b"CONNECT\naccept-version:1.2\nhost:x\n\n\0SEND\ndestination:/queue/torn\ncontent-length:3\n\na\0b\0"
        for byte in data:
            for client in clients:
                client.send_raw(bytes([byte]))
        self.serves()
        self.receiver.subscribe("/queue/torn", id="torn")
        for _ in clients:
            self.receiver.message(b"a\0b")

    def test_half_a_frame_and_then_nothing(self):
        waiting = []
        for part in (b"CONN", b"CONNECT\nhost:", b"CONNECT\n\n\0SEND\ndestination:/queue/a\ncontent-length:1000\n\nhalf", b"\n\n\n"):
            for _ in range(20):
                client = self.broker.socket()
                client.send_raw(part)
                waiting.append((client, part))
        self.serves()
        for client, part in waiting:
            if b"\0" not in part:  # those never got as far as CONNECT: their time is over some time
                client.expect_close()
        self.serves()

    def test_connections_that_break_in_the_middle_of_everything(self):
        for round_number in range(100):
            client = self.broker.socket()
            client.send_raw(b"CONNECT\n\n\0SUBSCRIBE\nid:1\ndestination:/topic/broken\n\n\0BEGIN\ntransaction:t\n\n\0"
                            b"SEND\ndestination:/topic/broken\ntransaction:t\n\nx\0SEND\ndestination:/topic/broken\n\ny\0SEND\ndest")
            if round_number % 2:  # a reset instead of an end
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        self.serves()

    def test_half_open_sockets(self):
        """Clients that have shut down their sending side, but still listen."""
        clients = []
        for _ in range(50):
            client = self.broker.socket()
            client.send_raw(b"CONNECT\naccept-version:1.2\nhost:x\n\n\0SUBSCRIBE\nid:1\ndestination:/topic/half\n\n\0")
            client.socket.shutdown(socket.SHUT_WR)
            clients.append(client)
        self.serves()
        for client in clients:
            while True:
                try:
                    client.frame()
                except Exception as end:  # pylint: disable=broad-except
                    self.assertEqual(type(end).__name__, "Closed")
                    break
        self.serves()

    def test_slow_writers(self):
        """Clients that send a byte now and then hold up nobody."""
        clients = [self.broker.connect() for _ in range(20)]
        frames = [client.render("SEND", {"destination": "/queue/slow"}, "x" * 50) for client in clients]
        for at in range(max(map(len, frames))):
            for client, frame in zip(clients, frames):
                self.pour(client, frame[at:at + 1])
            self.serves(1)

    def test_a_slow_reader_gets_everything_from_a_queue(self):
        slow = Stomp(self.broker.stomp, receive_buffer=4096)
        self.broker.clients.append(slow)
        slow.connect()
        slow.subscribe("/queue/slow")
        body = "x" * 1000
        producer = self.broker.connect()
        sending = InBackground(lambda: [producer.put("/queue/slow", "%05d%s" % (i, body)) for i in range(1500)])
        self.serves(50)
        sending.join(120)
        for i in range(1500):
            self.assertEqual(slow.message().text[:5], "%05d" % i)
        self.serves()

    @unittest.skipIf(is_sanitized(), "a sanitizer's memory says nothing")
    def test_subscribers_that_never_read(self):
        dead = []
        for _ in range(20):
            client = Stomp(self.broker.stomp, receive_buffer=4096)
            self.broker.clients.append(client)
            client.connect()
            client.subscribe("/topic/firehose", **{"activemq.prefetchSize": "100"})
            dead.append(client)
        self.receiver.subscribe("/topic/firehose", id="alive")
        before, body = memory_of(self.broker.pid), "x" * 10000
        for _ in range(10000):  # 100 MB, of which each of the twenty may hold a few
            self.sender.send("SEND", {"destination": "/topic/firehose"}, body)
            self.receiver.message(body)
        # They share the messages; what each has rendered ahead is bounded by outputBytesMax (1 MB).
        self.assertLess(memory_of(self.broker.pid) - before, 64 << 20)
        self.serves()

    @unittest.skipIf(is_sanitized(), "a sanitizer's memory says nothing")
    def test_receipts_that_nobody_reads(self):
        client = Stomp(self.broker.stomp, receive_buffer=4096)
        self.broker.clients.append(client)
        client.connect()
        before, sent = memory_of(self.broker.pid), 0
        client.socket.settimeout(2)
        frame = b"SEND\ndestination:/topic/nobody\nreceipt:" + b"r" * 3000 + b"\n\nx\0"
        try:
            while sent < 100 << 20:
                client.socket.sendall(frame)
                sent += len(frame)
        except TimeoutError:
            pass  # the broker has stopped reading
        self.assertLess(sent, 100 << 20)
        self.assertLess(memory_of(self.broker.pid) - before, 32 << 20)
        self.serves()

    @unittest.skipIf(is_sanitized(), "a sanitizer's memory says nothing")
    def test_promised_bytes_are_not_allocated(self):
        before = memory_of(self.broker.pid)
        for _ in range(200):
            client = self.broker.connect()
            client.send_raw(b"SEND\ndestination:/queue/a\ncontent-length:999999\n\nfew")
        self.serves()
        self.assertLess(memory_of(self.broker.pid) - before, 64 << 20)

    @unittest.skipIf(is_sanitized(), "a sanitizer's memory says nothing")
    def test_connecting_and_leaving_costs_nothing(self):
        def visit(times):
            for number in range(times):
                client = Stomp(self.broker.stomp)
                client.connect(client_id="visitor")
                client.subscribe("/queue/visited")
                client.subscribe("/topic/visited.>", id="2", selector="a = %d" % number)
                client.subscribe("/temp-queue/mine", id="3")
                client.put("/temp-queue/mine", "x" * 1000)
                client.message()
                client.request("DISCONNECT")
                client.expect_close()
                client.close()

        visit(200)
        before, descriptors = memory_of(self.broker.pid), self.descriptors()
        visit(1500)
        self.assertLess(memory_of(self.broker.pid) - before, 8 << 20)
        wait_until("all descriptors are closed", lambda: self.descriptors() <= descriptors)
        self.serves()

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.broker.pid))

    def test_a_transaction_without_end_is_bounded(self):
        greedy = self.broker.connect()
        greedy.request("BEGIN", transaction="t")
        body = "x" * 900000
        for _ in range(100):  # 90 MB, the limit is 64
            self.pour(greedy, greedy.render("SEND", {"destination": "/queue/greedy", "transaction": "t"}, body))
        self.assertEqual(greedy.frame().command, "ERROR")
        self.serves()

    def test_many_subscriptions_on_one_connection(self):
        client = self.broker.connect()
        for number in range(5000):
            client.send("SUBSCRIBE", {"destination": "/topic/many.%d" % (number % 50), "id": number})
        client.settle()
        self.sender.put("/topic/many.7", "x")
        self.assertEqual(len({client.message("x")["subscription"] for _ in range(100)}), 100)
        client.request("DISCONNECT")
        self.serves()


class ManyConnections(unittest.TestCase):
    COUNT = 10000

    def test_ten_thousand_idle_connections(self):
        room = allow_descriptors(self.COUNT + 1000)
        if room < self.COUNT + 500:
            self.skipTest("only %d open files are allowed here" % room)
        count = 2000 if is_sanitized() else self.COUNT
        with Broker(workers=2) as broker:
            before, clients = memory_of(broker.pid), []
            broker.clients = clients
            for number in range(count):
                # A source address has some 28,000 ports; several leave room for other programs.
                client = Stomp(broker.stomp, source="127.0.0.%d" % (2 + number % 4))
                client.send("CONNECT", {"accept-version": "1.2", "host": "x"})
                clients.append(client)
            for client in clients:
                client.expect("CONNECTED")
                client.version = "1.2"
            if not is_sanitized():
                self.assertLess((memory_of(broker.pid) - before) / count, 16384, "bytes for an idle connection")
            sender, receiver = clients[0], clients[-1]
            receiver.subscribe("/queue/decent")
            for number in range(100):
                sender.send("SEND", {"destination": "/queue/decent"}, "%d" % number)
                receiver.message("%d" % number)
            for client in clients:
                client.send("SUBSCRIBE", {"destination": "/topic/all", "id": "all"})
            for client in clients:
                client.settle()
            sender.put("/topic/all", "to everybody")
            for client in clients[1:]:
                client.message("to everybody")


class Accepting(unittest.TestCase):
    def test_out_of_descriptors_is_not_the_end(self):
        """With no descriptor left the broker refuses newcomers, serves the others, and recovers."""

        with Broker() as broker:
            sender, receiver = broker.connect(), broker.connect()
            receiver.subscribe("/queue/decent")
            used = status_of(broker.pid, "FDSize")
            resource.prlimit(broker.pid, resource.RLIMIT_NOFILE, (max(64, used), max(64, used)))
            crowd = []
            for _ in range(200):
                client = socket.socket()
                client.settimeout(5)
                try:
                    client.connect((HOST, broker.stomp))
                except OSError:
                    pass
                crowd.append(client)
            for number in range(20):
                sender.put("/queue/decent", "%d" % number)
                receiver.message("%d" % number)
            for client in crowd:
                client.close()

            def gets_in():
                client = Stomp(broker.stomp)
                try:
                    client.connect()
                    return True
                except Exception:  # pylint: disable=broad-except
                    return False
                finally:
                    client.close()

            wait_until("newcomers get in again", gets_in, every=0.2)


if __name__ == "__main__":
    unittest.main()
