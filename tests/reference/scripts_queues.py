# SPDX-License-Identifier: Apache-2.0
"""Redelivery, dead letters, expiry, order, groups, exclusive consumers, priorities."""
from entry import talk
from scripts_messages import fill

INDIVIDUAL = "a+ 1.2\na= SUBSCRIBE|destination:/queue/%s|id:1|ack:client-individual\n"


def dead(queue, letters, more=""):
    """A NACK on this queue, and what then is in that dead letter queue."""
    return (INDIVIDUAL % queue + "b+ 1.2\nb= SUBSCRIBE|destination:/queue/%s|id:d\n" % letters +
            "a= SEND|destination:/queue/%s%s||x\n" % (queue, more) + "a<\na= NACK|id:{m1.ack}\nb<.")


TABLE = [
    talk("C11", "redelivered after DISCONNECT, in order", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(4) +
         "a< 4\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C11", "redelivered after a lost connection", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(3) +
         "a< 3\na= ACK|id:{m1.ack}\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1|ack:client\na-\nb<."),
    talk("C11", "redelivered goes before new ones", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client|activemq.prefetchSize:2\n" +
         fill(4) + "a< 2\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C11", "redelivered after UNSUBSCRIBE", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(2) +
         "a< 2\na= UNSUBSCRIBE|id:1\na= SUBSCRIBE|destination:/queue/@|id:2|ack:client\na<."),
    talk("C11", "ACK after UNSUBSCRIBE", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(1) +
         "a<\na= UNSUBSCRIBE|id:1\na> ACK|id:{m1.ack}|receipt:r\na<.\na?"),
    talk("C11", "redelivered again and again", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(1) + "a<\n" +
         "a= UNSUBSCRIBE|id:1\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\na<\n" * 8),
    talk("C11", "auto counts as consumed", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n" + fill(2) +
         "a< 2\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C11", "to the other consumer", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client-individual\n" + fill(2) +
         "a< 2\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1|ack:client\na= UNSUBSCRIBE|id:1\nb<."),
    talk("C11", "NACK of one in mode client", "a+ 1.2\na= SUBSCRIBE|destination:/queue/ind.@|id:1|ack:client\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/DLQ.ind.@|id:d\n" + fill(3, "/queue/ind.@", more="|persistent:true") +
         "a< 3\na= NACK|id:{m2.ack}\nb<.\na= DISCONNECT\na<x\nc+ 1.2\nc= SUBSCRIBE|destination:/queue/ind.@|id:1\nc<."),
    talk("C11", "NACK in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/ind.@|id:1|ack:client-individual\n"
         "b+ 1.1\nb= SUBSCRIBE|destination:/queue/DLQ.ind.@|id:d\n" + fill(1, "/queue/ind.@", more="|persistent:true") +
         "a<\na= NACK|message-id:{m1.message-id}|subscription:1\nb<."),
    talk("C11", "NACK on a browser", "a+ 1.2\n" + fill(1) + "a= SUBSCRIBE|destination:/queue/@|id:1|browser:true|ack:client\na<.\n"
         "a> NACK|id:none|receipt:r\na<.\na?",
         differs="the text says which id, not null"),
    talk("D3", "NACK to the shared queue", dead("@", "ActiveMQ.DLQ", "|persistent:true|colour:red|correlation-id:c|reply-to:/queue/r")),
    talk("D3", "NACK of a non-persistent one", dead("@", "ActiveMQ.DLQ")),
    talk("D3", "NACK to an own queue", dead("ind.@", "DLQ.ind.@", "|persistent:true")),
    talk("D3", "non-persistent to an own queue", dead("ind.@", "DLQ.ind.@")),
    talk("D3", "processNonPersistent", dead("indnp.@", "DLQ.indnp.@")),
    talk("D3", "discarding", dead("discard.@", "ActiveMQ.DLQ", "|persistent:true")),
    talk("D3", "NACK of a redelivered one", dead("ind.@", "DLQ.ind.@", "|persistent:true|JMSXDeliveryCount:4")),
    talk("D3", "NACK of one that expires later", dead("ind.@", "DLQ.ind.@", "|persistent:true|expires:{now+600000}")),
    talk("D3", "NACK on a topic", "a+ 1.2\na= SUBSCRIBE|destination:/topic/indtopic.@|id:1|ack:client-individual\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/DLT.indtopic.@|id:d\n"
         "a= SEND|destination:/topic/indtopic.@|persistent:true||x\na<\na= NACK|id:{m1.ack}\nb<."),
    talk("D3", "NACK on the dead letter queue", "a+ 1.2\na= SUBSCRIBE|destination:/queue/ind.@|id:1|ack:client-individual\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/DLQ.ind.@|id:d|ack:client-individual\n"
         "a= SEND|destination:/queue/ind.@|persistent:true||x\na<\na= NACK|id:{m1.ack}\nb<\nb= NACK|id:{m2.ack}\nb<.\n"
         "b= DISCONNECT\nb<x\nc+ 1.2\nc= SUBSCRIBE|destination:/queue/DLQ.>|id:1\nc<."),
    talk("D3", "expired on arrival", "b+ 1.2\nb= SUBSCRIBE|destination:/queue/DLQ.ind.@|id:d\n"
         "a+ 1.2\na= SUBSCRIBE|destination:/queue/ind.@|id:1\n"
         "a= SEND|destination:/queue/ind.@|persistent:true|expires:1000||late\na= SEND|destination:/queue/ind.@||in time\na<.\nb<."),
    talk("D3", "non-persistent expired on arrival", "b+ 1.2\nb= SUBSCRIBE|destination:/queue/DLQ.ind.@|id:d\n"
         "a+ 1.2\na= SUBSCRIBE|destination:/queue/ind.@|id:1\n"
         "a= SEND|destination:/queue/ind.@|expires:1000||late\na= SEND|destination:/queue/ind.@||in time\na<.\nb<."),
    talk("D3", "expired in the queue", "b+ 1.2\nb= SUBSCRIBE|destination:/queue/DLQ.ind.@|id:d\n"
         "a+ 1.2\na= SEND|destination:/queue/ind.@|persistent:true|expires:{now+300}||late\na= SEND|destination:/queue/ind.@||in time\n"
         "a_ 500\na= SUBSCRIBE|destination:/queue/ind.@|id:1\na<.\nb<."),
    talk("D3", "expired and processExpired false", "b+ 1.2\nb= SUBSCRIBE|destination:/queue/DLQ.indnoexp.@|id:d\n"
         "a+ 1.2\na= SEND|destination:/queue/indnoexp.@|persistent:true|expires:{now+300}||late\n"
         "a_ 500\na= SUBSCRIBE|destination:/queue/indnoexp.@|id:1\na<.\nb<."),
    talk("D3", "expired on a topic", "a+ 1.2\na= SUBSCRIBE|destination:/topic/@|id:1\n"
         "a= SEND|destination:/topic/@|expires:1000||late\na= SEND|destination:/topic/@||in time\na<."),
    talk("D3", "a date to come is shown", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a= SEND|destination:/queue/@|expires:{now+60000}||x\na<"),
    talk("D3", "expires negative", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\na= SEND|destination:/queue/@|expires:-5||x\na<."),

    talk("D4", "first in first out", "a+ 1.2\n" + fill(6) + "a= SUBSCRIBE|destination:/queue/@|id:1\na< 6"),
    talk("D4", "priority is only carried", "a+ 1.2\na= SEND|destination:/queue/@|priority:1||1\na= SEND|destination:/queue/@|priority:9||9\n"
         "a= SUBSCRIBE|destination:/queue/@|id:1\na< 2"),
    talk("D4", "prioritizedMessages", "a+ 1.2\na= SEND|destination:/queue/prio.@|priority:1||1\na= SEND|destination:/queue/prio.@|priority:9||9\n"
         "a= SEND|destination:/queue/prio.@||4\na= SEND|destination:/queue/prio.@|priority:9||9b\n"
         "a= SUBSCRIBE|destination:/queue/prio.@|id:1|ack:client|activemq.prefetchSize:1\na<.\na= ACK|id:{m1.ack}\na<.\n"
         "a= ACK|id:{m2.ack}\na<.\na= ACK|id:{m3.ack}\na<."),
    talk("D4", "group stays with its consumer", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "b= SUBSCRIBE|destination:/queue/@|id:1\nc+ 1.2\n" + fill(3, who="c", more="|JMSXGroupID:g") + "a<.\nb<."),
    talk("D4", "two groups", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\nb= SUBSCRIBE|destination:/queue/@|id:1\nc+ 1.2\n"
         "c= SEND|destination:/queue/@|JMSXGroupID:g||g1\nc= SEND|destination:/queue/@|JMSXGroupID:h||h1\n"
         "c= SEND|destination:/queue/@|JMSXGroupID:g||g2\nc= SEND|destination:/queue/@|JMSXGroupID:h||h2\na<.\nb<."),
    talk("D4", "group is reassigned when its consumer leaves", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\nc+ 1.2\n" +
         fill(1, who="c", more="|JMSXGroupID:g") + "a<\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\n" +
         fill(1, who="c", more="|JMSXGroupID:g") + "a<\na= UNSUBSCRIBE|id:1\n" + fill(1, who="c", more="|JMSXGroupID:g") + "b<."),
    talk("D4", "group is closed by -1", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\nc+ 1.2\n" +
         fill(1, who="c", more="|JMSXGroupID:g|JMSXGroupSeq:1") + "a<\nc= SEND|destination:/queue/@|JMSXGroupID:g|JMSXGroupSeq:-1||end\na<\n" +
         fill(1, who="c", more="|JMSXGroupID:g|JMSXGroupSeq:1") + "a<"),
    talk("D4", "exclusive consumer", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|activemq.exclusive:true\n"
         "b= SUBSCRIBE|destination:/queue/@|id:1|activemq.exclusive:true\nc+ 1.2\n" + fill(3, who="c") + "a<.\nb<.\n"
         "a= UNSUBSCRIBE|id:1\n" + fill(2, who="c") + "b<.\na<."),
    talk("D4", "exclusive beside ordinary", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "b= SUBSCRIBE|destination:/queue/@|id:1|activemq.exclusive:true\nc+ 1.2\n" + fill(3, who="c") + "a<.\nb<."),
    talk("D4", "exclusive of higher priority", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|activemq.exclusive:true\n"
         "b= SUBSCRIBE|destination:/queue/@|id:1|activemq.exclusive:true|activemq.priority:5\nc+ 1.2\n" + fill(3, who="c") + "a<.\nb<."),
    talk("D4", "exclusive by policy", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/exclusive.@|id:1\n"
         "b= SUBSCRIBE|destination:/queue/exclusive.@|id:1\nc+ 1.2\n" + fill(3, "/queue/exclusive.@", "c") + "a<.\nb<."),
    talk("D4", "priority of consumers", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|activemq.priority:1\n"
         "b= SUBSCRIBE|destination:/queue/@|id:1|activemq.priority:9\nc+ 1.2\n" + fill(3, who="c") + "a<.\nb<."),
    talk("D4", "priority until the window is full", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "b= SUBSCRIBE|destination:/queue/@|id:1|activemq.priority:9|activemq.prefetchSize:2|ack:client\nc+ 1.2\n" +
         fill(4, who="c") + "a<.\nb<."),
    talk("D4", "round robin", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\nb= SUBSCRIBE|destination:/queue/@|id:1\n"
         "c+ 1.2\n" + fill(4, who="c") + "a<.\nb<."),
    talk("D10", "retroactive with the last image", "a+ 1.2\n" + fill(3, "/topic/last.@") +
         "a= SUBSCRIBE|destination:/topic/last.@|id:1|activemq.retroactive:true\na<."),
    talk("D10", "not retroactive", "a+ 1.2\n" + fill(3, "/topic/last.@") + "a= SUBSCRIBE|destination:/topic/last.@|id:1\na<."),
    talk("D10", "retroactive with a fixed count", "a+ 1.2\n" + fill(4, "/topic/fixedcount.@") +
         "a= SUBSCRIBE|destination:/topic/fixedcount.@|id:1|activemq.retroactive:true\na<."),
]
