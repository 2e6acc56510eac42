# SPDX-License-Identifier: Apache-2.0
"""An OpenWire client that sees bytes: version 12, loose, without the cache.

The table below is all there is to know of the format; commands are plain objects:
    client.request("SessionInfo", sessionId=client.session_id(1))
"""
import socket
import struct
import time

from broker import HOST, PATIENCE, Closed

COMMAND = "commandId:int responseRequired:bool "
MESSAGE = COMMAND + (
    "producerId:any destination:any transactionId:any originalDestination:any messageId:any originalTransactionId:any "
    "groupId:string groupSequence:int correlationId:string persistent:bool expiration:long priority:byte replyTo:any "
    "timestamp:long type:string content:bytes marshalledProperties:bytes dataStructure:any targetConsumerId:any "
    "compressed:bool redeliveryCounter:int brokerPath:array arrival:long userId:string receivedByDFBridge:bool "
    "droppable:bool cluster:array brokerInTime:long brokerOutTime:long jmsxGroupFirstForConsumer:bool")
TYPES = {
    1: ("WireFormatInfo", "magic:magic version:int marshalledProperties:bytes"),
    2: ("BrokerInfo", COMMAND + "brokerId:any brokerUrl:string peerBrokerInfos:array brokerName:string slaveBroker:bool "
        "masterBroker:bool faultTolerantConfiguration:bool duplexConnection:bool networkConnection:bool "
        "connectionId:long brokerUploadUrl:string networkProperties:string"),
    3: ("ConnectionInfo", COMMAND + "connectionId:any clientId:string password:string userName:string brokerPath:array "
        "brokerMasterConnector:bool manageable:bool clientMaster:bool faultTolerant:bool failoverReconnect:bool "
        "clientIp:string"),
    4: ("SessionInfo", COMMAND + "sessionId:any"),
    5: ("ConsumerInfo", COMMAND + "consumerId:any browser:bool destination:any prefetchSize:int "
        "maximumPendingMessageLimit:int dispatchAsync:bool selector:string clientId:string subscriptionName:string "
        "noLocal:bool exclusive:bool retroactive:bool priority:byte brokerPath:array additionalPredicate:any "
        "networkSubscription:bool optimizedAcknowledge:bool noRangeAcks:bool networkConsumerPath:array"),
    6: ("ProducerInfo", COMMAND + "producerId:any destination:any brokerPath:array dispatchAsync:bool windowSize:int"),
    7: ("TransactionInfo", COMMAND + "connectionId:any transactionId:any type:byte"),
    8: ("DestinationInfo", COMMAND + "connectionId:any destination:any operationType:byte timeout:long brokerPath:array"),
    9: ("RemoveSubscriptionInfo", COMMAND + "connectionId:any subscriptionName:string clientId:string"),
    10: ("KeepAliveInfo", COMMAND),
    11: ("ShutdownInfo", COMMAND),
    12: ("RemoveInfo", COMMAND + "objectId:any lastDeliveredSequenceId:long"),
    14: ("ControlCommand", COMMAND + "command:string"),
    15: ("FlushCommand", COMMAND),
    16: ("ConnectionError", COMMAND + "exception:throwable connectionId:any"),
    17: ("ConsumerControl", COMMAND + "destination:any close:bool consumerId:any prefetch:int flush:bool start:bool "
         "stop:bool"),
    18: ("ConnectionControl", COMMAND + "close:bool exit:bool faultTolerant:bool resume:bool suspend:bool "
         "connectedBrokers:string reconnectTo:string rebalanceConnection:bool token:bytes"),
    19: ("ProducerAck", COMMAND + "producerId:any size:int"),
    20: ("MessagePull", COMMAND + "consumerId:any destination:any timeout:long correlationId:string messageId:any"),
    21: ("MessageDispatch", COMMAND + "consumerId:any destination:any message:any redeliveryCounter:int"),
    22: ("MessageAck", COMMAND + "destination:any transactionId:any consumerId:any ackType:byte firstMessageId:any "
         "lastMessageId:any messageCount:int poisonCause:throwable"),
    23: ("Message", MESSAGE), 24: ("BytesMessage", MESSAGE), 25: ("MapMessage", MESSAGE), 26: ("ObjectMessage", MESSAGE),
    27: ("StreamMessage", MESSAGE), 28: ("TextMessage", MESSAGE),
    30: ("Response", COMMAND + "correlationId:int"),
    31: ("ExceptionResponse", COMMAND + "correlationId:int exception:throwable"),
    32: ("DataResponse", COMMAND + "correlationId:int data:any"),
    33: ("DataArrayResponse", COMMAND + "correlationId:int data:array"),
    34: ("IntegerResponse", COMMAND + "correlationId:int result:int"),
    53: ("JournalTrace", "message:string"),
    60: ("PartialCommand", "commandId:int data:bytes"),
    90: ("MessageDispatchNotification", COMMAND + "consumerId:any destination:any deliverySequenceId:long messageId:any"),
    100: ("Queue", "physicalName:string"), 101: ("Topic", "physicalName:string"),
    102: ("TempQueue", "physicalName:string"), 103: ("TempTopic", "physicalName:string"),
    110: ("MessageId", "textView:string producerId:any producerSequenceId:long brokerSequenceId:long"),
    111: ("LocalTransactionId", "value:long connectionId:any"),
    112: ("XATransactionId", "formatId:int globalTransactionId:bytes branchQualifier:bytes"),
    120: ("ConnectionId", "value:string"), 121: ("SessionId", "connectionId:string value:long"),
    122: ("ConsumerId", "connectionId:string sessionId:long value:long"),
    123: ("ProducerId", "connectionId:string value:long sessionId:long"),
    124: ("BrokerId", "value:string"),
}
FIELDS = {name: [field.split(":") for field in fields.split()] for name, fields in TYPES.values()}
NAMES = {number: name for number, (name, _) in TYPES.items()}
NUMBERS = {name: number for number, name in NAMES.items()}
INTEGERS = {"bool": ">B", "byte": ">b", "int": ">i", "long": ">q"}
PROPERTIES = dict(CacheEnabled=False, CacheSize=1024, TightEncodingEnabled=False, StackTraceEnabled=False,
                  TcpNoDelayEnabled=True, SizePrefixDisabled=False)
MAP_TAGS = {bool: (1, ">B"), int: (6, ">q")}


class Thing:
    """A structure of any type, with its fields as attributes."""

    def __init__(self, name, **fields):
        self.name = name
        for field, kind in FIELDS[name]:
            setattr(self, field, fields.pop(field, 0 if kind in INTEGERS else None))
        assert not fields, fields

    def __eq__(self, other):
        return isinstance(other, Thing) and self.__dict__ == other.__dict__

    def __repr__(self):
        return "%s(%s)" % (self.name, ", ".join("%s=%r" % item for item in self.__dict__.items()
                                                if item[0] != "name" and item[1]))


class Error:
    """An exception as the wire carries it."""

    def __init__(self, kind, text):
        self.kind, self.text = kind, text

    def __repr__(self):
        return "%s %r" % (self.kind, self.text)


def encode_value(kind, value):
    if kind in INTEGERS:
        return struct.pack(INTEGERS[kind], value)
    if kind == "magic":
        return value
    if value is None:
        return b"\0"
    if kind == "string":
        data = value.encode()
        return b"\1" + struct.pack(">H", len(data)) + data
    if kind == "bytes":
        return b"\1" + struct.pack(">i", len(value)) + value
    if kind == "array":
        return b"\1" + struct.pack(">h", len(value)) + b"".join(encode_value("any", item) for item in value)
    if kind == "throwable":
        return b"\1" + encode_value("string", value.kind) + encode_value("string", value.text)
    return b"\1" + encode(value)


def encode(thing):
    return bytes([NUMBERS[thing.name]]) + b"".join(encode_value(kind, getattr(thing, field))
                                                   for field, kind in FIELDS[thing.name])


def frame_of(thing):
    data = encode(thing)
    return struct.pack(">i", len(data)) + data


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert self.at + count <= len(self.data), "the frame is too short"
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def value(self, kind):
        if kind in INTEGERS:
            return self.number(INTEGERS[kind])
        if kind == "magic":
            return self.take(8)
        if not self.number(">B"):
            return None
        if kind == "string":
            return self.take(self.number(">H")).decode()
        if kind == "bytes":
            return self.take(self.number(">i"))
        if kind == "array":
            return [self.value("any") for _ in range(self.number(">h"))]
        if kind == "throwable":
            return Error(self.value("string"), self.value("string"))
        return self.thing()

    def thing(self):
        name = NAMES[self.number(">B")]
        return Thing(name, **{field: self.value(kind) for field, kind in FIELDS[name]})


def decode(data):
    reader = Reader(data)
    thing = reader.thing()
    assert reader.at == len(data), "%d bytes behind %r" % (len(data) - reader.at, thing)
    return thing


def encode_map(entries):
    data = struct.pack(">i", len(entries))
    for name, value in entries.items():
        tag, form = (5, ">i") if name == "CacheSize" else MAP_TAGS[type(value)]
        data += struct.pack(">H", len(name)) + name.encode() + bytes([tag]) + struct.pack(form, value)
    return data


def decode_map(data):
    reader, entries = Reader(data), {}
    forms = {1: ">B", 2: ">b", 4: ">h", 5: ">i", 6: ">q"}
    for _ in range(reader.number(">i")):
        name = reader.take(reader.number(">H")).decode()
        tag = reader.number(">B")
        entries[name] = reader.take(reader.number(">H")).decode() if tag == 9 else reader.number(forms[tag])
    return entries


def offer(version=12, **properties):
    every = dict(PROPERTIES, MaxInactivityDuration=30000, MaxInactivityDurationInitalDelay=10000)
    every.update(properties)
    return Thing("WireFormatInfo", magic=b"ActiveMQ", version=version, marshalledProperties=encode_map(every))


def queue(name):
    return Thing("Queue", physicalName=name)


def topic(name):
    return Thing("Topic", physicalName=name)


def text(message):
    """The text of a TextMessage."""
    return message.content[4:].decode()


class Refused(Exception):
    def __init__(self, error):
        super().__init__(repr(error))
        self.kind, self.text = error.kind, error.text


class OpenWire:
    """One socket. `id` is the connection id that its commands use unless they say otherwise."""
    count = 0

    def __init__(self, port, receive_buffer=None):
        OpenWire.count += 1
        self.id = "ID:test-1-%d-1:%d" % (int(time.time()), OpenWire.count)
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((HOST, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.command_id, self.waiting, self.sequence = b"", 0, [], {}

    def close(self):
        self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, name, **fields):
        """Sends a command without waiting; returns its id."""
        self.command_id += 1
        self.send_raw(frame_of(Thing(name, commandId=self.command_id, **fields)))
        return self.command_id

    def next_frame(self, seconds=PATIENCE):
        """The bytes of the next frame. Closed, or TimeoutError."""
        deadline = time.monotonic() + seconds
        while len(self.data) < 4 or len(self.data) < 4 + struct.unpack(">i", self.data[:4])[0]:
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
        size = struct.unpack(">i", self.data[:4])[0]
        frame, self.data = self.data[4:4 + size], self.data[4 + size:]
        return frame

    def receive(self, seconds=PATIENCE):
        """The next command, keep-alives left out."""
        if self.waiting:
            return self.waiting.pop(0)
        return self.receive_new(seconds)

    def receive_new(self, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while True:
            thing = decode(self.next_frame(deadline - time.monotonic()))
            if thing.name != "KeepAliveInfo":
                return thing

    def expect(self, name, seconds=PATIENCE):
        """The next command of that name; others that come first are left out."""
        while True:
            thing = self.receive(seconds)
            if thing.name == name:
                return thing

    def answer(self, command_id, seconds=PATIENCE):
        """The response to a command; Refused if it is an exception. What comes first is kept."""
        while True:
            thing = self.receive_new(seconds)
            if getattr(thing, "correlationId", None) == command_id and "Response" in thing.name:
                break
            self.waiting.append(thing)
        if thing.name == "ExceptionResponse":
            raise Refused(thing.exception)
        return thing

    def request(self, name, **fields):
        return self.answer(self.send(name, responseRequired=1, **fields))

    def wait_closed(self, seconds=PATIENCE):
        """Reads until the broker has closed the connection."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.next_frame(deadline - time.monotonic())
            except Closed:
                return

    # Handshake and ids

    def negotiate(self, version=12, **properties):
        """Both WireFormatInfos and the BrokerInfo; returns what the broker offers, and that."""
        self.send_raw(frame_of(offer(version, **properties)))
        theirs = decode(self.next_frame())
        assert theirs.name == "WireFormatInfo" and theirs.magic == b"ActiveMQ", theirs
        return theirs, self.expect("BrokerInfo")

    def connect(self, client_id=None, **fields):
        self.negotiate()
        return self.log_in(client_id, **fields)

    def log_in(self, client_id=None, **fields):
        fields.setdefault("clientId", client_id or self.id)
        return self.request("ConnectionInfo", connectionId=self.connection_id(), **fields)

    def connection_id(self):
        return Thing("ConnectionId", value=self.id)

    def session_id(self, number=1):
        return Thing("SessionId", connectionId=self.id, value=number)

    def producer_id(self, number=1, session=1):
        return Thing("ProducerId", connectionId=self.id, sessionId=session, value=number)

    def consumer_id(self, number=1, session=1):
        return Thing("ConsumerId", connectionId=self.id, sessionId=session, value=number)

    # What most tests need

    def open(self, **fields):
        """Connects, with session 1."""
        self.connect(**fields)
        self.request("SessionInfo", sessionId=self.session_id())
        return self

    def produce(self, destination=None, number=1, **fields):
        return self.request("ProducerInfo", producerId=self.producer_id(number), destination=destination, **fields)

    def message(self, destination, body, number=1, sequence=None, **fields):
        """The fields of a TextMessage of one of our producers."""
        if sequence is None:
            sequence = self.sequence[number] = self.sequence.get(number, 0) + 1
        data = body.encode()
        producer = self.producer_id(number)
        return dict(dict(producerId=producer, destination=destination, priority=4, timestamp=int(time.time() * 1000),
                         messageId=Thing("MessageId", producerId=producer, producerSequenceId=sequence),
                         content=struct.pack(">i", len(data)) + data), **fields)

    def put(self, destination, body="", **fields):
        """Sends a text and waits for the response."""
        return self.request("TextMessage", **self.message(destination, body, **fields))

    def consume(self, destination, number=1, prefetchSize=100, **fields):
        return self.request("ConsumerInfo", consumerId=self.consumer_id(number), destination=destination,
                            prefetchSize=prefetchSize, **fields)

    def dispatched(self, body=None, seconds=PATIENCE):
        """The next MessageDispatch, acknowledged; its text must be `body`."""
        dispatch = self.expect("MessageDispatch", seconds)
        assert body is None or text(dispatch.message) == body, dispatch
        self.send("MessageAck", consumerId=dispatch.consumerId, destination=dispatch.destination, ackType=2,
                  firstMessageId=dispatch.message.messageId, lastMessageId=dispatch.message.messageId, messageCount=1)
        return dispatch
