# SPDX-License-Identifier: Apache-2.0
"""OpenWire as bytes: handshake, time limits, what is refused and how. Clients that are in order are
served meanwhile."""
import random
import struct
import time
import unittest

from broker import HOST, Broker, Closed, Stomp, free_port, wait_until
from openwire import OpenWire, Refused, Thing, decode_map, encode, frame_of, offer, queue, text, topic

CONFIG = """<beans xmlns="http://www.springframework.org/schema/beans">
  <broker xmlns="http://activemq.apache.org/schema/core" xmlns:cw="urn:corewire:config" brokerName="test" %(id)s
          persistent="false" cw:workers="2">
    <destinationPolicy><policyMap><policyEntries>
      <policyEntry queue="small.>" memoryLimit="20kb"><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>
    </policyEntries></policyMap></destinationPolicy>
    <plugins>%(plugins)s</plugins>
    <transportConnectors>
      <transportConnector name="openwire" uri="%(scheme)s://127.0.0.1:%(port)d%(options)s" %(connector)s/>
      <transportConnector name="stomp" uri="stomp://127.0.0.1:{stomp}"/> <!-- opened last: then all are -->
    </transportConnectors>
  </broker>
</beans>
"""
USERS = """<simpleAuthenticationPlugin><users>
    <authenticationUser username="u" password="p" groups="g"/></users></simpleAuthenticationPlugin>
  <authorizationPlugin><map><authorizationMap><authorizationEntries>
    <authorizationEntry queue="open.>" read="g" write="g" admin="g"/>
    <authorizationEntry topic="ActiveMQ.Advisory.>" read="g" write="g" admin="g"/>
  </authorizationEntries></authorizationMap></map></authorizationPlugin>"""


class OpenWireCase(unittest.TestCase):
    scheme, options, plugins, connector, id = "tcp", "", "", "", ""

    def setUp(self):
        self.port = free_port()
        self.broker = Broker(config=CONFIG % {
            "scheme": self.scheme, "port": self.port, "options": self.options, "plugins": self.plugins,
            "connector": self.connector, "id": self.id})
        self.addCleanup(self.broker.stop)

    def client(self, **arguments):
        client = OpenWire(self.port, **arguments)
        self.broker.clients.append(client)
        return client

    def open(self, **fields):
        return self.client().open(**fields)

    def serves(self, **fields):
        """Somebody else is served, whatever has happened."""
        client = self.open(**fields)
        client.produce()
        client.consume(queue("open.decent"))
        client.put(queue("open.decent"), "hello")
        client.dispatched("hello")
        client.request("RemoveInfo", objectId=client.connection_id(), lastDeliveredSequenceId=-1)
        client.close()

    def refused(self, kind, words, call, *arguments, **fields):
        with self.assertRaises(Refused) as caught:
            call(*arguments, **fields)
        self.assertEqual(caught.exception.kind, kind)
        self.assertIn(words, caught.exception.text)


class Handshake(OpenWireCase):
    id = 'brokerId="ID:here-1"'

    def test_both_offer_at_once_and_the_broker_says_who_it_is(self):
        client = self.client()
        theirs, broker = client.negotiate()
        properties = decode_map(theirs.marshalledProperties)
        self.assertEqual(theirs.version, 12)
        self.assertEqual((properties["TightEncodingEnabled"], properties["CacheEnabled"]), (0, 0))
        self.assertEqual((properties["MaxInactivityDuration"], properties["MaxInactivityDurationInitalDelay"]),
                         (30000, 10000))
        self.assertEqual((broker.brokerName, broker.brokerId.value), ("test", "ID:here-1"))
        self.assertEqual(broker.brokerUrl, "tcp://127.0.0.1:%d" % self.port)

    def test_ours_comes_before_anything_is_heard(self):
        self.assertEqual(self.client().receive().name, "WireFormatInfo")

    def test_a_newer_version_and_no_properties_are_fine(self):
        for first in (offer(13), Thing("WireFormatInfo", magic=b"ActiveMQ", version=12)):
            client = self.client()
            client.send_raw(frame_of(first))
            client.expect("BrokerInfo")
            client.log_in()

    def test_a_torn_stream_is_put_together(self):
        client = self.client()
        data = frame_of(offer()) + frame_of(Thing("ConnectionInfo", commandId=1, responseRequired=1, clientId="x",
                                                  connectionId=client.connection_id()))
        for index in range(len(data)):
            client.send_raw(data[index:index + 1])
        self.assertEqual(client.expect("Response").correlationId, 1)

    def test_what_is_no_WireFormatInfo_closes(self):
        info = frame_of(offer())
        connection = Thing("ConnectionInfo", commandId=1, responseRequired=1, connectionId=Thing("ConnectionId", value="x"))
        for first in (b"GET / HTTP/1.1\r\n\r\n", b"CONNECT\n\n\0", info.replace(b"ActiveMQ", b"ActiveMR"),
                      frame_of(connection), frame_of(offer(0)), struct.pack(">i", -5) + b"\0" * 8,
                      b"\x7f\xff\xff\xff" + info[4:]):
            client = self.client()
            client.send_raw(first)
            client.wait_closed()
        self.serves()

    def test_a_second_WireFormatInfo_closes(self):
        client = self.client()
        client.negotiate()
        client.send_raw(frame_of(offer()))
        client.wait_closed()
        self.broker.wait_log("a second WireFormatInfo")

    def test_frames_are_short_until_the_client_has_logged_in(self):
        client = self.client()
        client.negotiate()
        client.send_raw(struct.pack(">i", 70000))
        client.wait_closed()
        client = self.open()
        client.produce()
        client.put(queue("open.large"), "x" * 300000)

    def test_a_bridge_is_told_from_a_client(self):
        client = self.client()
        client.negotiate()
        client.send("BrokerInfo", brokerName="other", networkConnection=1)
        client.wait_closed()
        self.broker.wait_log("network bridges are not served by this version")


class Damage(OpenWireCase):
    options = "?wireFormat.maxFrameSize=100000"

    def test_unknown_types_and_store_formats_close(self):
        for data in (b"\x0d\0\0\0\0\0", b"\xff", encode(Thing("JournalTrace", message="x")), encode(queue("q")),
                     encode(Thing("SessionInfo"))[:-1], encode(Thing("SessionInfo")) + b"\0"):
            client = self.open()
            client.send_raw(struct.pack(">i", len(data)) + data)
            client.wait_closed()
        self.serves()

    def test_a_frame_longer_than_allowed_closes(self):
        client = self.open()
        client.send_raw(struct.pack(">i", 100001))
        client.wait_closed()

    def test_null_commands_are_ignored(self):
        client = self.open()
        client.send_raw(b"\0\0\0\1\0" * 3)
        client.request("FlushCommand")

    def test_random_bytes_behind_a_handshake(self):
        chance = random.Random(1)
        for _ in range(60):
            client = self.client()
            client.negotiate()
            if chance.random() < 0.5:
                client.log_in()
            size = chance.choice((1, 5, 50, 1000))
            try:
                client.send_raw(struct.pack(">i", chance.choice((size, size // 2, 4000))) + chance.randbytes(size))
            except OSError:
                pass
            client.close()
        self.serves()

    def test_mutated_commands(self):
        chance = random.Random(2)
        for _ in range(40):
            client = self.open()
            frames = [frame_of(Thing(name, commandId=9, responseRequired=1, **fields)) for name, fields in (
                ("ProducerInfo", {"producerId": client.producer_id(), "destination": queue("open.a")}),
                ("TextMessage", client.message(queue("open.a"), "text")),
                ("ConsumerInfo", {"consumerId": client.consumer_id(), "destination": queue("open.a"), "prefetchSize": 10}),
                ("MessageAck", {"consumerId": client.consumer_id(), "ackType": 2, "messageCount": 1}),
                ("RemoveInfo", {"objectId": client.session_id()}))]
            for frame in frames:
                data = bytearray(frame)
                for _ in range(chance.choice((0, 1, 3))):
                    data[chance.randrange(4, len(data))] = chance.randrange(256)
                try:
                    client.send_raw(bytes(data))
                except OSError:
                    break
            client.close()
        self.serves()


class Time(OpenWireCase):
    options = ("?transport.connectAttemptTimeout=1500&amp;wireFormat.maxInactivityDuration=1500"
               "&amp;wireFormat.maxInactivityDurationInitalDelay=500")

    def test_who_says_nothing_is_closed(self):
        begin = time.monotonic()
        client = self.client()
        client.wait_closed()
        self.assertGreater(time.monotonic() - begin, 1.4)
        self.broker.wait_log("no WireFormatInfo within 1500 ms")

    def test_a_part_of_a_WireFormatInfo_is_not_enough(self):
        client = self.client()
        client.send_raw(frame_of(offer())[:20])
        client.wait_closed()

    def test_silence_closes_after_two_intervals(self):
        client = self.open()
        begin = time.monotonic()
        client.wait_closed()
        self.assertGreater(time.monotonic() - begin, 2)

    def test_keep_alives_come_and_help(self):
        client = self.open()
        end = time.monotonic() + 6
        beats = 0
        while time.monotonic() < end:
            client.send("KeepAliveInfo")
            try:
                while True:
                    beats += client.next_frame(0.3)[0] == 10
            except TimeoutError:
                pass
        self.assertGreater(beats, 5)
        client.request("FlushCommand")

    def test_a_long_frame_that_trickles_is_no_silence(self):
        client = self.open()
        client.produce()
        data = frame_of(Thing("TextMessage", commandId=77, responseRequired=1,
                              **client.message(queue("open.slow"), "x" * 60)))
        for index in range(0, len(data), 20):
            client.send_raw(data[index:index + 20])
            time.sleep(0.5)
        client.answer(77)

    def test_a_keep_alive_that_asks_is_answered_in_kind(self):
        client = self.open()
        client.send_raw(frame_of(Thing("KeepAliveInfo", commandId=41, responseRequired=1)))
        wait_until("the answer", lambda: client.next_frame()[:5] == b"\x0a\0\0\0\x29")

    def test_no_interval_no_limit(self):
        client = self.client()
        client.negotiate(MaxInactivityDuration=0)
        client.log_in()
        time.sleep(5)
        client.request("FlushCommand")


class Commands(OpenWireCase):
    def test_every_command_has_its_answer(self):
        client = self.open()
        for name in ("ControlCommand", "FlushCommand", "ConnectionControl", "ConnectionError", "ProducerAck",
                     "MessageDispatch", "Response", "SessionInfo"):
            client.request(name)
        self.refused("javax.jms.JMSException", "slave", client.request, "MessageDispatchNotification")
        client.send_raw(frame_of(Thing("PartialCommand", commandId=1, data=b"x")))
        self.assertEqual(client.expect("ConnectionError").exception.kind, "java.lang.IllegalStateException")
        client.request("FlushCommand")

    def test_the_order_of_registration_matters(self):
        state = "java.lang.IllegalStateException"
        client = self.client()
        client.negotiate()
        client.request("SessionInfo", sessionId=client.session_id())
        self.refused(state, "not been registered", client.produce)
        client.log_in()
        self.refused(state, "Cannot add a producer to a session", client.produce)
        client.request("SessionInfo", sessionId=client.session_id())
        client.request("SessionInfo", sessionId=client.session_id())
        self.refused("javax.jms.JMSException", "with invalid (null) producer state", client.put, queue("open.q"))
        client.produce()
        client.produce()
        client.put(queue("open.q"), "x")

    def test_ids_must_belong_to_the_socket(self):
        one, two = self.open(), self.open()
        one.produce()
        two.id, mine = one.id, two.id
        self.refused("java.lang.IllegalStateException", one.id, two.produce)
        self.refused("java.lang.IllegalStateException", one.id, two.put, queue("open.q"))
        two.id = mine
        two.produce()

    def test_several_connections_share_a_socket(self):
        client = self.open()
        first = client.id
        client.id = first + "0"
        client.log_in("another")
        client.request("SessionInfo", sessionId=client.session_id())
        client.produce()
        client.consume(queue("open.q"))
        client.id = first
        client.produce()
        client.put(queue("open.q"), "across")
        client.dispatched("across")
        client.request("RemoveInfo", objectId=client.connection_id(), lastDeliveredSequenceId=-1)
        client.id = first + "0"
        client.put(queue("open.q"), "still")
        client.dispatched("still")

    def test_the_same_connection_twice_is_refused_and_closed(self):
        client = self.open()
        self.refused("javax.jms.InvalidClientIDException", "already connected", client.log_in)
        client.wait_closed()

    def test_a_client_id_is_needed_and_unique(self):
        client = self.client()
        client.negotiate()
        self.refused("javax.jms.InvalidClientIDException", "No clientID specified for connection request",
                     client.request, "ConnectionInfo", connectionId=client.connection_id())
        client.wait_closed()
        self.open(client_id="only")
        client = self.client()
        client.negotiate()
        self.refused("javax.jms.InvalidClientIDException", "Broker: test - Client: only already connected from tcp://",
                     client.log_in, "only")
        client.wait_closed()

    def test_the_same_connection_id_takes_over(self):
        first = self.open(client_id="only")
        second = self.client()
        second.id = first.id
        second.open(client_id="only")
        first.wait_closed()
        second.produce()
        second.put(queue("open.q"), "x")

    def test_removing(self):
        client = self.open()
        client.produce()
        client.request("RemoveInfo", objectId=client.producer_id(), lastDeliveredSequenceId=-2)
        state = "java.lang.IllegalStateException"
        self.refused(state, "Cannot remove a producer", client.request, "RemoveInfo", objectId=client.producer_id())
        self.refused(state, "Cannot remove a consumer", client.request, "RemoveInfo", objectId=client.consumer_id())
        self.refused(state, "Cannot remove session", client.request, "RemoveInfo", objectId=client.session_id(9))
        self.refused("java.io.IOException", "Unknown remove command type", client.request, "RemoveInfo")
        client.consume(queue("open.q"))
        client.produce()
        client.request("RemoveInfo", objectId=client.session_id(), lastDeliveredSequenceId=-2)
        self.refused(state, "session", client.produce)
        client.request("RemoveInfo", objectId=client.connection_id(), lastDeliveredSequenceId=-1)
        client.request("RemoveInfo", objectId=client.connection_id(), lastDeliveredSequenceId=-1)
        client.send("ShutdownInfo")
        client.wait_closed()

    def test_what_fails_unasked_is_a_ConnectionError(self):
        client = self.open()
        client.send("RemoveInfo", objectId=client.producer_id(9))
        self.assertEqual(client.expect("ConnectionError").exception.kind, "java.lang.IllegalStateException")
        client.request("FlushCommand")
        client.send("RemoveInfo")
        client.wait_closed()

    def test_clients_that_can_be_managed_are_told_of_brokers(self):
        client = self.client()
        client.connect(manageable=1)
        control = client.expect("ConnectionControl")
        self.assertEqual((control.connectedBrokers, control.reconnectTo, control.rebalanceConnection), ("", "", 0))
        client.request("FlushCommand")
        self.assertEqual(client.waiting, [])

    def test_temporary_destinations(self):
        one, two = self.open(), self.open()
        mine = Thing("TempQueue", physicalName=one.id + ":1")
        two.produce()
        self.refused("org.apache.activemq.DestinationDoesNotExistException", "temp-queue://" + mine.physicalName,
                     two.put, mine)
        self.refused("org.apache.activemq.DestinationDoesNotExistException", "", two.produce, mine, number=2)
        one.request("DestinationInfo", connectionId=one.connection_id(), destination=mine)
        one.consume(mine)
        two.put(mine, "reply")
        one.dispatched("reply")
        self.refused("javax.jms.InvalidDestinationException", "begins with its connection's id", two.request,
                     "DestinationInfo", connectionId=two.connection_id(), destination=mine)
        one.request("DestinationInfo", connectionId=one.connection_id(), destination=mine, operationType=1)
        self.refused("org.apache.activemq.DestinationDoesNotExistException", "", two.put, mine)
        self.refused("java.io.IOException", "Unknown operation type: 7", one.request, "DestinationInfo",
                     connectionId=one.connection_id(), destination=mine, operationType=7)

    def test_destinations_are_created_and_removed(self):
        client = self.open()
        there = {"connectionId": client.connection_id(), "destination": queue("open.made")}
        client.request("DestinationInfo", **there)
        client.consume(queue("open.made"))
        self.refused("javax.jms.JMSException", "active subscription", client.request, "DestinationInfo",
                     operationType=1, **there)
        client.request("RemoveInfo", objectId=client.consumer_id(), lastDeliveredSequenceId=-2)
        client.request("DestinationInfo", operationType=1, **there)
        client.request("DestinationInfo", operationType=1, **there)

    def test_a_durable_subscription_that_is_not_there(self):
        client = self.open(client_id="c")
        self.refused("javax.jms.InvalidDestinationException",
                     "No durable subscription exists for clientID: c and subscriptionName: s", client.request,
                     "RemoveSubscriptionInfo", connectionId=client.connection_id(), clientId="c", subscriptionName="s")


class Sending(OpenWireCase):
    def take(self, client, *bodies):
        for body in bodies:
            client.dispatched(body)

    def test_a_repeated_message_is_answered_and_dropped(self):
        client = self.open()
        client.produce()
        for sequence, body in ((1, "one"), (2, "two"), (2, "again"), (1, "again"), (3, "three")):
            client.put(queue("open.q"), body, sequence=sequence)
        client.consume(queue("open.q"))
        self.take(client, "one", "two", "three")

    def test_failover_replays_are_dropped_once_they_were_taken(self):
        first = self.open(client_id="f", faultTolerant=1)
        first.produce()
        first.put(queue("open.q"), "one", persistent=1)
        first.put(queue("open.q"), "two", persistent=1)
        first.close()
        second = self.client()
        second.id = first.id
        second.open(client_id="f", faultTolerant=1, failoverReconnect=1)
        second.produce()
        for sequence, body in ((1, "one"), (2, "two"), (3, "three")):
            second.put(queue("open.q"), body, sequence=sequence, persistent=1)
        second.consume(queue("open.q"))
        self.take(second, "one", "two", "three")
        second.request("FlushCommand")
        self.assertEqual([thing for thing in second.waiting if thing.name == "MessageDispatch"], [])

    def test_what_a_clean_end_leaves_is_nothing(self):
        first = self.open(client_id="f", faultTolerant=1)
        first.produce()
        first.put(queue("open.q"), "one")
        first.request("RemoveInfo", objectId=first.connection_id(), lastDeliveredSequenceId=-1)
        second = self.client()
        second.id = first.id
        second.open(client_id="f", faultTolerant=1, failoverReconnect=1)
        second.produce()
        second.put(queue("open.q"), "anew", sequence=1)
        second.consume(queue("open.q"))
        self.take(second, "one", "anew")

    def test_a_producer_window_gets_its_bytes_back(self):
        client = self.open()
        client.produce(windowSize=3000)
        client.send("TextMessage", **client.message(queue("open.q"), "abc", marshalledProperties=b"\0\0\0\0"))
        ack = client.expect("ProducerAck")
        self.assertEqual((ack.size, ack.producerId.value), (1024 + 7 + 4, 1))
        client.put(queue("open.q"), "with a response")
        client.request("FlushCommand")
        self.assertEqual(client.waiting, [])

    def test_no_room_makes_the_answer_late_and_the_connection_goes_on(self):
        client = self.open()
        client.produce()
        late = None
        for number in range(40):
            sent = client.send("TextMessage", responseRequired=1, **client.message(queue("small.q"), "x" * 1000))
            try:
                client.answer(sent, 0.5)
            except TimeoutError:
                late = sent
                break
        self.assertIsNotNone(late, "the queue never filled up")
        client.request("FlushCommand")
        client.consume(queue("small.q"))
        while not [thing for thing in client.waiting if getattr(thing, "correlationId", 0) == late]:
            client.waiting = [thing for thing in client.waiting if thing.name != "MessageDispatch"]
            thing = client.receive_new()
            if thing.name == "MessageDispatch":
                client.send("MessageAck", consumerId=thing.consumerId, destination=thing.destination, ackType=2,
                            lastMessageId=thing.message.messageId, firstMessageId=thing.message.messageId, messageCount=1)
            else:
                client.waiting.append(thing)

    def test_the_broker_stops_although_a_send_waits_for_room(self):
        client = self.open()
        client.produce()
        with self.assertRaises(TimeoutError):
            for _ in range(40):
                client.answer(client.send("TextMessage", responseRequired=1,
                                          **client.message(queue("small.q"), "x" * 1000)), 0.5)
        client.close()

    def test_composites_get_a_copy_each(self):
        client = self.open()
        client.produce()
        client.consume(queue("open.b"))
        client.put(queue("open.a,queue://open.b"), "both")
        dispatch = client.dispatched("both")
        self.assertEqual(dispatch.message.destination, queue("open.b"))
        client.consume(queue("open.a"), number=2)
        client.dispatched("both")

    def test_stomp_and_openwire_meet(self):
        client, other = self.open(), self.broker.connect()
        other.subscribe("/queue/open.q")
        client.produce()
        client.put(queue("open.q"), "from OpenWire")
        self.assertEqual(other.expect("MESSAGE").text, "from OpenWire")
        client.consume(topic("open.t"))
        other.put("/topic/open.t", "from STOMP")
        dispatch = client.expect("MessageDispatch")
        self.assertEqual((dispatch.message.name, text(dispatch.message)), ("TextMessage", "from STOMP"))


class Security(OpenWireCase):
    plugins = USERS

    def test_a_wrong_password_is_told_and_closes(self):
        client = self.client()
        client.negotiate()
        self.refused("java.lang.SecurityException", "User name [u] or password is invalid.", client.log_in,
                     userName="u", password="wrong")
        client.wait_closed()
        self.serves(userName="u", password="p")

    def test_rights(self):
        client = self.open(userName="u", password="p")
        self.refused("java.lang.SecurityException", "User u is not authorized to write to: queue://closed",
                     client.produce, queue("closed"))
        client.produce()
        client.send("TextMessage", **client.message(queue("closed"), "x"))
        error = client.expect("ConnectionError").exception
        self.assertEqual((error.kind, error.text),
                         ("java.lang.SecurityException", "User u is not authorized to write to: queue://closed"))
        self.refused("java.lang.SecurityException", "User u is not authorized to read from: queue://closed",
                     client.consume, queue("closed"))
        client.put(queue("open.q"), "fine")


class Connector(OpenWireCase):
    scheme = "nio"
    options = "?maximumConnections=2&amp;wireFormat.tightEncodingEnabled=true&amp;wireFormat.maxInactivityDuration=7000"
    connector = 'allowLinkStealing="true" updateClusterClients="true" rebalanceClusterClients="true"'

    def test_options_are_obeyed(self):
        client = self.client()
        theirs, broker = client.negotiate()
        properties = decode_map(theirs.marshalledProperties)
        self.assertEqual((properties["TightEncodingEnabled"], properties["MaxInactivityDuration"]), (1, 7000))
        other = self.client()
        other.receive()  # it is in before the next one comes
        third = self.client()
        third.wait_closed()
        self.assertIn("tcp://127.0.0.1", broker.brokerUrl)

    def test_clients_are_told_of_this_broker(self):
        client = self.client()
        _, broker = client.negotiate()
        client.log_in(manageable=1, faultTolerant=1)
        control = client.expect("ConnectionControl")
        self.assertEqual((control.connectedBrokers, control.rebalanceConnection), (broker.brokerUrl, 1))

    def test_a_client_id_may_be_stolen(self):
        first = self.client()
        first.open(client_id="only")
        second = self.client()
        second.open(client_id="only")
        first.wait_closed()


class Auto(OpenWireCase):
    scheme = "auto"
    options = "?protocolDetectionTimeOut=1500"

    def test_both_are_spoken_on_one_port(self):
        stomp = Stomp(self.port)
        self.broker.clients.append(stomp)
        stomp.connect()
        stomp.subscribe("/queue/open.q")
        client = self.open()
        client.produce()
        client.put(queue("open.q"), "across")
        self.assertEqual(stomp.expect("MESSAGE").text, "across")

    def test_the_first_bytes_may_come_one_by_one(self):
        client = self.client()
        for byte in frame_of(offer()):
            client.send_raw(bytes([byte]))
        client.expect("BrokerInfo")
        stomp = Stomp(self.port)
        self.broker.clients.append(stomp)
        for byte in b"CONNECT\naccept-version:1.2\nhost:x\n\n\0":
            stomp.send_raw(bytes([byte]))
        stomp.expect("CONNECTED")

    def test_what_is_neither_is_closed_at_once_and_silence_later(self):
        for first in (b"MQTT", b"\0\0\0\5\1Apache..", b"SEND\n"):
            client = self.client()
            client.send_raw(first)
            client.wait_closed()
        begin = time.monotonic()
        client = self.client()
        client.send_raw(b"\0\0")
        client.wait_closed()
        self.assertGreater(time.monotonic() - begin, 1.4)
        self.serves()


class AutoOne(OpenWireCase):
    scheme = "auto+nio"
    options = "?auto.protocols=stomp"

    def test_only_what_is_listed_is_taken(self):
        client = self.client()
        client.send_raw(frame_of(offer()))
        client.wait_closed()
        stomp = Stomp(self.port)
        self.broker.clients.append(stomp)
        stomp.connect()


if __name__ == "__main__":
    unittest.main()
