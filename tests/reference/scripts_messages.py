# SPDX-License-Identifier: Apache-2.0
"""Sending and subscribing: headers, receipts, acknowledgement, transactions, selectors, errors that keep the connection."""
from entry import talk

BOTH = "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
SAYS_WHY = "an ERROR comes before the connection is closed"


def fill(count, destination="/queue/@", who="a", more=""):
    return "".join("%s= SEND|destination:%s%s||%d\n" % (who, destination, more, i + 1) for i in range(count))


def selects(name, selector, *headers, differs=None):
    """Which of the messages with these headers a selector takes."""
    script = "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1|selector:%s\n" % selector
    for number, header in enumerate(headers):
        script += "a= SEND|destination:/queue/@%s||%d\n" % ("|" + header if header else "", number)
    return talk("D11", "selector " + name, script + "a<.", differs=differs)


TABLE = [
    talk("C3", "receipt of SEND", "a+ 1.2\na> SEND|destination:/queue/@|receipt:s1||x\na<"),
    talk("C3", "receipt of persistent SEND", "a+ 1.2\na> SEND|destination:/queue/@|receipt:s1|persistent:true||x\na<"),
    talk("C3", "receipt of SUBSCRIBE comes first", "a+ 1.2\na= SEND|destination:/queue/@||x\n"
         "a> SUBSCRIBE|destination:/queue/@|id:1|receipt:s1\na<! 2"),
    talk("C3", "receipts of ACK and UNSUBSCRIBE", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n"
         "a= SEND|destination:/queue/@||x\na<\na> ACK|id:{m1.ack}|receipt:k\na<\na> UNSUBSCRIBE|id:1|receipt:u\na<"),
    talk("C3", "receipts of BEGIN COMMIT ABORT", "a+ 1.2\na> BEGIN|transaction:t|receipt:1\na<\n"
         "a> COMMIT|transaction:t|receipt:2\na<\na> BEGIN|transaction:t|receipt:3\na<\na> ABORT|transaction:t|receipt:4\na<"),
    talk("C3", "empty receipt", "a+ 1.2\na> SEND|destination:/queue/@|receipt:||x\na<."),
    talk("C3", "SEND without destination", "a+ 1.2\na> SEND|receipt:r||x\na<.\na?"),
    talk("C3", "SUBSCRIBE without id in 1.1", "a+ 1.1\na> SUBSCRIBE|destination:/queue/@|receipt:r\na<.\na?"),
    talk("C3", "SUBSCRIBE without id in 1.0", "a+ 1.0\na> SUBSCRIBE|destination:/queue/@|receipt:r\na<\n"
         "a> SEND|destination:/queue/@||x\na<"),
    talk("C3", "SUBSCRIBE without destination", "a+ 1.2\na> SUBSCRIBE|id:1|receipt:r\na<.\na?"),
    talk("C3", "the same id twice", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@.a|id:1\na= SUBSCRIBE|destination:/queue/@.b|id:1\n"
         "a= SEND|destination:/queue/@.a||a\na<\na= SEND|destination:/queue/@.b||b\na<\na= UNSUBSCRIBE|id:1\n"
         "a= SEND|destination:/queue/@.b||b\na= SEND|destination:/queue/@.a||a\na<."),
    talk("C3", "UNSUBSCRIBE of an unknown id", "a+ 1.1\na> UNSUBSCRIBE|id:9|receipt:r\na<.\na?"),
    talk("C3", "UNSUBSCRIBE without id in 1.1", "a+ 1.1\na> UNSUBSCRIBE|destination:/queue/@|receipt:r\na<.\na?"),
    talk("C3", "UNSUBSCRIBE by destination in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@\n"
         "a= SEND|destination:/queue/@||1\na<\na> UNSUBSCRIBE|destination:/queue/@|receipt:u\na<\n"
         "a= SEND|destination:/queue/@||2\na<."),
    talk("C3", "UNSUBSCRIBE of an unknown destination", "a+ 1.0\na> UNSUBSCRIBE|destination:/queue/@|receipt:r\na<.\na?"),
    talk("C3", "UNSUBSCRIBE of nothing in 1.0", "a+ 1.0\na> UNSUBSCRIBE|receipt:r\na<.\na?"),
    talk("C3", "UNSUBSCRIBE by id in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@|id:7\na> UNSUBSCRIBE|id:7|receipt:u\na<\n"
         "a= SEND|destination:/queue/@||2\na<."),
    talk("C3", "ACK of an unknown message in 1.0", "a+ 1.0\na> ACK|message-id:none|receipt:r\na<.\na?"),
    talk("C3", "ACK without headers in 1.0", "a+ 1.0\na> ACK|receipt:r\na<.\na?"),
    talk("C3", "ACK without subscription in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n"
         "a= SEND|destination:/queue/@||x\na<\na> ACK|message-id:{m1.message-id}|receipt:r\na<.\na?"),
    talk("C3", "ACK without message-id in 1.1", "a+ 1.1\na> ACK|subscription:1|receipt:r\na<.\na?"),
    talk("C3", "ACK of an unknown message in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n"
         "a> ACK|message-id:none|subscription:1|receipt:r\na<.\na?",
         differs="ActiveMQ 5.17 fails with a NullPointerException and closes"),
    talk("C3", "ACK of an unknown subscription in 1.1", "a+ 1.1\na> ACK|message-id:none|subscription:8|receipt:r\na<.\na?"),
    talk("C3", "ACK without id in 1.2", "a+ 1.2\na> ACK|receipt:r\na<.\na?"),
    talk("C3", "ACK of an unknown id in 1.2", "a+ 1.2\na> ACK|id:none|receipt:r\na<.\na?",
         differs="the text says which id, not null"),
    talk("C3", "ACK in mode auto in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1\na= SEND|destination:/queue/@||x\na<\n"
         "a> ACK|message-id:{m1.message-id}|subscription:1|receipt:r\na<.\na?"),
    talk("C3", "ACK in mode auto in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@\na= SEND|destination:/queue/@||x\na<\n"
         "a> ACK|message-id:{m1.message-id}|receipt:r\na<.\na?"),
    talk("C3", "the same ACK twice", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\na= SEND|destination:/queue/@||x\n"
         "a<\na= ACK|id:{m1.ack}\na> ACK|id:{m1.ack}|receipt:r\na<.\na?",
         differs="the text says which id, not null"),
    talk("C3", "NACK in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@|ack:client\na= SEND|destination:/queue/@||x\na<\n"
         "a> NACK|message-id:{m1.message-id}|receipt:r\na<.\na?"),
    talk("C3", "NACK of an unknown message in 1.1", "a+ 1.1\na> NACK|message-id:none|subscription:8|receipt:r\na<.\na?"),
    talk("C3", "NACK of an unknown id in 1.2", "a+ 1.2\na> NACK|id:none|receipt:r\na<.\na?",
         differs="the text says which id, not null"),
    talk("C3", "NACK without id in 1.2", "a+ 1.2\na> NACK|receipt:r\na<.\na?"),
    talk("C3", "escaped and plain message-id in ACK", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client-individual\n" +
         fill(1) + "a<\na@ message-id=t1\na> ACK|message-id:{t1}|subscription:1|receipt:r\na<\na?"),
    talk("C3", "NACK and ACK of the same message", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client-individual\n" + fill(1) +
         "a<\na= NACK|id:{m1.ack}\na> ACK|id:{m1.ack}|receipt:r\na<.\na?",
         differs="the text says which id, not null"),
    talk("C3", "ACK after UNSUBSCRIBE in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(1) +
         "a<\na= UNSUBSCRIBE|id:1\na> ACK|message-id:{m1.message-id}|subscription:1|receipt:r\na<.\na?"),
    talk("C3", "ACK with content-length", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@|ack:client\n" + fill(1) +
         "a<\na> ACK|message-id:{m1.message-id}|content-length:0|receipt:r\na<"),

    talk("C4", "all standard headers", BOTH + "a> SEND|destination:/queue/@|correlation-id:c|reply-to:/queue/@.r|type:t|"
         "priority:7|expires:0|timestamp:12345|persistent:true|JMSXGroupID:g|JMSXGroupSeq:3|custom:v||x\na<"),
    talk("C4", "standard headers in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@\n"
         "a> SEND|destination:/queue/@|correlation-id:c|reply-to:/queue/@.r|type:t|priority:7|timestamp:12345|custom:v||x\na<"),
    talk("C4", "defaults", BOTH + "a> SEND|destination:/queue/@||x\na<"),
    talk("C4", "persistent is only true", BOTH + "a> SEND|destination:/queue/@|persistent:TRUE||1\n"
         "a> SEND|destination:/queue/@|persistent:yes||2\na> SEND|destination:/queue/@|persistent:false||3\na< 3"),
    talk("C4", "priorities beyond the range", BOTH + "a> SEND|destination:/queue/@|priority:12||x\n"
         "a> SEND|destination:/queue/@|priority:-3||x\na< 2"),
    talk("C4", "priority with blanks in 1.2", BOTH + "a> SEND|destination:/queue/@|priority: 7||x\na<.",
         differs=SAYS_WHY),
    talk("C4", "priority is no number", "a+ 1.2\na> SEND|destination:/queue/@|priority:high|receipt:r||x\na<x", differs=SAYS_WHY),
    talk("C4", "expires is no number", "a+ 1.2\na> SEND|destination:/queue/@|expires:soon|receipt:r||x\na<x", differs=SAYS_WHY),
    talk("C4", "timestamp is no number", "a+ 1.2\na> SEND|destination:/queue/@|timestamp:now|receipt:r||x\na<x", differs=SAYS_WHY),
    talk("C4", "JMSXGroupSeq is no number", "a+ 1.2\na> SEND|destination:/queue/@|JMSXGroupSeq:a|receipt:r||x\na<x",
         differs=SAYS_WHY),
    talk("C4", "schedule without a scheduler", BOTH + "a> SEND|destination:/queue/@|AMQ_SCHEDULED_DELAY:10||x\na<"),
    talk("C4", "a client cannot forge", BOTH + "a> SEND|destination:/queue/@|message-id:forged|redelivered:true|subscription:9|"
         "JMSXUserID:root||x\na<"),
    talk("C4", "JMSXDeliveryCount", BOTH + "a> SEND|destination:/queue/@|JMSXDeliveryCount:3||x\na<"),
    talk("C4", "JMSXDeliveryCount of one", BOTH + "a> SEND|destination:/queue/@|JMSXDeliveryCount:1||x\na<"),
    talk("C4", "odd custom headers", BOTH + "a> SEND|destination:/queue/@|content-type:text/plain|ack:client|id:5|selector:x|"
         "browser:true|original-destination:/queue/x|receipt-id:5|server:me||x\na<",
         differs="a property called ack is left out: only the broker says what to acknowledge"),
    talk("C4", "transformation headers", BOTH + "a> SEND|destination:/queue/@|transformation:none-such||x\na<"),
    talk("C4", "reply-to as a name", BOTH + "a> SEND|destination:/queue/@|reply-to:someone||x\n"
         "a> SEND|destination:/queue/@|reply-to:queue://x||x\na> SEND|destination:/queue/@|reply-to:/topic/x||x\na< 3"),
    talk("C4", "reply-to of odd forms", BOTH + "a> SEND|destination:/queue/@|reply-to:||x\na> SEND|destination:/queue/@|reply-to:/x/y||x\na< 2"),
    talk("C4", "JMSXUserID", "a+ 1.2 login:admin|passcode:admin-pass\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a> SEND|destination:/queue/@|JMSXUserID:root||x\na<", "userid"),
    talk("C4", "login and passcode on SEND", BOTH + "a> SEND|destination:/queue/@|login:x|passcode:y|client-id:z||x\na<"),
    talk("C5", "amq-msg-type text", BOTH + "a> SEND|destination:/queue/@|amq-msg-type:text|content-length:1||x\na<"),
    talk("C5", "amq-msg-type bytes", BOTH + "a> SEND|destination:/queue/@|amq-msg-type:bytes||x\na<"),
    talk("C5", "amq-msg-type in capitals", BOTH + "a> SEND|destination:/queue/@|amq-msg-type:BYTES||x\na<."),
    talk("C5", "amq-msg-type map", "a+ 1.2\na> SEND|destination:/queue/@|amq-msg-type:map|receipt:r||x\na<.\na?"),
    talk("C5", "invalid UTF-8 in a text", BOTH + "a! SEND\\ndestination:/queue/@\\n\\na\\xff\\xfeb\\0\na<"),
    talk("C6", "message of 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@|ack:client\na> SEND|destination:/queue/@||x\na<"),
    talk("C6", "message of 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:s|ack:client\na> SEND|destination:/queue/@||x\na<"),
    talk("C6", "message of 1.2", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:s|ack:client\na> SEND|destination:/queue/@||x\na<"),
    talk("C6", "id of a subscription is escaped", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:a\\cb\na> SEND|destination:/queue/@||x\na<"),
    talk("C6", "message of a topic", "a+ 1.2\na= SUBSCRIBE|destination:/topic/@|id:s|ack:client\na> SEND|destination:/topic/@|persistent:true||x\na<"),

    talk("C8", "unknown ack mode is auto", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:never\n" + fill(1) +
         "a<\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C8", "ack client is cumulative", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(5) +
         "a< 5\na= ACK|id:{m3.ack}\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C8", "ack client-individual", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client-individual\n" + fill(5) +
         "a< 5\na= ACK|id:{m3.ack}\na= ACK|id:{m5.ack}\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C8", "ack client in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(4) +
         "a< 4\na= ACK|message-id:{m2.message-id}|subscription:1\na= DISCONNECT\na<x\n"
         "b+ 1.1\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C8", "ack client in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@|ack:client\n" + fill(4) +
         "a< 4\na= ACK|message-id:{m2.message-id}\na= DISCONNECT\na<x\nb+ 1.0\nb= SUBSCRIBE|destination:/queue/@\nb<."),
    talk("C8", "cumulative ack in parts", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(4) +
         "a< 4\na= ACK|id:{m2.ack}\na> ACK|id:{m1.ack}|receipt:late\na<.\na= ACK|id:{m4.ack}\na-\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<.",
         differs="the text says which id, not null"),
    talk("C8", "cumulative ack is per subscription", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@.a|id:1|ack:client\n"
         "a= SUBSCRIBE|destination:/queue/@.b|id:2|ack:client\n" + fill(1, "/queue/@.a") + "a<\n" + fill(1, "/queue/@.b") +
         "a<\na= ACK|id:{m2.ack}\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@.a|id:1\nb<.\nb= SUBSCRIBE|destination:/queue/@.b|id:2\nb<."),
    talk("C8", "prefetch of one", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client|activemq.prefetchSize:1\n" + fill(3) +
         "a<.\na= ACK|id:{m1.ack}\na<.\na= ACK|id:{m2.ack}\na<."),
    talk("C8", "prefetch of two and individual acks", "a+ 1.2\n"
         "a= SUBSCRIBE|destination:/queue/@|id:1|ack:client-individual|activemq.prefetchSize:2\n" + fill(4) +
         "a<.\na= ACK|id:{m2.ack}\na<.\na= ACK|id:{m1.ack}\na<."),
    talk("C8", "prefetch of zero", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|activemq.prefetchSize:0\n" + fill(2) + "a<."),
    talk("C8", "prefetch of one on auto", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|activemq.prefetchSize:1\n" + fill(3) + "a<."),
    talk("C8", "prefetch of a policy on a queue", "a+ 1.2\na= SUBSCRIBE|destination:/queue/few.@|id:1|ack:client\n" +
         fill(5, "/queue/few.@") + "a<."),
    talk("C8", "own prefetch against a policy", "a+ 1.2\na= SUBSCRIBE|destination:/queue/few.@|id:1|ack:client|activemq.prefetchSize:4\n" +
         fill(5, "/queue/few.@") + "a<."),
    talk("C8", "prefetch of a policy on a topic", "a+ 1.2\na= SUBSCRIBE|destination:/topic/few.@|id:1|ack:client\n" +
         fill(5, "/topic/few.@") + "a<.\na= ACK|id:{m2.ack}\na<."),
    talk("C8", "prefetch on a topic", "a+ 1.2\na= SUBSCRIBE|destination:/topic/@|id:1|ack:client|activemq.prefetchSize:2\n" +
         fill(5, "/topic/@") + "a<.\na= ACK|id:{m1.ack}\na<."),
    talk("C8", "two workers with a prefetch of one", "a+ 1.2\nb+ 1.2\n"
         "a= SUBSCRIBE|destination:/queue/@|id:1|ack:client|activemq.prefetchSize:1\n"
         "b= SUBSCRIBE|destination:/queue/@|id:1|ack:client|activemq.prefetchSize:1\n" + fill(4) +
         "a<.\nb<.\nb= ACK|id:{m2.ack}\nb<.\na<."),
    talk("C8", "odd values of options", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|activemq.prefetchSize:many|activemq.priority:x|"
         "activemq.exclusive:perhaps|activemq.none:1\n" + fill(1) + "a<"),
    talk("C8", "browser of an empty queue", "a+ 1.1\na> SUBSCRIBE|destination:/queue/@|id:1|browser:true|receipt:r\na<."),
    talk("C8", "browser", "a+ 1.1\n" + fill(3) + "a= SUBSCRIBE|destination:/queue/@|id:1|browser:true\na<.\n"
         "b+ 1.1\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C8", "browser with a selector", "a+ 1.2\n" + fill(2, more="|colour:red") + fill(2, more="|colour:blue") +
         "a= SUBSCRIBE|destination:/queue/@|id:1|browser:true|selector:colour='blue'\na<."),
    talk("C8", "browser on a topic", "a+ 1.1\na> SUBSCRIBE|destination:/topic/@|id:1|browser:true|receipt:r\na<.\na?",
         differs="the text says what is wrong, not that a Java class cannot be cast"),
    talk("C8", "browser in 1.0", "a+ 1.0\na> SUBSCRIBE|destination:/queue/@|browser:true|receipt:r\na<.\na?"),
    talk("C8", "browser with ack client", "a+ 1.2\n" + fill(1) +
         "a> SUBSCRIBE|destination:/queue/@|id:1|browser:true|ack:client|receipt:r\na<.\na?"),
    talk("C8", "invalid selector", "a+ 1.2\na> SUBSCRIBE|destination:/queue/@|id:1|selector:a b c|receipt:r\na<.\na?",
         differs="the text says what is wrong and where"),
    talk("C8", "empty selector", "a+ 1.2\na> SUBSCRIBE|destination:/queue/@|id:1|selector:|receipt:r\na<.\na?",
         differs="the text says what is wrong and where"),
    talk("C8", "noLocal", "a+ 1.2\nb+ 1.2\na= SUBSCRIBE|destination:/topic/@|id:1|activemq.noLocal:true\n" + fill(1, "/topic/@") +
         fill(1, "/topic/@", "b") + "a<."),

    selects("of strings", "colour = 'red'", "colour:red", "colour:blue", ""),
    selects("converts numbers", "size > 5", "size:7", "size:3", "size:large", ""),
    selects("converts floats", "size >= 1.5", "size:1.5", "size:1.25", "size:2"),
    selects("converts booleans", "ok = TRUE", "ok:true", "ok:false", "ok:1"),
    selects("a bare boolean", "ok", "ok:true", "ok:false"),
    selects("string against number", "size = '7'", "size:7", "size:8"),
    selects("AND OR NOT", "NOT (a = '1' AND b = '2') OR c = '3'", "a:1|b:2", "a:1|b:3", "a:1|b:2|c:3", "a:9"),
    selects("IN", "colour IN ('red', 'blue')", "colour:red", "colour:green", ""),
    selects("NOT IN", "colour NOT IN ('red')", "colour:red", "colour:green", ""),
    selects("LIKE", "name LIKE 'a_c%'", "name:abcd", "name:ac", "name:abc"),
    selects("LIKE with ESCAPE", "name LIKE 'a!_%' ESCAPE '!'", "name:a_b", "name:axb"),
    selects("BETWEEN", "size BETWEEN 2 AND 4", "size:2", "size:4", "size:5"),
    selects("IS NULL", "colour IS NULL", "colour:red", ""),
    selects("unknown is not false", "NOT (colour = 'red')", "colour:red", "colour:blue", ""),
    selects("of JMS fields", "JMSPriority > 5 AND JMSType = 'a'", "priority:7|type:a", "priority:7|type:b", "priority:4|type:a"),
    selects("of delivery mode", "JMSDeliveryMode = 'PERSISTENT'", "persistent:true", ""),
    selects("of correlation", "JMSCorrelationID = 'c1'", "correlation-id:c1", "correlation-id:c2", ""),
    selects("arithmetic", "size * 2 + 1 = 7", "size:3", "size:4"),
    selects("of a group", "JMSXGroupID = 'g'", "JMSXGroupID:g", "JMSXGroupID:h"),
    selects("without conversion", "no_convert_string_expressions:size = 7", "size:7", "size:8",
            differs="the prefix may be said by STOMP clients as well"),
    selects("REGEX", "REGEX('^a.*z$', name)", "name:abcz", "name:abc"),
    talk("D11", "selectors on a topic", "a+ 1.2\na= SUBSCRIBE|destination:/topic/@|id:1|selector:n > 1\n"
         "a= SEND|destination:/topic/@|n:1||1\na= SEND|destination:/topic/@|n:2||2\na<."),
    talk("D11", "two consumers with selectors", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:odd|selector:n IN ('1','3')\n"
         "a= SUBSCRIBE|destination:/queue/@|id:even|selector:n IN ('2','4')\n"
         "a= SEND|destination:/queue/@|n:1||1\na<\na= SEND|destination:/queue/@|n:2||2\na<\na= SEND|destination:/queue/@|n:5||5\na<."),

    talk("C3", "BEGIN twice", "a+ 1.2\na= BEGIN|transaction:t\na> BEGIN|transaction:t|receipt:r\na<.\na?"),
    talk("C3", "BEGIN without a name", "a+ 1.2\na> BEGIN|receipt:r\na<.\na?"),
    talk("C3", "COMMIT of an unknown transaction", "a+ 1.2\na> COMMIT|transaction:t|receipt:r\na<.\na?"),
    talk("C3", "ABORT of an unknown transaction", "a+ 1.2\na> ABORT|transaction:t|receipt:r\na<.\na?"),
    talk("C3", "COMMIT without a name", "a+ 1.2\na> COMMIT|receipt:r\na<.\na?"),
    talk("C3", "SEND in an unknown transaction", "a+ 1.2\na> SEND|destination:/queue/@|transaction:t|receipt:r||x\na<.\na?"),
    talk("C3", "ACK in an unknown transaction", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(1) +
         "a<\na> ACK|id:{m1.ack}|transaction:t|receipt:r\na<.\na?"),
    talk("C11", "COMMIT makes sends visible", BOTH + "a= BEGIN|transaction:t\n" + fill(2, more="|transaction:t") +
         "a<.\na= COMMIT|transaction:t\na<."),
    talk("C11", "ABORT drops sends", BOTH + "a= BEGIN|transaction:t\n" + fill(2, more="|transaction:t") + "a= ABORT|transaction:t\na<."),
    talk("C11", "a transaction header stays out of the message", BOTH +
         "a= BEGIN|transaction:t\na= SEND|destination:/queue/@|transaction:t|x:y||1\na= COMMIT|transaction:t\na<"),
    talk("C11", "two transactions at once", BOTH + "a= BEGIN|transaction:t\na= BEGIN|transaction:u\n"
         "a= SEND|destination:/queue/@|transaction:t||t\na= SEND|destination:/queue/@|transaction:u||u\n"
         "a= COMMIT|transaction:u\na<.\na= ABORT|transaction:t\na<."),
    talk("C11", "names of transactions are per connection", "a+ 1.2\nb+ 1.2\na= BEGIN|transaction:t\nb= BEGIN|transaction:t\n"
         "b= COMMIT|transaction:t\na= COMMIT|transaction:t\na?"),
    talk("C11", "transaction over queue and topic", "b+ 1.2\nb= SUBSCRIBE|destination:/topic/@|id:t\n" + BOTH +
         "a= BEGIN|transaction:t\na= SEND|destination:/topic/@|transaction:t||1\na= SEND|destination:/queue/@|transaction:t||2\n"
         "b<.\na= COMMIT|transaction:t\na<\nb<"),
    talk("C11", "DISCONNECT rolls back", "a+ 1.2\na= BEGIN|transaction:t\n" + fill(1, more="|transaction:t") +
         "a= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C11", "an error inside does not end the transaction", BOTH + "a= BEGIN|transaction:t\n" + fill(1, more="|transaction:t") +
         "a> SEND|destination:/queue/@|transaction:t|amq-msg-type:map|receipt:r||x\na<\na= COMMIT|transaction:t\na<."),
    talk("C11", "ACK in a transaction and COMMIT", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(3) +
         "a< 3\na= BEGIN|transaction:t\na= ACK|id:{m2.ack}|transaction:t\na= COMMIT|transaction:t\na= DISCONNECT\na<x\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C11", "ACK in a transaction and ABORT", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client\n" + fill(2) +
         "a< 2\na= BEGIN|transaction:t\na= ACK|id:{m2.ack}|transaction:t\na= ABORT|transaction:t\na<.\n"
         "a> ACK|id:{m2.ack}|receipt:again\na<.\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C11", "the same with individual acks", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client-individual\n" + fill(2) +
         "a< 2\na= BEGIN|transaction:t\na= ACK|id:{m1.ack}|transaction:t\na= ABORT|transaction:t\na<.\n"
         "a> ACK|id:{m1.ack}|receipt:again\na<.\na= DISCONNECT\na<x\nb+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C11", "ACK in a transaction that is lost", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|ack:client-individual\n" + fill(2) +
         "a< 2\na= BEGIN|transaction:t\na= ACK|id:{m1.ack}|transaction:t\na= DISCONNECT\na<x\n"
         "b+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\nb<."),
    talk("C11", "ACK in a transaction makes room", "a+ 1.2\n"
         "a= SUBSCRIBE|destination:/queue/@|id:1|ack:client-individual|activemq.prefetchSize:1\n" + fill(3) +
         "a<.\na= BEGIN|transaction:t\na= ACK|id:{m1.ack}|transaction:t\na<.\na= COMMIT|transaction:t\na<."),
    talk("C11", "NACK in a transaction", "a+ 1.2\na= SUBSCRIBE|destination:/queue/ind.@|id:1|ack:client-individual\n" +
         fill(1, "/queue/ind.@", more="|persistent:true") + "b+ 1.2\nb= SUBSCRIBE|destination:/queue/DLQ.ind.@|id:1\n"
         "a<\na= BEGIN|transaction:t\na= NACK|id:{m1.ack}|transaction:t\nb<.\na= COMMIT|transaction:t\nb<.",
         differs="counts at COMMIT; ActiveMQ refuses it"),
    talk("C11", "transacted acks on a topic", "a+ 1.2\na= SUBSCRIBE|destination:/topic/@|id:1|ack:client\n" + fill(2, "/topic/@") +
         "a< 2\na= BEGIN|transaction:t\na= ACK|id:{m2.ack}|transaction:t\na= COMMIT|transaction:t\na?"),
]
