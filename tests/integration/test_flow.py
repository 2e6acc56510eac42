# SPDX-License-Identifier: Apache-2.0
"""What happens at a limit: producers wait, slow subscribers lose by policy, letters die, names go."""
import time
import unittest

from broker import Broker, InBackground, memory_of, is_sanitized, policies, wait_until

USAGE = """<systemUsage><systemUsage %s><memoryUsage><memoryUsage limit="%s"/></memoryUsage>
<storeUsage><storeUsage limit="100 mb"/></storeUsage><tempUsage><tempUsage limit="%s"/></tempUsage></systemUsage></systemUsage>"""
VM_QUEUES = '<policyEntry queue=">" memoryLimit="%s" %s><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>'


class ProducerFlowControl(unittest.TestCase):
    def check_blocks_and_resumes(self, broker):
        """A producer into a full queue stops being read; a consumer that takes messages frees it."""
        with broker:
            producer, count, body = broker.connect(), 400, "x" * 10000
            frames = [producer.render("SEND", {"destination": "/queue/full"}, "%05d%s" % (i, body)) for i in range(count)]
            frames.append(producer.render("SEND", {"destination": "/queue/full", "receipt": "last"}, "99999last"))
            producer.socket.settimeout(None)
            sending = InBackground(producer.send_raw, b"".join(frames))
            other = broker.connect()
            other.subscribe("/queue/other")
            for i in range(20):
                other.put("/queue/other", "others go on %d" % i)
                other.message("others go on %d" % i)
            consumer = broker.connect()
            consumer.subscribe("/queue/full", ack="client", **{"activemq.prefetchSize": "10"})
            got = []
            for _ in range(count + 1):
                message = consumer.message()
                got.append(message.text[:5])
                consumer.send("ACK", {"id": message["ack"]})
            self.assertEqual(got, ["%05d" % i for i in range(count)] + ["99999"])
            sending.join()
            self.assertEqual(producer.expect("RECEIPT")["receipt-id"], "last")

    def test_a_full_queue_blocks_its_producer_until_there_is_room(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                self.check_blocks_and_resumes(Broker(policies=policies(VM_QUEUES % ("200kb", "")), workers=workers))

    def test_a_full_broker_blocks_its_producers_until_there_is_room(self):
        for workers in (1, 2):
            with self.subTest(workers=workers):
                self.check_blocks_and_resumes(Broker(
                    children=USAGE % ("", "1 mb", "1 mb"), policies=policies(VM_QUEUES % ("500kb", "")), workers=workers))

    def test_a_receipt_waits_until_there_is_room(self):
        with Broker(policies=policies(VM_QUEUES % ("50kb", ""))) as broker:
            producer, consumer = broker.connect(), broker.connect()
            answered = 0
            for i in range(20):
                producer.send("SEND", {"destination": "/queue/full", "receipt": "r%d" % i}, "x" * 10000)
            with self.assertRaises(TimeoutError):
                while True:
                    producer.expect("RECEIPT", 2)
                    answered += 1
            self.assertGreater(answered, 0)
            self.assertLess(answered, 20)
            consumer.subscribe("/queue/full")
            consumer.messages(20)
            for _ in range(20 - answered):
                producer.expect("RECEIPT")

    def test_sendFailIfNoSpace_refuses_instead(self):
        with Broker(children=USAGE % ('sendFailIfNoSpace="true"', "10 mb", "10 mb"),
                    policies=policies(VM_QUEUES % ("50kb", ""))) as broker:
            producer = broker.connect()
            answers = []
            for i in range(20):
                producer.send("SEND", {"destination": "/queue/full", "receipt": "r%d" % i}, "x" * 10000)
                answers.append(producer.frame().command)
            self.assertEqual(sorted(set(answers)), ["ERROR", "RECEIPT"])
            self.assertEqual(answers, sorted(answers, reverse=True))
            consumer = broker.connect()
            consumer.subscribe("/queue/full")
            consumer.messages(answers.count("RECEIPT"))
            wait_until("there is room again", lambda: producer.send(
                "SEND", {"destination": "/queue/full", "receipt": "again"}, "x") or producer.frame().command == "RECEIPT")

    def test_the_end_of_a_blocked_producer_frees_what_it_held(self):
        with Broker(policies=policies(VM_QUEUES % ("50kb", ""))) as broker:
            for _ in range(20):
                producer = broker.socket()
                producer.connect()
                for _ in range(10):
                    producer.send("SEND", {"destination": "/queue/full"}, "x" * 10000)
                producer.close()
            consumer = broker.connect()
            consumer.subscribe("/queue/full")
            consumer.message()
            broker.connect().put("/queue/other", "the broker goes on")


class SlowTopicSubscribers(unittest.TestCase):
    LIMIT = policies("""<policyEntry topic=">" producerFlowControl="false">
        <messageEvictionStrategy><oldestMessageEvictionStrategy/></messageEvictionStrategy>
        <pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="5"/></pendingMessageLimitStrategy>
        </policyEntry>""")

    def test_beyond_the_limit_the_oldest_pending_messages_go(self):
        for workers in (1, 2):
            with self.subTest(workers=workers), Broker(policies=self.LIMIT, workers=workers) as broker:
                slow, sender = broker.connect(), broker.connect()
                slow.subscribe("/topic/t", ack="client-individual", **{"activemq.prefetchSize": "2"})
                for i in range(20):
                    sender.put("/topic/t", "s%d" % i)
                got = slow.messages(2)
                for message in got:
                    slow.send("ACK", {"id": message["ack"]})
                while len(got) < 7:
                    got.append(slow.message())
                    slow.send("ACK", {"id": got[-1]["ack"]})
                self.assertEqual([m.text for m in got], ["s0", "s1"] + ["s%d" % i for i in range(15, 20)])
                sender.put("/topic/t", "end")
                slow.message("end")

    def test_a_fast_subscriber_beside_a_slow_one_gets_everything(self):
        with Broker(policies=self.LIMIT, workers=2) as broker:
            slow, fast, sender = broker.connect(), broker.connect(), broker.connect()
            slow.subscribe("/topic/t", ack="client", **{"activemq.prefetchSize": "1"})
            fast.subscribe("/topic/t")
            for i in range(500):
                sender.put("/topic/t", "%d" % i)
                fast.message("%d" % i)

    @unittest.skipIf(is_sanitized(), "a sanitizer's memory says nothing")
    def test_a_subscriber_that_never_reads_costs_no_more_than_its_policy(self):
        limit = policies("""<policyEntry topic=">" producerFlowControl="false">
            <pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit="50"/></pendingMessageLimitStrategy>
            </policyEntry>""")
        with Broker(policies=limit, workers=2) as broker:
            dead, alive, sender = broker.connect(), broker.connect(), broker.connect()
            dead.subscribe("/topic/t", **{"activemq.prefetchSize": "50"})
            alive.subscribe("/topic/t")
            before, body = memory_of(broker.pid), "x" * 20000
            for i in range(5000):  # 100 MB
                sender.send("SEND", {"destination": "/topic/t"}, body)
                alive.message(body)
            self.assertLess(memory_of(broker.pid) - before, 40 << 20)


class DeadLetters(unittest.TestCase):
    def poison(self, client, queue, body, **headers):
        client.put(queue, body, **headers)
        client.subscribe(queue, id="poison", ack="client-individual")
        client.acknowledge(client.message(body), "NACK")
        client.request("UNSUBSCRIBE", id="poison")

    def test_an_individual_queue_for_each_source(self):
        entry = '<policyEntry queue=">"><deadLetterStrategy><individualDeadLetterStrategy queuePrefix="DLQ."/></deadLetterStrategy></policyEntry>'
        with Broker(policies=policies(entry), workers=2) as broker:
            client = broker.connect()
            for name in ("a", "b"):
                self.poison(client, "/queue/" + name, name, persistent="true")
            for name in ("a", "b"):
                client.subscribe("/queue/DLQ." + name, id=name)
                client.message(name, original_destination="/queue/" + name)

    def test_processNonPersistent_keeps_volatile_ones_too(self):
        entry = '<policyEntry queue=">"><deadLetterStrategy><sharedDeadLetterStrategy processNonPersistent="true"/></deadLetterStrategy></policyEntry>'
        with Broker(policies=policies(entry)) as broker:
            client = broker.connect()
            self.poison(client, "/queue/a", "x")
            client.subscribe("/queue/ActiveMQ.DLQ")
            client.message("x")

    def test_discarding_drops(self):
        entry = '<policyEntry queue=">"><deadLetterStrategy><discarding/></deadLetterStrategy></policyEntry>'
        with Broker(policies=policies(entry)) as broker:
            client = broker.connect()
            self.poison(client, "/queue/a", "x", persistent="true")
            client.subscribe("/queue/ActiveMQ.DLQ")
            client.put("/queue/ActiveMQ.DLQ", "only this")
            client.message("only this")


class Expiry(unittest.TestCase):
    def soon(self, ms):
        return str(int(time.time() * 1000) + ms)

    def test_a_persistent_message_that_expires_in_the_queue_becomes_a_dead_letter(self):
        for workers in (1, 2):
            entry = '<policyEntry queue=">" expireMessagesPeriod="300"/>'
            with self.subTest(workers=workers), Broker(policies=policies(entry), workers=workers) as broker:
                client = broker.connect()
                client.subscribe("/queue/ActiveMQ.DLQ")
                client.put("/queue/q", "short-lived", persistent="true", expires=self.soon(1000))
                client.put("/queue/q", "lasting", persistent="true")
                client.message("short-lived", original_destination="/queue/q")
                client.subscribe("/queue/q", id="2")
                client.message("lasting")

    def test_without_a_scan_it_is_not_delivered_either(self):
        with Broker(policies=policies('<policyEntry queue=">" expireMessagesPeriod="0"/>')) as broker:
            client, expires = broker.connect(), self.soon(700)
            client.put("/queue/q", "short-lived", expires=expires)
            client.put("/queue/q", "lasting")
            wait_until("the time has come", lambda: time.time() * 1000 > int(expires) + 100)
            client.subscribe("/queue/q")
            client.message("lasting")


class InactiveDestinations(unittest.TestCase):
    def test_an_empty_unused_queue_is_removed(self):
        advisory = "/topic/ActiveMQ.Advisory.Queue"
        entry = '<policyEntry queue="*.reply.>" gcInactiveDestinations="true" inactiveTimoutBeforeGC="500"/>'
        for workers in (1, 2):
            with self.subTest(workers=workers), Broker(policies=policies(entry), workers=workers,
                                                       attributes='schedulePeriodForDestinationPurge="200"') as broker:
                watcher, client = broker.connect(), broker.connect()
                watcher.subscribe(advisory)
                client.subscribe("/queue/a.reply.b")
                client.put("/queue/a.reply.b", "x")
                client.message("x")
                client.put("/queue/keep", "x")
                client.request("DISCONNECT")
                seen = {"a.reply.b": 0, "keep": 0}
                while seen["a.reply.b"] < 2:  # it came, it went
                    frame = watcher.message()
                    for name in seen:
                        seen[name] += name in frame.text + str(frame.headers)
                self.assertEqual(seen["keep"], 1)
                reader = broker.connect()
                reader.subscribe("/queue/keep")
                reader.message("x")

    def test_maxDestinations_is_a_limit(self):
        with Broker(policies=policies('<policyEntry queue="few.>" maxDestinations="2"/>')) as broker:
            client = broker.connect()
            client.put("/queue/few.1", "x")
            client.put("/queue/few.2", "x")
            client.send("SEND", {"destination": "/queue/few.3", "receipt": "r"}, "x")
            client.error(receipt_id="r")
            client.put("/queue/many.1", "x")


if __name__ == "__main__":
    unittest.main()
