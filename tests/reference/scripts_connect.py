# SPDX-License-Identifier: Apache-2.0
"""Connecting, heart-beats, the form of frames, errors of the protocol."""
from entry import talk

CLOSES = "closes the connection, as ActiveMQ does since 5.19.8"
SAYS_WHY = "an ERROR comes before the connection is closed"

TABLE = [
    talk("C1", "no accept-version", r"a> CONNECT" "\n" "a<"),
    talk("C1", "STOMP instead of CONNECT", "a> STOMP|accept-version:1.2|host:x\na<\na?"),
    talk("C1", "STOMP in 1.0", "a> STOMP|login:a\na<"),
    talk("C1", "version 1.1", "a> CONNECT|accept-version:1.1|host:x\na<"),
    talk("C1", "highest of three", "a> CONNECT|accept-version:1.0,1.1,1.2|host:x\na<"),
    talk("C1", "highest of three backwards", "a> CONNECT|accept-version:1.2,1.1,1.0\na<"),
    talk("C1", "known and unknown version", "a> CONNECT|accept-version:1.1,9.9\na<"),
    talk("C1", "blanks between versions", "a> CONNECT|accept-version:1.0, 1.1, 1.2\na<",
         differs="versions may have blanks around them"),
    talk("C1", "unknown version", "a> CONNECT|accept-version:2.0\na<x"),
    talk("C1", "unknown versions and a receipt", "a> CONNECT|accept-version:9,10|receipt:r\na<x"),
    talk("C1", "empty accept-version", "a> CONNECT|accept-version:\na<."),
    talk("C1", "client-id is the session", "a> CONNECT|accept-version:1.2|client-id:me\na<"),
    talk("C1", "client-id with a colon", "a> CONNECT|accept-version:1.2|client-id:m:e\na<"),
    talk("C1", "empty client-id", "a> CONNECT|accept-version:1.2|client-id:\na<\na?"),
    talk("C1", "receipt on CONNECT", "a> CONNECT|accept-version:1.2|receipt:c1\na<."),
    talk("C1", "request-id on CONNECT", "a> CONNECT|accept-version:1.1|request-id:q7\na<."),
    talk("C1", "request-id and receipt", "a> CONNECT|accept-version:1.1|request-id:q7|receipt:c1\na<."),
    talk("C1", "activemq properties on CONNECT",
         "a> CONNECT|accept-version:1.1|activemq.faultTolerant:true|activemq.none:x\na<\na?"),
    talk("C1", "heart-beat is mirrored", "a> CONNECT|accept-version:1.2|heart-beat:20000,30000\na<"),
    talk("C1", "heart-beat in 1.0", "a> CONNECT|heart-beat:20000,30000\na<"),
    talk("C1", "heart-beat with blanks", "a> CONNECT|accept-version:1.1|heart-beat: 20000 , 30000\na<.",
         differs="the numbers may have blanks around them"),
    talk("C1", "heart-beat of zeros", "a> CONNECT|accept-version:1.1|heart-beat:0,0\na<"),
    talk("C1", "heart-beat is no number", "a> CONNECT|accept-version:1.1|heart-beat:a,b\na<x"),
    talk("C1", "heart-beat of one number", "a> CONNECT|accept-version:1.1|heart-beat:100\na<x"),
    talk("C1", "heart-beat of three numbers", "a> CONNECT|accept-version:1.1|heart-beat:10000,0,0\na<x"),
    talk("C1", "negative heart-beat", "a> CONNECT|accept-version:1.1|heart-beat:-1,10000\na<x",
         differs="a negative number is refused"),
    talk("C1", "default heart-beat of the connector", "a> CONNECT|accept-version:1.1\na<", "small"),
    talk("C1", "own heart-beat on that connector", "a> CONNECT|accept-version:1.1|heart-beat:0,0\na<", "small"),
    talk("C1", "silence after a promised heart-beat", "a+ 1.2 heart-beat:400,0\na<x"),
    talk("C1", "client-id in use", "a+ 1.2 client-id:one\nb> CONNECT|accept-version:1.2|client-id:one\nb<x\na?"),
    talk("C1", "client-id free again", "a+ 1.2 client-id:two\na> DISCONNECT|receipt:x\na<x\n"
         "b> CONNECT|accept-version:1.2|client-id:two\nb<"),
    talk("C1", "second CONNECT", "a+ 1.2\na> CONNECT|accept-version:1.2\na<.\na?", differs=CLOSES),
    talk("C1", "SEND before CONNECT", "a> SEND|destination:/queue/@||x\na<.", differs=CLOSES),
    talk("C1", "DISCONNECT before CONNECT", "a> DISCONNECT|receipt:r\na<.",
         differs=CLOSES),
    talk("C1", "MESSAGE from a client", "a+ 1.2\na> MESSAGE|destination:/queue/@|receipt:r||x\na<x"),
    talk("C1", "RECEIPT from a client", "a+ 1.1\na> RECEIPT|receipt-id:r\na<x"),
    talk("C1", "ERROR from a client", "a+ 1.0\na> ERROR|message:r\na<x"),
    talk("C1", "CONNECTED from a client", "a+ 1.2\na> CONNECTED|version:1.2\na<x",
         differs="not taken for a CONNECT; the connection is closed"),
    talk("C1", "CONNECTED before CONNECT", "a> CONNECTED|version:1.2\na<.",
         differs="not taken for a CONNECT"),
    talk("C3", "DISCONNECT with a receipt", "a+ 1.2\na> DISCONNECT|receipt:bye\na<x"),
    talk("C3", "DISCONNECT without a receipt", "a+ 1.2\na> DISCONNECT\na<x"),
    talk("C3", "frames behind DISCONNECT", "b+ 1.2\nb= SUBSCRIBE|destination:/queue/@|id:1\na+ 1.2\n"
         r"a! DISCONNECT\nreceipt:bye\n\n\0SEND\ndestination:/queue/@\nreceipt:late\n\nx\0" "\na<\nb<."),

    talk("C2", "unknown action", "a+ 1.2\na> HELLO|receipt:r\na<x"),
    talk("C2", "unknown action before CONNECT", "a> GET / HTTP/1.1|Host: x\na<x"),
    talk("C2", "lower case action", "a+ 1.2\na> send|destination:/queue/@||x\na<x"),
    talk("C2", "lower case connect", "a> connect\na<x"),
    talk("C2", "actions by prefix", "a+ 1.2\na> SUB|destination:/queue/@|id:1|receipt:1\na<\n"
         "a> SENDING|destination:/queue/@||x\na<\na> UNSUB|id:1|receipt:2\na<"),
    talk("C2", "blanks behind the action", "a+ 1.2\na! SEND \\ndestination:/queue/@\\nreceipt:1\\n\\nx\\0\na<."),
    talk("C2", "blanks before the action", "a+ 1.2\na!  \\t SEND\\ndestination:/queue/@\\nreceipt:1\\n\\nx\\0\na<."),
    talk("C2", "line ends between frames", "a+ 1.2\na! \\n\\n\\n\\0\\n\\nSEND\\ndestination:/queue/@\\nreceipt:1\\n\\nx\\0\\n\\0\n"
         "a! SEND\\ndestination:/queue/@\\nreceipt:2\\n\\nx\\0\na< 2"),
    talk("C2", "CR LF in 1.2", "a! CONNECT\\r\\naccept-version:1.2\\r\\n\\r\\n\\0\\r\\n\na<\n"
         "a! SUBSCRIBE\\r\\ndestination:/queue/@\\r\\nid:1\\r\\n\\r\\n\\0\\r\\n\n"
         "a! SEND\\r\\ndestination:/queue/@\\r\\ncolour:red\\r\\n\\r\\nx\\r\\n\\0\na<"),
    talk("C2", "CR LF in 1.0", "a! CONNECT\\r\\nlogin:x\\r\\n\\r\\n\\0\\r\\n\na<\n"
         "a! SUBSCRIBE\\r\\ndestination:/queue/@\\r\\n\\r\\n\\0\\r\\n\n"
         "a! SEND\\r\\ndestination:/queue/@\\r\\ncolour:red\\r\\n\\r\\nx\\r\\n\\0\na<"),
    talk("C2", "CR inside a value in 1.2", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a! SEND\\ndestination:/queue/@\\ncolour:r\\red\\n\\nx\\0\na<"),
    talk("C2", "CR at the end of a value in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a! SEND\\ndestination:/queue/@\\ncolour:red\\r\\nsize:1\\n\\nx\\0\na<"),
    talk("C2", "blanks around header values in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@|id: 1 \n"
         "a> SEND| destination : /queue/@ | colour : dark red ||x\na<"),
    talk("C2", "blanks around header values in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id: 1 \n"
         "a> SEND|destination:/queue/@| colour : dark red ||x\na<"),
    talk("C2", "blanks around header values in 1.2", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id: 1 \n"
         "a> SEND|destination:/queue/@| colour : dark red ||x\na<"),
    talk("C2", "blanks before a destination in 1.2", "a+ 1.2\na= SUBSCRIBE|destination: /queue/@|id:1\n"
         "a> SEND|destination: /queue/@||x\na<"),
    talk("C2", "blanks behind a destination in 1.2", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a> SEND|destination:/queue/@ |receipt:r||x\na<."),
    talk("C2", "repeated header", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1|id:2\n"
         "a> SEND|destination:/queue/@|destination:/queue/@.other|colour:red|colour:blue|priority:1|priority:2||x\na<"),
    talk("C2", "repeated header in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@|id:1|id:2\n"
         "a> SEND|destination:/queue/@|destination:/queue/@.other|colour:red|colour:blue||x\na<"),
    talk("C2", "header without a colon", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a> SEND|destination:/queue/@|lonely|colour:red||x\na<"),
    talk("C2", "header with an empty value", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a> SEND|destination:/queue/@|colour:|type:||x\na<"),
    talk("C2", "header with an empty name", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a> SEND|destination:/queue/@|:red||x\na<.",
         differs="a property that cannot be sent is left out; ActiveMQ closes the connection"),
    talk("C2", "header with several colons", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@\n"
         "a> SEND|destination:/queue/@|time:12:30:00||x\na<"),
    talk("C2", "the same in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a> SEND|destination:/queue/@|time:12:30:00||x\na<"),
    talk("C2", "escapes in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@\n"
         r"a! SEND\ndestination:/queue/@\na:1\\c2\nb:1\\\\2\nc:1\\t2\nd:1\\r2\n\nx\0" "\na<"),
    talk("C2", "escaped line end in 1.0", "a+ 1.0\na= SUBSCRIBE|destination:/queue/@\n"
         r"a! SEND\ndestination:/queue/@\na:1\\n2\n\nx\0" "\na<",
         differs="a line end inside a value is written as \\n, so that no value can forge a header"),
    talk("C2", "escapes in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         r"a! SEND\ndestination:/queue/@\na:1\\c2\nb:1\\\\2\nc:1\\t2\nd:1\\r2\ne:1\\n2\n\nx\0" "\na<"),
    talk("C2", "escapes in 1.2", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         r"a! SEND\ndestination:/queue/@\na:1\\c2\nb:1\\\\2\nc:1\\t2\nd:1\\r2\ne:1\\n2\nf:1\\\n\nx\0" "\na<"),
    talk("C2", "escapes in names of headers", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         r"a! SEND\ndestination:/queue/@\na\\cb:1\n\nx\0" "\na<"),
    talk("C2", "escaped from 1.2 to 1.0 and 1.1", "a+ 1.0\na= SUBSCRIBE|destination:/topic/@\n"
         "b+ 1.1\nb= SUBSCRIBE|destination:/topic/@|id:1\nc+ 1.2\nc= SUBSCRIBE|destination:/topic/@|id:1\n"
         r"c! SEND\ndestination:/topic/@\na:1\\c2\\\\3\nb:x\\ry\n\nx\0" "\na<\nb<\nc<"),
    talk("C2", "escaped destination", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@\\c1|id:1\n"
         r"a! SEND\ndestination:/queue/@\\c1\n\nx\0" "\na<"),
    talk("C2", "escaped receipt", "a+ 1.2\n" r"a! SEND\ndestination:/queue/@\nreceipt:a\\cb\n\nx\0" "\na<"),
    talk("C2", "receipt with a colon in 1.1", "a+ 1.1\na> SEND|destination:/queue/@|receipt:a:b||x\na<"),
    talk("C2", "UTF-8 in headers and body", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a! SEND\\ndestination:/queue/@\\ncolour:gr\\xc3\\xbcn \\xf0\\x9f\\x98\\x80\\n\\n\\xc3\\xbc\\xf0\\x9f\\x98\\x80\\0\na<"),
    talk("C2", "NUL in the head", "a+ 1.2\na! SEND\\ndestination:/queue/@\\nco\\0lour:x\\n\\nx\\0\na<.\na?",
         differs="a NUL inside the headers is refused"),
    talk("C2", "one character header line", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a! SEND\\ndestination:/queue/@\\nx\\ncolour:red\\n\\nbody\\0\na<",
         differs="does not end the headers"),

    talk("C2", "content-length", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a! SEND\\ndestination:/queue/@\\ncontent-length:3\\n\\na\\0b\\0\na<"),
    talk("C2", "content-length of nothing", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a! SEND\\ndestination:/queue/@\\ncontent-length:0\\n\\n\\0\na<"),
    talk("C2", "empty body", "a+ 1.2\na= SUBSCRIBE|destination:/queue/@|id:1\na> SEND|destination:/queue/@\na<"),
    talk("C2", "content-length with blanks in 1.1", "a+ 1.1\na= SUBSCRIBE|destination:/queue/@|id:1\n"
         "a! SEND\\ndestination:/queue/@\\ncontent-length: 3 \\n\\na\\0b\\0\na<"),
    talk("C2", "content-length too short", "a+ 1.2\n"
         "a! SEND\\ndestination:/queue/@\\ncontent-length:2\\nreceipt:r\\n\\nabc\\0\na<\na?"),
    talk("C2", "content-length is no number", "a+ 1.2\n"
         "a! SEND\\ndestination:/queue/@\\ncontent-length:x\\nreceipt:r\\n\\nabc\\0\na<\na?"),
    talk("C2", "negative content-length", "a+ 1.2\n"
         "a! SEND\\ndestination:/queue/@\\ncontent-length:-1\\nreceipt:r\\n\\nabc\\0\na<x", differs=SAYS_WHY),
    talk("C2", "content-length on SUBSCRIBE", "a+ 1.2\n"
         "a! SUBSCRIBE\\ndestination:/queue/@\\nid:1\\ncontent-length:500\\nreceipt:r\\n\\n\\0\na<."),
    talk("C2", "body on SUBSCRIBE", "a+ 1.2\na> SUBSCRIBE|destination:/queue/@|id:1|receipt:r||body\na<.\na?"),
    talk("C2", "long action", "a! %s\\n\\n\\0\na<\na?" % ("A" * 2000)),
    talk("C2", "long header", "a+ 1.2\na> SEND|destination:/queue/@|long:%s||x\na<\na?" % ("h" * 11000)),
    talk("C2", "header of 10000 bytes", "a+ 1.2\na> SEND|destination:/queue/@|receipt:1|long:%s||x\na<" % ("h" * 10000)),
    talk("C2", "too many headers", "a+ 1.2\na> SEND|destination:/queue/@|%s||x\na<\na?"
         % "|".join("h%d:x" % i for i in range(1100))),
    talk("C2", "too long a body", "a+ 1.2\na> SEND|destination:/queue/@||%s\na<\na?" % ("b" * 4500), "small"),
    talk("C2", "too long a body by content-length", "a+ 1.2\n"
         "a> SEND|destination:/queue/@|content-length:4500||%s\na<\na?" % ("b" * 4500), "small"),
    talk("C2", "too long a frame", "a+ 1.2\na> SEND|destination:/queue/@|h:%s|i:%s||%s\na<\na?"
         % ("h" * 2500, "i" * 2500, "b" * 2000), "small"),
    talk("C2", "a body just short enough", "a+ 1.2\na> SEND|destination:/queue/@|receipt:1||%s\na<" % ("b" * 3900), "small"),

    talk("E1", "right password", "a> CONNECT|accept-version:1.2|login:admin|passcode:admin-pass\na<", "users"),
    talk("E1", "wrong password", "a> CONNECT|accept-version:1.2|login:admin|passcode:x|receipt:r\na<x", "users"),
    talk("E1", "wrong password in 1.0", "a> CONNECT|login:admin|passcode:x\na<x", "users"),
    talk("E1", "unknown user", "a> CONNECT|accept-version:1.1|login:eve|passcode:x\na<x", "users"),
    talk("E1", "no user", "a> CONNECT|accept-version:1.1\na<x", "users"),
    talk("E1", "user without a password", "a> CONNECT|accept-version:1.1|login:admin\na<x", "users"),
    talk("E1", "password without a user", "a> CONNECT|accept-version:1.1|passcode:admin-pass\na<x", "users"),
    talk("E1", "empty user and password", "a> CONNECT|accept-version:1.1|login:|passcode:\na<x", "users"),
    talk("E1", "user name in other case", "a> CONNECT|accept-version:1.1|login:Admin|passcode:admin-pass\na<x", "users"),
    talk("E1", "anonymous", "a> CONNECT|accept-version:1.1\na<", "guests"),
    talk("E1", "anonymous with an empty login", "a> CONNECT|accept-version:1.1|login:\na<.", "guests"),
    talk("E1", "anonymous with empty login and passcode", "a> CONNECT|accept-version:1.1|login:|passcode:\na<.", "guests"),
    talk("E1", "wrong password where guests may come", "a> CONNECT|accept-version:1.1|login:admin|passcode:y\na<x", "guests"),
    talk("E1", "unknown user where guests may come", "a> CONNECT|accept-version:1.1|login:eve|passcode:y\na<x", "guests"),
    talk("E1", "any login without authentication", "a> CONNECT|accept-version:1.2|login:eve|passcode:x\na<"),
]
