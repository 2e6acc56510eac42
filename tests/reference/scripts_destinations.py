# SPDX-License-Identifier: Apache-2.0
"""Names, wildcards, composites, temporary and virtual destinations, durable subscriptions, rights."""
from entry import talk
from scripts_messages import fill

ADMIN = "a+ 1.2 login:admin|passcode:admin-pass\n"
READER = "r+ 1.2 login:reader|passcode:reader-pass\n"
WRITER = "w+ 1.2 login:writer|passcode:writer-pass\n"
SAYS_WHY = "an ERROR comes before the connection is closed"
SAME_TEXT = "message is the text of the body"
DURABLE = "SUBSCRIBE|destination:/topic/@|id:1|activemq.subscriptionName:s"


def refused(name, who, frame, profile="users", differs=None):
    return talk("E3", name, "%s%s> %s|receipt:r\n%s<.\n%s?" % (who, who[0], frame, who[0], who[0]), profile, differs)


TABLE = [
    talk("C7", "name without a prefix", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\na> SEND|destination:@||x\na<"),
    talk("C7", "SUBSCRIBE without a prefix", "a+ 1.2\na= SUBSCRIBE|destination:@|id:1\na> SEND|destination:/queue/@||x\na<"),
    talk("C7", "name with a scheme", "a+ 1.2\na= SUBSCRIBE|destination:queue://@|id:1\na> SEND|destination:/queue/@||1\n"
         "a> SEND|destination:queue://@||2\na<."),
    talk("C7", "topic scheme", "a+ 1.2\na= SUBSCRIBE|destination:topic://@|id:1\na> SEND|destination:/topic/@||1\na<."),
    talk("C7", "slashes and dots in a name", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@/a.b/c|id:1\na> SEND|destination:/queue/@/a.b/c||x\na<"),
    talk("C7", "blanks in a name", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@ x y|id:1\na> SEND|destination:/queue/@ x y||x\na<"),
    talk("C7", "unknown prefix", "a+ 1.2\na= SUBSCRIBE|destination:/exchange/@|id:1\na> SEND|destination:/exchange/@||x\na<."),
    talk("C7", "/dsub/", "a+ 1.2\na= SUBSCRIBE|destination:/dsub/@|id:1\na> SEND|destination:/dsub/@||x\na<."),
    talk("C7", "prefix in capitals", "a+ 1.2\na= SUBSCRIBE|destination:/QUEUE/@|id:1\na> SEND|destination:/queue/@||x\n"
         "a> SEND|destination:/QUEUE/@||y\na<."),
    talk("C7", "options behind a name", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@?consumer.prefetchSize=1|id:1|ack:client\n" + fill(2) + "a<."),
    talk("C7", "options on SEND", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\na> SEND|destination:/queue/@?a=b||x\na<."),
    talk("C7", "SEND to /queue/", "a+ 1.2\na> SEND|destination:/queue/|receipt:r||x\na<x", differs=SAYS_WHY),
    talk("C7", "SUBSCRIBE to /queue/", "a+ 1.2\na> SUBSCRIBE|destination:/queue/|id:1|receipt:r\na<x", differs=SAYS_WHY),
    talk("C7", "SEND to an empty destination", "a+ 1.2\na> SEND|destination:|receipt:r||x\na<x", differs=SAYS_WHY),
    talk("C7", "composite SEND", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.a|id:a\na> SEND|destination:/queue/@.a,/queue/@.b||x\na<\n"
         "a= SUBSCRIBE|destination:/queue/@.b|id:b\na<",
         differs="in original-destination every part has the form that SEND takes"),
    talk("C7", "composite SEND to queue and topic", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:a\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/topic/@|id:b\na> SEND|destination:/queue/@,/topic/@||x\na<\nb<",
         differs="in original-destination every part has the form that SEND takes"),
    talk("C7", "composite with a topic first", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:a\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/topic/@|id:b\na> SEND|destination:/topic/@,/queue/@||x\na<\nb<",
         differs="in original-destination every part has the form that SEND takes"),
    talk("C7", "composite without later prefixes", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.b|id:b\na> SEND|destination:/queue/@.a,@.b||x\na<",
         differs="in original-destination every part has the form that SEND takes"),
    talk("C7", "composite with blanks", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.b|id:b\na> SEND|destination:/queue/@.a, /queue/@.b||x\na<.",
         differs="blanks around the parts do not count"),
    talk("C7", "composite SUBSCRIBE", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.a,/queue/@.b|id:1\n"
         "a= SEND|destination:/queue/@.a||a\na<\na= SEND|destination:/queue/@.b||b\na<"),
    talk("C7", "composite SUBSCRIBE to topics", "a+ 1.2\na= SUBSCRIBE|destination:/topic/@.a,/topic/@.b|id:1\n"
         "a= SEND|destination:/topic/@.a||a\na<\na= SEND|destination:/topic/@.b||b\na<"),
    talk("C7", "composite SUBSCRIBE to queue and topic", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@,/topic/@|id:1\n"
         "a= SEND|destination:/queue/@||q\na<\na= SEND|destination:/topic/@||t\na<.",
         differs="all parts are subscribed to"),
    talk("C7", "wildcard * on queues", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.*|id:1\na= SEND|destination:/queue/@.a||early\na<\n"
         "a= SEND|destination:/queue/@.b||late\na<\na= SEND|destination:/queue/@.a.b||deep\na<."),
    talk("C7", "wildcard > on queues", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.>|id:1\na= SEND|destination:/queue/@.a.b||1\na<\n"
         "a= SEND|destination:/queue/@||2\na<."),
    talk("C7", "wildcard * on topics", "a+ 1.2\na= SUBSCRIBE|destination:/topic/@.*.x|id:1\na= SEND|destination:/topic/@.a.x||1\na<\n"
         "a= SEND|destination:/topic/@.a.y||2\na= SEND|destination:/topic/@.a.b.x||3\na<."),
    talk("C7", "wildcard > on topics", "a+ 1.2\na= SUBSCRIBE|destination:/topic/@.>|id:1\na= SEND|destination:/topic/@.a||1\na<\n"
         "a= SEND|destination:/topic/@.a.b||2\na<\na= SEND|destination:/topic/@||3\na<."),
    talk("C7", "overlapping wildcards", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/topic/@.>|id:1\nb= SUBSCRIBE|destination:/topic/@.*|id:2\n"
         "a= SEND|destination:/topic/@.a||1\na<.\nb<."),
    talk("C7", "ack through a wildcard", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.*|id:1|ack:client\n"
         "a= SEND|destination:/queue/@.a||1\na<\na= SEND|destination:/queue/@.b||2\na<\na= ACK|id:{m2.ack}\na= DISCONNECT\na<x\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/@.*|id:1\nb<."),
    talk("C7", "SEND to a wildcard on a queue", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.a|id:1\na= SEND|destination:/queue/@.>||x\na<."),

    talk("D12", "temporary queue", "a+ 1.2\na= SUBSCRIBE|destination:/temp-queue/@|id:1\na> SEND|destination:/temp-queue/@||x\na<"),
    talk("D12", "temporary topic", "a+ 1.2\na= SUBSCRIBE|destination:/temp-topic/@|id:1\na> SEND|destination:/temp-topic/@||x\na<"),
    talk("D12", "names of temporary queues are private", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/temp-queue/@|id:1\n"
         "b= SUBSCRIBE|destination:/temp-queue/@|id:1\na> SEND|destination:/temp-queue/@||x\na<\nb<."),
    talk("D12", "request and reply", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/temp-queue/@|id:1\nb= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a= SEND|destination:/queue/@|reply-to:/temp-queue/@|correlation-id:7||ask\nb<\nb@ reply-to=t1\n"
         "b> SEND|destination:{t1}|correlation-id:7|receipt:r||answer\nb<\na<"),
    talk("D12", "request and reply by a topic", "a+ 1.1\nb+ 1.1\na= SUBSCRIBE|destination:/temp-topic/@|id:1\nb= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a= SEND|destination:/queue/@|reply-to:/temp-topic/@||ask\nb<\nb@ reply-to=t1\nb> SEND|destination:{t1}|receipt:r||answer\nb<\na<"),
    talk("D12", "request and reply in 1.0", "a+ 1.0\nb+ 1.0\na= SUBSCRIBE|destination:/temp-queue/@\nb= SUBSCRIBE|destination:/queue/@\n"
         "a= SEND|destination:/queue/@|reply-to:/temp-queue/@||ask\nb<\nb@ reply-to=t1\nb> SEND|destination:{t1}|receipt:r||answer\nb<\na<"),
    talk("D12", "own request sees its own name", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a= SEND|destination:/queue/@|reply-to:/temp-queue/@||ask\na<"),
    talk("D12", "reply-to before the subscription", "a+ 1.2\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a= SEND|destination:/queue/@|reply-to:/temp-queue/@||ask\nb<\nb@ reply-to=t1\nb= SEND|destination:{t1}||answer\n"
         "a= SUBSCRIBE|destination:/temp-queue/@|id:1\na<"),
    talk("D12", "reply when the asker is gone", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/temp-queue/@|id:1\nb= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a= SEND|destination:/queue/@|reply-to:/temp-queue/@||ask\nb<\nb@ reply-to=t1\na= DISCONNECT\na<x\n"
         "b> SEND|destination:{t1}|receipt:r||answer\nb<.\nb?",
         differs=SAME_TEXT),
    talk("D12", "temporary queue of another connection", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/temp-queue/@|id:1\n"
         "b= SUBSCRIBE|destination:/queue/@|id:1\na= SEND|destination:/queue/@|reply-to:/temp-queue/@||ask\nb<\nb@ reply-to=t1\n"
         "b> SUBSCRIBE|destination:{t1}|id:2|receipt:r\nb<.\nb?",
         differs="temporary destinations of other connections cannot be subscribed to, as since ActiveMQ 5.19.8"),
    talk("D12", "unknown temporary queue", "a+ 1.2\na> SEND|destination:/remote-temp-queue/ID:none-1-1-1:1:1|receipt:r||x\na<.\na?",
         differs=SAME_TEXT),

    talk("D2", "virtual topic", "a+ 1.2\na= SUBSCRIBE|destination:/queue/Consumer.one.VirtualTopic.@|id:1\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/Consumer.two.VirtualTopic.@|id:2\nc+ 1.2\nc= SUBSCRIBE|destination:/topic/VirtualTopic.@|id:3\n"
         "c= SEND|destination:/topic/VirtualTopic.@||x\na<\nb<\nc<"),
    talk("D2", "virtual topic keeps for an absent consumer", "a+ 1.2\na= SUBSCRIBE|destination:/queue/Consumer.one.VirtualTopic.@|id:1\n"
         "a= UNSUBSCRIBE|id:1\na= SEND|destination:/topic/VirtualTopic.@|persistent:true||x\n"
         "a= SUBSCRIBE|destination:/queue/Consumer.one.VirtualTopic.@|id:1\na<."),
    talk("D2", "virtual topic and wildcard consumer", "a+ 1.2\na= SEND|destination:/queue/Consumer.one.VirtualTopic.@.a||make\n"
         "a= SUBSCRIBE|destination:/queue/Consumer.one.VirtualTopic.@.>|id:1\na<\na= SEND|destination:/topic/VirtualTopic.@.a||x\na<.",
         differs="messages that are there come at once; no queue is called like the wildcard"),
    talk("D2", "NACK from a virtual topic", "a+ 1.2\na= SUBSCRIBE|destination:/queue/Consumer.one.VirtualTopic.@|id:1|ack:client\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/ActiveMQ.DLQ|id:2\na= SEND|destination:/topic/VirtualTopic.@|persistent:true||x\na<\n"
         "a= NACK|id:{m1.ack}\nb<."),
    talk("D2", "own virtual topic", "a+ 1.2\na= SUBSCRIBE|destination:/queue/K.one.P.@.end|id:1\na= SEND|destination:/topic/P.@||x\na<.", "virtual"),
    talk("D2", "default virtual topic is replaced", "a+ 1.2\na= SUBSCRIBE|destination:/queue/Consumer.one.VirtualTopic.@|id:1\n"
         "a= SEND|destination:/topic/VirtualTopic.@||x\na<.", "virtual"),
    talk("D2", "selector aware virtual topic", "a+ 1.2\na= SUBSCRIBE|destination:/queue/C.one.V.@|id:1|selector:colour='red'\n"
         "a= SEND|destination:/topic/V.@|colour:red||1\na= SEND|destination:/topic/V.@|colour:blue||2\na<.\na= UNSUBSCRIBE|id:1\n"
         "a= SUBSCRIBE|destination:/queue/C.one.V.@|id:1\na<.", "virtual"),
    talk("D2", "compositeQueue", "a+ 1.2\na= SUBSCRIBE|destination:/queue/both.one|id:1\nb+ 1.2\nb= SUBSCRIBE|destination:/topic/both.two|id:2\n"
         "c+ 1.2\nc= SUBSCRIBE|destination:/queue/both.q|id:3\nc= SEND|destination:/queue/both.q||x\na<.\nb<.\nc<.", "virtual"),
    talk("D2", "compositeQueue that keeps", "a+ 1.2\na= SUBSCRIBE|destination:/queue/keep.q|id:1\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/keep.copy|id:2\n"
         "a= SEND|destination:/queue/keep.q|persistent:true||x\na<.\nb<.", "virtual"),
    talk("D2", "compositeTopic", "a+ 1.2\na= SUBSCRIBE|destination:/queue/both.three|id:1\nb+ 1.2\nb= SUBSCRIBE|destination:/topic/both.t|id:2\n"
         "a= SEND|destination:/topic/both.t||x\na<.\nb<.", "virtual"),
    talk("D2", "filtered destinations", "a+ 1.2\na= SUBSCRIBE|destination:/queue/filter.red|id:1\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/filter.large|id:2\n"
         "c+ 1.2\nc= SEND|destination:/queue/filter.q|colour:red|size:3||1\nc= SEND|destination:/queue/filter.q|colour:red|size:9||2\n"
         "c= SEND|destination:/queue/filter.q|colour:blue||3\na<.\nb<.", "virtual"),

    talk("D5", "durable subscription keeps while offline", "a+ 1.2 client-id:@\na= " + DURABLE + "\na= UNSUBSCRIBE|id:1\n"
         "a= SEND|destination:/topic/@|persistent:true||p\na= SEND|destination:/topic/@||np\na= " + DURABLE + "\na<."),
    talk("D5", "durable subscription over connections", "a+ 1.2 client-id:@\na= " + DURABLE + "\na= DISCONNECT\na<x\n"
         "b+ 1.2\nb= SEND|destination:/topic/@|persistent:true||p\nc+ 1.2 client-id:@\nc= " + DURABLE + "\nc<."),
    talk("D5", "unacknowledged on a durable subscription", "a+ 1.2 client-id:@\na= " + DURABLE + "|ack:client\n" +
         fill(3, "/topic/@", more="|persistent:true") + "a< 3\na= ACK|id:{m1.ack}\na= DISCONNECT\na<x\nc+ 1.2 client-id:@\nc= " +
         DURABLE + "\nc<.",
         differs="redelivered:true is said on durable subscriptions as well"),
    talk("D5", "lost with a durable subscription", "a+ 1.2 client-id:@\na= " + DURABLE + "|ack:client\n" +
         fill(2, "/topic/@", more="|persistent:true") + "a< 2\na= UNSUBSCRIBE|id:1\na= " + DURABLE + "\na<.",
         differs="redelivered:true is said on durable subscriptions as well"),
    talk("D5", "durable subscription in use", "a+ 1.2 client-id:@\na= " + DURABLE + "\n"
         "a> SUBSCRIBE|destination:/topic/@|id:2|activemq.subscriptionName:s|receipt:r\na<.\na?"),
    talk("D5", "delete", "a+ 1.2 client-id:@\na= " + DURABLE + "\na= UNSUBSCRIBE|id:1\na= SEND|destination:/topic/@|persistent:true||p\n"
         "a> UNSUBSCRIBE|id:1|activemq.subscriptionName:s|receipt:r\na<\na= " + DURABLE + "\na<."),
    talk("D5", "delete while active", "a+ 1.2 client-id:@\na= " + DURABLE + "\na> UNSUBSCRIBE|id:1|activemq.subscriptionName:s|receipt:r\na<.\na?"),
    talk("D5", "delete what is not there", "a+ 1.2 client-id:@\na> UNSUBSCRIBE|id:1|activemq.subscriptionName:none|receipt:r\na<.\na?"),
    talk("D5", "another selector makes a new one", "a+ 1.2 client-id:@\na= " + DURABLE + "|selector:n=1\na= UNSUBSCRIBE|id:1\n"
         "a= SEND|destination:/topic/@|n:1|persistent:true||old\na= " + DURABLE + "|selector:n=2\n"
         "a= SEND|destination:/topic/@|n:1|persistent:true||1\na= SEND|destination:/topic/@|n:2|persistent:true||2\na<."),
    talk("D5", "another topic makes a new one", "a+ 1.2 client-id:@\na= " + DURABLE + "\na= UNSUBSCRIBE|id:1\n"
         "a= SEND|destination:/topic/@|persistent:true||old\na= SUBSCRIBE|destination:/topic/@.b|id:1|activemq.subscriptionName:s\n"
         "a= SEND|destination:/topic/@|persistent:true||1\na= SEND|destination:/topic/@.b|persistent:true||2\na<."),
    talk("D5", "two names, one topic", "a+ 1.2 client-id:@\na= " + DURABLE + "\na= SUBSCRIBE|destination:/topic/@|id:2|activemq.subscriptionName:t\n"
         "a= SEND|destination:/topic/@|persistent:true||1\na<."),
    talk("D5", "durable without a client-id", "a+ 1.2\na> " + DURABLE + "|receipt:r\na<\na= SEND|destination:/topic/@||1\na<"),
    talk("D5", "durable on a queue", "a+ 1.2 client-id:@\na> SUBSCRIBE|destination:/queue/@|id:1|activemq.subscriptionName:s|receipt:r\na<.\na?"),
    talk("D5", "durable with a selector", "a+ 1.2 client-id:@\na= " + DURABLE + "|selector:n > 1\na= UNSUBSCRIBE|id:1\n"
         "a= SEND|destination:/topic/@|n:1||1\na= SEND|destination:/topic/@|n:2||2\na= " + DURABLE + "|selector:n > 1\na<."),
    talk("D5", "durable with a wildcard", "a+ 1.2 client-id:@\na= SUBSCRIBE|destination:/topic/@.>|id:1|activemq.subscriptionName:s\n"
         "a= UNSUBSCRIBE|id:1\na= SEND|destination:/topic/@.a|persistent:true||1\n"
         "a= SUBSCRIBE|destination:/topic/@.>|id:1|activemq.subscriptionName:s\na<."),
    talk("D5", "the misspelt header of old clients", "a+ 1.2 client-id:@\na= SUBSCRIBE|destination:/topic/@|id:1|activemq.subcriptionName:s\n"
         "a= UNSUBSCRIBE|id:1\na= SEND|destination:/topic/@|persistent:true||1\n"
         "a= SUBSCRIBE|destination:/topic/@|id:1|activemq.subcriptionName:s\na<.",
         differs="means the same as activemq.subscriptionName"),
    talk("D5", "durable-subscription-name", "a+ 1.2 client-id:@\na= SUBSCRIBE|destination:/topic/@|id:1|durable-subscription-name:s\n"
         "a= UNSUBSCRIBE|id:1\na= SEND|destination:/topic/@|persistent:true||1\n"
         "a= SUBSCRIBE|destination:/topic/@|id:1|durable-subscription-name:s\na<.",
         differs="means the same as activemq.subscriptionName"),
    talk("D5", "durable in 1.0", "a+ 1.0 client-id:@\na= SUBSCRIBE|destination:/topic/@|activemq.subscriptionName:@\n"
         "a= UNSUBSCRIBE|destination:/topic/@\na= SEND|destination:/topic/@|persistent:true||1\n"
         "a> UNSUBSCRIBE|destination:/topic/@|activemq.subscriptionName:@|receipt:r\na<.\n"
         "a= SUBSCRIBE|destination:/topic/@|activemq.subscriptionName:@\na<."),
    talk("D5", "prefetch on a durable subscription", "a+ 1.2 client-id:@\na= " + DURABLE + "|ack:client|activemq.prefetchSize:1\n" +
         fill(3, "/topic/@", more="|persistent:true") + "a<.\na= ACK|id:{m1.ack}\na<."),

    refused("SEND without the right", READER, "SEND|destination:/queue/shared.@"),
    refused("SEND to a topic without the right", READER, "SEND|destination:/topic/shared.@"),
    refused("SEND that would create", WRITER, "SEND|destination:/queue/fixed.@"),
    refused("SEND to somebody else's queue", WRITER, "SEND|destination:/queue/private.@"),
    refused("SUBSCRIBE without the right", WRITER, "SUBSCRIBE|destination:/queue/shared.@|id:1"),
    refused("SUBSCRIBE to a topic without the right", WRITER, "SUBSCRIBE|destination:/topic/shared.@|id:1"),
    refused("SUBSCRIBE that would create", READER, "SUBSCRIBE|destination:/queue/fixed.@|id:1"),
    refused("SUBSCRIBE to all", READER, "SUBSCRIBE|destination:/queue/>|id:1",
         differs="a wildcard is accepted when it has a readable name; each destination is checked when it is joined"),
    refused("SUBSCRIBE to a wildcard below the entry", READER, "SUBSCRIBE|destination:/queue/shared.@.>|id:1"),
    refused("SUBSCRIBE to the wildcard of the entry", READER, "SUBSCRIBE|destination:/queue/shared.>|id:1"),
    refused("SUBSCRIBE to * below the entry", READER, "SUBSCRIBE|destination:/queue/shared.*|id:1"),
    refused("SUBSCRIBE to a wildcard beside the entry", READER, "SUBSCRIBE|destination:/queue/private.>|id:1"),
    refused("SUBSCRIBE to * in front", READER, "SUBSCRIBE|destination:/queue/*.x|id:1"),
    refused("temporary queue without the right", WRITER, "SUBSCRIBE|destination:/temp-queue/@|id:1"),
    refused("temporary queue with the right", READER, "SUBSCRIBE|destination:/temp-queue/@|id:1"),
    refused("composite SEND with one part forbidden", WRITER, "SEND|destination:/queue/shared.@,/queue/private.@",
         differs="the kind of the first part is named as well"),
    refused("SEND of a guest", "g+ 1.2\n", "SEND|destination:/queue/shared.@", "guests"),
    refused("SEND of a guest where guests may", "g+ 1.2\n", "SEND|destination:/queue/open.@", "guests"),
    refused("SUBSCRIBE of a guest", "g+ 1.1\n", "SUBSCRIBE|destination:/topic/shared.@|id:1", "guests"),
    talk("E3", "writer to reader", READER + WRITER + "r= SUBSCRIBE|destination:/queue/shared.@|id:1\nw= SEND|destination:/queue/shared.@||x\nr<", "users"),
    talk("E3", "a destination that is there needs no admin right", ADMIN + WRITER +
         "a= SUBSCRIBE|destination:/queue/fixed.@|id:1\nw> SEND|destination:/queue/fixed.@|receipt:r||x\nw<\na<", "users"),
    talk("E3", "error without a receipt", READER + "r> SEND|destination:/queue/shared.@||x\nr<.\nr?", "users"),
    talk("E3", "a forbidden SEND in a transaction", WRITER + ADMIN + "a= SUBSCRIBE|destination:/queue/shared.@|id:1\nw= BEGIN|transaction:t\n"
         "w= SEND|destination:/queue/shared.@|transaction:t||1\nw> SEND|destination:/queue/private.@|transaction:t|receipt:r||2\nw<.\n"
         "w> COMMIT|transaction:t|receipt:c\nw<.\na<.", "users"),
    talk("E3", "error in 1.0", "r+ 1.0 login:reader|passcode:reader-pass\nr> SEND|destination:/queue/shared.@|receipt:r||x\nr<.\nr?", "users"),
]
