# SPDX-License-Identifier: Apache-2.0
"""The protocol, frame by frame, as clients of ActiveMQ know it."""
import time
import unittest

from broker import Broker, BrokerTest, Closed, gather, with_workers


@with_workers
class Connecting(BrokerTest):
    def test_the_highest_common_version_is_taken(self):
        for offered, taken in (("1.0", "1.0"), ("1.1", "1.1"), ("1.0,1.1,1.2", "1.2"), ("1.1,9.9", "1.1")):
            with self.subTest(offered=offered):
                client = self.bare()
                client.send("CONNECT", {"accept-version": offered, "host": "x"})
                answer = client.expect("CONNECTED", version=taken)
                self.assertIn("session", answer.headers)
                self.assertTrue(answer["server"].startswith("ActiveMQ/"), answer)

    def test_without_accept_version_it_is_1_0(self):
        client = self.bare()
        client.send_raw(b"CONNECT\n\n\0")
        self.assertEqual(client.expect("CONNECTED")["version"], "1.0")

    def test_STOMP_is_another_word_for_CONNECT(self):
        client = self.bare()
        client.send_raw(b"STOMP\naccept-version:1.2\nhost:x\n\n\0")
        self.assertEqual(client.expect("CONNECTED")["version"], "1.2")

    def test_no_common_version_ends_the_connection(self):
        client = self.bare()
        client.send("CONNECT", {"accept-version": "2.0"})
        self.assertIn("1.2", client.error()["message"])
        client.expect_close()

    def test_the_answer_carries_receipt_id_and_heart_beat(self):
        client = self.bare()
        client.send("CONNECT", {"accept-version": "1.2", "receipt": "c1", "heart-beat": "0,0"})
        client.expect("CONNECTED", receipt_id="c1", heart_beat="0,0")

    def test_the_session_is_the_client_id(self):
        self.assertEqual(self.client(client_id="me").session, "me")

    def test_a_client_id_in_use_is_refused(self):
        self.client(client_id="unique")
        second = self.bare()
        second.send("CONNECT", {"accept-version": "1.2", "client-id": "unique"})
        self.assertIn("already connected", second.error()["message"])
        second.expect_close()

    def test_a_client_id_is_free_again_after_its_connection(self):
        for _ in range(3):
            client = self.client(client_id="again")
            client.request("DISCONNECT")
            client.expect_close()

    def test_a_frame_before_CONNECT_ends_the_connection(self):
        client = self.bare()
        client.send("SEND", {"destination": self.queue()}, "x")
        client.error()
        client.expect_close()

    def test_a_second_CONNECT_ends_the_connection(self):
        client = self.client()
        client.send("CONNECT", {"accept-version": "1.2"})
        client.error()
        client.expect_close()

    def test_lines_may_end_with_CR_LF(self):
        client = self.bare()
        client.send_raw(b"CONNECT\r\naccept-version:1.2\r\n\r\n\0\r\n")
        client.expect("CONNECTED", version="1.2")

    def test_DISCONNECT_answers_and_closes(self):
        client = self.client()
        client.request("DISCONNECT")
        client.expect_close()


class HeartBeats(BrokerTest):
    def test_the_broker_beats_when_asked(self):
        client = self.client(heart_beat="0,200")
        for _ in range(3):
            client.wait_beat()

    def test_a_client_that_promised_beats_and_is_silent_is_closed(self):
        client = self.bare()
        client.send("CONNECT", {"accept-version": "1.2", "heart-beat": "300,0"})
        client.expect("CONNECTED", heart_beat="0,300")
        client.expect_close()

    def test_a_client_that_beats_stays(self):
        client = self.client(heart_beat="500,0")
        for _ in range(40):
            client.send_raw(b"\n")
            time.sleep(0.1)
        client.expect_nothing()

    def test_a_malformed_heart_beat_ends_the_connection(self):
        for value in ("abc", "1", "1,x"):
            with self.subTest(value=value):
                client = self.bare()
                client.send("CONNECT", {"accept-version": "1.2", "heart-beat": value})
                client.error()
                client.expect_close()


@with_workers
class Messages(BrokerTest):
    def test_a_message_arrives_with_its_headers_and_body(self):
        receiver, sender = self.client(), self.client()
        receiver.subscribe(self.queue(), id="s7")
        sender.put(self.queue(), "Grüße", **{"correlation-id": "c", "type": "t", "colour": "red", "priority": "7"})
        message = receiver.message("Grüße".encode(), destination=self.queue(), subscription="s7", correlation_id="c",
                                   type="t", colour="red", priority="7", expires="0")
        self.assertTrue(message["message-id"].startswith("ID:"))
        self.assertTrue(message["timestamp"].isdigit())
        self.assertNotIn("content-length", message.headers)
        self.assertNotIn("redelivered", message.headers)
        self.assertNotIn("persistent", message.headers)
        self.assertNotIn("ack", message.headers)
        self.assertNotIn("receipt", message.headers)

    def test_with_content_length_the_body_is_bytes(self):
        client, body = self.client(), bytes(range(256)) * 40
        client.subscribe(self.queue())
        client.send("SEND", {"destination": self.queue(), "content-length": len(body)}, body)
        message = client.message(body)
        self.assertEqual(message["content-length"], str(len(body)))

    def test_amq_msg_type_beats_content_length(self):
        client = self.client()
        client.subscribe(self.queue())
        client.send("SEND", {"destination": self.queue(), "content-length": 2, "amq-msg-type": "text"}, "ab")
        self.assertIn(b"ab", client.frame().body)

    def test_a_large_body_arrives_whole(self):
        client, body = self.client(), bytes(range(251)) * 40000
        client.subscribe(self.queue())
        client.send("SEND", {"destination": self.queue(), "content-length": len(body)}, body)
        client.message(body)

    def test_an_empty_body_is_a_message(self):
        client = self.client()
        client.subscribe(self.queue())
        client.send("SEND", {"destination": self.queue()})
        client.message(b"")

    def test_headers_are_escaped_as_the_version_says(self):
        value = "a:b\\c\nd"
        for version, raw in (("1.1", b"odd:a\\cb\\\\c\\nd"), ("1.2", b"odd:a\\cb\\\\c\\nd")):
            with self.subTest(version=version):
                client = self.client(version=version)
                queue = self.queue(version)
                client.subscribe(queue)
                client.send("SEND", {"destination": queue, "odd": value}, "x")
                message = client.message("x", odd=value)
                self.assertIn(raw, message.raw_head)
        old = self.client(version="1.0")
        old.subscribe(self.queue())
        old.send("SEND", {"destination": self.queue(), "odd": "a:b"}, "x")
        self.assertIn(b"odd:a:b", old.message("x").raw_head)

    def test_of_a_repeated_header_the_first_counts(self):
        client = self.client()
        client.subscribe(self.queue())
        client.send_raw(("SEND\ndestination:%s\nx:1\nx:2\n\nbody\0" % self.queue()).encode())
        client.message("body", x="1")

    def test_a_client_cannot_forge_the_brokers_headers(self):
        client = self.client()
        client.subscribe(self.queue())
        client.send("SEND", {"destination": self.queue(), "message-id": "forged", "redelivered": "true",
                                                 "subscription": "other", "JMSXUserID": "root"}, "x")
        message = client.message("x", subscription="1")
        self.assertNotEqual(message["message-id"], "forged")
        self.assertNotIn("redelivered", message.headers)
        self.assertNotIn("JMSXUserID", message.headers)

    def test_frames_torn_into_single_bytes_are_the_same_frames(self):
        client = self.client()
        client.subscribe(self.queue())
        for byte in client.render("SEND", {"destination": self.queue(), "content-length": 3}, b"a\0b"):
            client.send_raw(bytes([byte]))
        client.message(b"a\0b")

    def test_many_frames_in_one_write_are_many_frames(self):
        client = self.client()
        client.subscribe(self.queue())
        frames = [client.render("SEND", {"destination": self.queue()}, "m%d" % i) for i in range(2000)]
        client.send_raw(b"\n".join(frames))
        for i in range(2000):
            client.message("m%d" % i)

    def test_a_queue_keeps_the_order_and_gives_each_message_once(self):
        sender, readers = self.client(), [self.client() for _ in range(3)]
        for reader in readers:
            reader.subscribe(self.queue())
        for i in range(300):
            sender.send("SEND", {"destination": self.queue()}, "%d" % i)
        got = [[int(frame.body) for frame in frames] for frames in gather(readers, 300)]
        for numbers in got:
            self.assertEqual(numbers, sorted(numbers))
            self.assertTrue(numbers)
        self.assertEqual(sorted(sum(got, [])), list(range(300)))

    def test_a_topic_gives_every_subscriber_a_copy(self):
        sender, readers = self.client(), [self.client() for _ in range(4)]
        sender.put(self.topic(), "nobody is there yet")
        for reader in readers:
            reader.subscribe(self.topic())
        for i in range(50):
            sender.put(self.topic(), "t%d" % i)
        for reader in readers:
            for i in range(50):
                reader.message("t%d" % i, destination=self.topic())

    def test_the_receipt_of_SUBSCRIBE_comes_before_the_first_message(self):
        client = self.client()
        client.put(self.queue(), "x")
        client.send("SUBSCRIBE", {"destination": self.queue(), "id": "1", "receipt": "first"})
        client.expect("RECEIPT", receipt_id="first")
        client.message("x")

    def test_after_UNSUBSCRIBE_nothing_more_comes(self):
        client, other = self.client(), self.client()
        client.subscribe(self.topic())
        other.subscribe(self.topic())
        client.request("UNSUBSCRIBE", id="1")
        client.put(self.topic(), "x")
        other.message("x")
        client.expect_nothing()

    def test_a_composite_destination_gets_a_copy_each(self):
        client = self.client()
        client.subscribe(self.queue(".a"), id="a")
        client.subscribe(self.topic(".b"), id="b")
        client.send("SEND", {"destination": "%s,%s" % (self.queue(".a"), self.topic(".b"))}, "both")
        self.assertEqual({client.message("both")["subscription"] for _ in range(2)}, {"a", "b"})

    def test_a_name_without_prefix_is_a_queue(self):
        client, name = self.client(), self.queue()[len("/queue/"):]
        client.subscribe(self.queue())
        client.send("SEND", {"destination": name}, "x")
        client.message("x", destination=self.queue())

    def test_a_text_of_a_past_expiry_never_arrives(self):
        client = self.client()
        client.subscribe(self.queue())
        client.send("SEND", {"destination": self.queue(), "expires": "1000"}, "too late")
        client.send("SEND", {"destination": self.queue()}, "in time")
        client.message("in time")

    def test_message_groups_stay_with_one_consumer(self):
        sender, readers = self.client(), [self.client() for _ in range(2)]
        for reader in readers:
            reader.subscribe(self.queue(), **{"activemq.prefetchSize": "1000"})
        for i in range(40):
            sender.put(self.queue(), "%d" % i, JMSXGroupID="g%d" % (i % 4))
        owners = {}
        for number, frames in enumerate(gather(readers, 40)):
            for frame in frames:
                owners.setdefault(int(frame.body) % 4, set()).add(number)
        self.assertEqual(sorted(owners), [0, 1, 2, 3])
        self.assertTrue(all(len(owner) == 1 for owner in owners.values()), owners)

    def test_an_exclusive_consumer_gets_everything_until_it_leaves(self):
        first, second = self.client(), self.client()
        first.subscribe(self.queue(), **{"activemq.exclusive": "true"})
        second.subscribe(self.queue(), **{"activemq.exclusive": "true"})
        for i in range(10):
            second.put(self.queue(), "%d" % i)
        first.messages(10)
        first.request("UNSUBSCRIBE", id="1")
        self.client().put(self.queue(), "next")
        second.message("next")


@with_workers
class Wildcards(BrokerTest):
    def test_star_is_one_level_and_greater_is_the_rest(self):
        client, sender = self.client(), self.client()
        base = self.topic()
        client.subscribe(base + ".*", id="star")
        client.subscribe(base + ".>", id="rest")
        sender.put(base + ".a", "1")
        sender.put(base + ".a.b", "2")
        sender.put(base, "3")
        got = sorted((frame.text, frame["subscription"]) for frame in client.messages(4))
        self.assertEqual(got, [("1", "rest"), ("1", "star"), ("2", "rest"), ("3", "rest")])
        client.expect_nothing()

    def test_queues_that_come_later_join_the_wildcard(self):
        client, sender = self.client(), self.client()
        sender.put(self.queue(".old"), "old")
        client.subscribe(self.queue(".>"))
        client.message("old", destination=self.queue(".old"))
        sender.put(self.queue(".new"), "new")
        client.message("new", destination=self.queue(".new"))


@with_workers
class Selectors(BrokerTest):
    def test_only_matching_messages_come(self):
        client, sender = self.client(), self.client()
        client.subscribe(self.topic(), selector="colour = 'red' AND size > 3")
        for colour, size in (("red", 2), ("blue", 9), ("red", 10), ("red", 4)):
            sender.put(self.topic(), "%s %d" % (colour, size), colour=colour, size=size)
        client.message("red 10")
        client.message("red 4")
        client.expect_nothing()

    def test_what_no_selector_takes_stays_in_the_queue(self):
        client, sender = self.client(), self.client()
        for i in range(10):
            sender.put(self.queue(), "%d" % i, odd=i % 2)
        client.subscribe(self.queue(), selector="odd = 1")
        self.assertEqual([m.text for m in client.messages(5)], ["1", "3", "5", "7", "9"])
        client.expect_nothing()
        rest = self.client()
        rest.subscribe(self.queue())
        self.assertEqual([m.text for m in rest.messages(5)], ["0", "2", "4", "6", "8"])

    def test_an_invalid_selector_is_an_error_and_the_connection_stays(self):
        client = self.client()
        client.send("SUBSCRIBE", {"destination": self.queue(), "id": "1", "selector": "a ==", "receipt": "r"})
        client.error(receipt_id="r")
        client.put(self.queue(), "x")


@with_workers
class Acknowledgements(BrokerTest):
    def assert_left(self, *texts):
        """A new consumer of the queue gets exactly these, and all were sent before."""
        client = self.client()
        client.subscribe(self.queue(), ack="client")
        for text in texts:
            client.message(text, redelivered="true")
        client.put(self.queue(), "last")
        client.message("last")

    def start(self, version, ack, count=5):
        client, sender = self.client(version=version), self.client()
        for i in range(count):
            sender.put(self.queue(), "%d" % i)
        client.subscribe(self.queue(), ack=ack)
        return client, client.messages(count)

    def leave(self, client):
        client.request("DISCONNECT")
        client.expect_close()

    def test_client_mode_is_cumulative(self):
        client, messages = self.start("1.2", "client")
        client.acknowledge(messages[2])
        self.leave(client)
        self.assert_left("3", "4")

    def test_client_individual_is_one_message(self):
        client, messages = self.start("1.1", "client-individual")
        client.acknowledge(messages[2])
        self.leave(client)
        self.assert_left("0", "1", "3", "4")

    def test_1_0_acknowledges_by_message_id(self):
        client, messages = self.start("1.0", "client")
        client.acknowledge(messages[4])
        self.leave(client)
        self.assert_left()

    def test_auto_is_done_when_written(self):
        client, _ = self.start("1.2", "auto")
        self.leave(client)
        self.assert_left()

    def test_without_a_goodbye_unacknowledged_messages_return_in_order(self):
        client, _ = self.start("1.2", "client")
        client.close()
        reader = self.client()
        reader.subscribe(self.queue())
        self.assertEqual([m.text for m in reader.messages(5)], ["0", "1", "2", "3", "4"])

    def test_an_ACK_of_nothing_is_an_error_and_the_connection_stays(self):
        client, messages = self.start("1.2", "client", 1)
        client.send("ACK", {"id": "no-such", "receipt": "r"})
        client.error(receipt_id="r")
        client.acknowledge(messages[0])

    def test_prefetch_is_the_number_of_messages_sent_ahead(self):
        client, sender = self.client(), self.client()
        for i in range(5):
            sender.put(self.queue(), "%d" % i)
        client.subscribe(self.queue(), ack="client-individual", **{"activemq.prefetchSize": "2"})
        first, second = client.messages(2)
        client.expect_nothing()
        client.send("ACK", {"id": first["ack"]})
        third = client.message("2")
        client.expect_nothing()
        client.send("ACK", {"id": second["ack"]})
        client.send("ACK", {"id": third["ack"]})
        client.messages(2)

    def test_NACK_of_a_persistent_message_makes_a_dead_letter(self):
        client, sender = self.client(), self.client()
        sender.put(self.queue(), "poison", persistent="true")
        client.subscribe(self.queue(), ack="client-individual")
        client.acknowledge(client.message("poison", persistent="true"), "NACK")
        dead = self.client()
        dead.subscribe("/queue/ActiveMQ.DLQ")
        dead.message("poison", original_destination=self.queue())

    def test_NACK_of_a_volatile_message_drops_it(self):
        client, messages = self.start("1.2", "client-individual", 1)
        client.acknowledge(messages[0], "NACK")
        self.leave(client)
        self.assert_left()


@with_workers
class Transactions(BrokerTest):
    def test_sends_are_invisible_until_COMMIT(self):
        client, reader = self.client(), self.client()
        reader.subscribe(self.queue())
        client.request("BEGIN", transaction="t")
        for i in range(3):
            client.put(self.queue(), "%d" % i, transaction="t")
        reader.expect_nothing()
        client.request("COMMIT", transaction="t")
        for i in range(3):
            reader.message("%d" % i)

    def test_COMMIT_reaches_several_destinations(self):
        client, reader = self.client(), self.client()
        for i in range(4):
            reader.subscribe(self.queue(".%d" % i), id=str(i))
        client.send("BEGIN", transaction="t")
        for i in range(4):
            client.send("SEND", {"destination": self.queue(".%d" % i), "transaction": "t"}, "x")
        client.request("COMMIT", transaction="t")
        self.assertEqual(sorted(m["subscription"] for m in reader.messages(4)), ["0", "1", "2", "3"])

    def test_ABORT_forgets_the_sends(self):
        client, reader = self.client(), self.client()
        reader.subscribe(self.queue())
        client.send("BEGIN", transaction="t")
        client.send("SEND", {"destination": self.queue(), "transaction": "t"}, "never")
        client.request("ABORT", transaction="t")
        client.put(self.queue(), "after")
        reader.message("after")

    def test_the_end_of_the_connection_is_an_ABORT(self):
        client, reader = self.client(), self.client()
        reader.subscribe(self.queue())
        client.send("BEGIN", transaction="t")
        client.put(self.queue(), "never", transaction="t")
        client.request("DISCONNECT")
        client.expect_close()
        self.client().put(self.queue(), "after")
        reader.message("after")

    def test_after_ABORT_of_an_ACK_the_message_may_be_acknowledged_again(self):
        client = self.client()
        client.put(self.queue(), "x")
        client.subscribe(self.queue(), ack="client")
        message = client.message("x")
        client.request("BEGIN", transaction="t")
        client.acknowledge(message, transaction="t")
        client.request("ABORT", transaction="t")
        client.expect_nothing()
        client.acknowledge(message)
        client.request("DISCONNECT")
        other = self.client()
        other.subscribe(self.queue())
        other.put(self.queue(), "last")
        other.message("last")

    def test_mistakes_are_errors_and_the_connection_stays(self):
        client = self.client()
        for command, headers in (("BEGIN", {}), ("COMMIT", {"transaction": "none"}), ("ABORT", {"transaction": "none"}),
                                 ("SEND", {"destination": self.queue(), "transaction": "none"})):
            with self.subTest(command=command):
                client.send(command, dict(headers, receipt="r"))
                client.error(receipt_id="r")
        client.request("BEGIN", transaction="t")
        client.send("BEGIN", transaction="t")
        client.error()
        client.put(self.queue(), "x")


@with_workers
class DurableSubscribers(BrokerTest):
    def subscribe(self, client):
        return client.subscribe(self.topic(), **{"activemq.subscriptionName": "sub"})

    def test_what_was_sent_while_away_comes_later(self):
        client, sender = self.client(client_id=self._testMethodName), self.client()
        self.subscribe(client)
        client.request("DISCONNECT")
        client.expect_close()
        for i in range(5):
            sender.put(self.topic(), "%d" % i)
        client = self.client(client_id=self._testMethodName)
        self.subscribe(client)
        for i in range(5):
            client.message("%d" % i)

    def test_a_deleted_subscription_keeps_nothing(self):
        client, sender = self.client(client_id=self._testMethodName), self.client()
        self.subscribe(client)
        client.request("UNSUBSCRIBE", id="1")
        client.request("UNSUBSCRIBE", {"id": "1", "activemq.subscriptionName": "sub"})
        sender.put(self.topic(), "never")
        self.subscribe(client)
        sender.put(self.topic(), "now")
        client.message("now")

    def test_a_second_active_subscriber_is_refused(self):
        client = self.client(client_id=self._testMethodName)
        self.subscribe(client)
        client.send("SUBSCRIBE", {"destination": self.topic(), "id": "2", "activemq.subscriptionName": "sub", "receipt": "r"})
        self.assertIn("in use", client.error(receipt_id="r")["message"])
        client.put(self.topic(), "x")


@with_workers
class TemporaryDestinations(BrokerTest):
    def test_request_and_reply(self):
        asker, server = self.client(), self.client()
        server.subscribe(self.queue())
        asker.subscribe("/temp-queue/answers", id="answers")
        for i in range(20):
            asker.send("SEND", {"destination": self.queue(), "reply-to": "/temp-queue/answers", "correlation-id": i}, "ask")
            request = server.message("ask")
            self.assertTrue(request["reply-to"].startswith("/remote-temp-queue/"), request)
            server.send("SEND", {"destination": request["reply-to"], "correlation-id": request["correlation-id"]}, "answer")
            asker.message("answer", correlation_id=str(i), subscription="answers")

    def test_a_temporary_topic_works_the_same_way(self):
        asker, server = self.client(), self.client()
        server.subscribe(self.queue())
        asker.subscribe("/temp-topic/answers")
        asker.send("SEND", {"destination": self.queue(), "reply-to": "/temp-topic/answers"}, "ask")
        server.send("SEND", {"destination": server.message("ask")["reply-to"]}, "answer")
        asker.message("answer")

    def test_it_is_gone_with_its_connection(self):
        asker, server = self.client(), self.client()
        server.subscribe(self.queue())
        asker.subscribe("/temp-queue/answers")
        asker.put(self.queue(), "ask", **{"reply-to": "/temp-queue/answers"})
        reply_to = server.message("ask")["reply-to"]
        asker.request("DISCONNECT")
        asker.expect_close()
        server.send("SEND", {"destination": reply_to, "receipt": "r"}, "answer")
        server.error(receipt_id="r")
        server.put(self.queue(), "the connection stays")


@with_workers
class Browsing(BrokerTest):
    def test_a_browser_sees_everything_and_takes_nothing(self):
        client = self.client()
        for i in range(10):
            client.put(self.queue(), "%d" % i)
        for _ in range(2):
            client.send("SUBSCRIBE", {"destination": self.queue(), "id": "b", "browser": "true"})
            for i in range(10):
                client.message("%d" % i)
            client.message(browser="end", subscription="b")
            client.request("UNSUBSCRIBE", id="b")
        client.send("SUBSCRIBE", {"destination": self.queue(), "id": "c"})
        for i in range(10):
            client.message("%d" % i)

    def test_browsing_a_topic_is_an_error(self):
        client = self.client()
        client.send("SUBSCRIBE", {"destination": self.topic(), "id": "b", "browser": "true", "receipt": "r"})
        client.error(receipt_id="r")
        client.put(self.queue(), "x")


@with_workers
class VirtualTopics(BrokerTest):
    def test_each_application_has_a_queue_with_a_copy(self):
        name = "VirtualTopic." + self.topic()[len("/topic/"):]
        readers = {app: self.client() for app in ("A", "B")}
        for app, reader in readers.items():
            reader.subscribe("/queue/Consumer.%s.%s" % (app, name))
        self.client().put("/topic/" + name, "x")
        for reader in readers.values():
            reader.message("x", original_destination="/topic/" + name)


class Errors(BrokerTest):
    """Which mistakes end a connection, and with or without a word (features of ActiveMQ)."""

    settings = {"options": "?wireFormat.maxFrameSize=200000&amp;wireFormat.maxDataLength=100000"}

    def test_the_connection_stays_after_these(self):
        client = self.client()
        for command, headers in (("SEND", {}), ("SUBSCRIBE", {"destination": self.queue()}),
                                 ("UNSUBSCRIBE", {"id": "none"}), ("ACK", {"id": "none"}), ("NACK", {"id": "none"}),
                                 ("SEND", {"destination": self.queue(), "amq-msg-type": "odd"}),
                                 ("SUBSCRIBE", {"destination": self.queue(), "id": "s", "activemq.subscriptionName": "n"})):
            with self.subTest(command=command, headers=headers):
                client.send(command, dict(headers, receipt="r"))
                error = client.error(receipt_id="r")
                self.assertTrue(error["message"])
                self.assertEqual(error["content-type"], "text/plain")
                client.expect_nothing()

    def refuses(self, data, connected=True):
        client = self.client() if connected else self.bare()
        client.send_raw(data)
        client.error()
        client.expect_close()

    def test_a_broken_frame_ends_the_connection_with_an_error(self):
        queue = self.queue().encode()
        for data in (b"GARBAGE\n\n\0", b"send\ndestination:/queue/a\n\n\0", b"MESSAGE\n\n\0", b"RECEIPT\n\n\0",
                     b"SEND\ndestination:" + queue + b"\ncontent-length:3\n\nabcd\0",
                     b"SEND\ndestination:" + queue + b"\ncontent-length:x\n\na\0",
                     b"SEND\ndestination:" + queue + b"\ncontent-length:-1\n\na\0",
                     b"SEND\ndestination:" + queue + b"\ncontent-length:99999999999999999999\n\na\0",
                     b"X" * 2000, b"SEND\n" + b"h" * 20000, b"SEND\n" + b"h:1\n" * 1100,
                     b"SEND\ndestination:" + queue + b"\ncontent-length:100001\n\n",
                     b"SEND\ndestination:" + queue + b"\n\n" + b"b" * 250000):
            with self.subTest(data=data[:60]):
                self.refuses(data)
        self.refuses(b"GARBAGE\n\n\0", connected=False)

    def test_these_values_end_the_connection(self):
        """With a word or without: ActiveMQ closes silently, which helps nobody."""
        frames = [{"destination": self.queue(), name: "odd"} for name in ("priority", "expires", "timestamp")]
        for headers in frames + [{"destination": "/queue/"}]:
            with self.subTest(headers=headers):
                client = self.client()
                client.send("SEND", headers, "x")
                with self.assertRaises(Closed):
                    self.assertEqual(client.frame().command, "ERROR")
                    client.frame()

    def test_a_failed_send_is_not_part_of_the_transaction(self):
        client = self.client()
        client.subscribe(self.queue())
        client.request("BEGIN", transaction="t")
        client.send("SEND", {"transaction": "t"}, "no destination")
        client.error()
        client.send("SEND", {"destination": self.queue(), "transaction": "t"}, "good")
        client.send("COMMIT", transaction="t")
        client.message("good")


@with_workers
class LinkStealing(BrokerTest):
    settings = {"connector": 'allowLinkStealing="true"'}

    def test_a_new_connection_takes_over_what_the_old_one_held(self):
        for round in range(5):
            name = "thief-%d" % round
            first = self.client(client_id=name)
            first.put(self.queue(), "held")
            first.subscribe(self.queue(), ack="client-individual")
            first.message("held")
            second = self.client(client_id=name)
            first.expect("ERROR")
            first.expect_close()
            second.subscribe(self.queue(), ack="client-individual")
            second.acknowledge(second.message("held", redelivered="true"))
            second.request("DISCONNECT")


class ConnectorOptions(unittest.TestCase):
    def test_a_connection_that_never_says_CONNECT_is_closed(self):
        with Broker(options="?transport.connectAttemptTimeout=500") as broker:
            client = broker.socket()
            client.expect_close()

    def test_connections_beyond_the_limit_are_closed(self):
        with Broker(options="?maximumConnections=2") as broker:
            first = broker.connect()
            broker.connect()
            third = broker.socket()
            third.expect_close()
            first.put("/queue/a", "x")

    def test_a_default_heart_beat_counts_when_the_client_names_none(self):
        with Broker(options="?transport.defaultHeartBeat=0,200") as broker:
            client = broker.connect()
            client.wait_beat()


if __name__ == "__main__":
    unittest.main()
