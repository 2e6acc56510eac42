# SPDX-License-Identifier: Apache-2.0
"""Holds one scripted conversation with one broker, and writes down what the broker said.

A script is lines `<connection><step> <argument>`; a connection is one small letter.

    a+ 1.2 name:value|...   connects and expects CONNECTED, which is not written down
    a> SEND|name:value||x   sends a frame; `|` stands for a line end, `||` begins the body
    a= SEND|...             the same with a receipt, and waits for it
    a! bytes                sends these bytes, with Python's escapes, and nothing else
    a< 3                    waits for that many frames (without a number: one) and writes them down,
                            messages behind all others: ActiveMQ sends receipts from another thread
    a<! 3                   the same, in the order in which they came
    a<.                     writes down what comes until it has been quiet for a while
    a<x                     the same until the broker closes the connection
    a?                      writes down whether the connection still works
    a-                      closes the connection
    a_ 200                  waits until so many milliseconds have passed, for what has a date
    a@ reply-to=t1          keeps the value of a header of the last message as {t1}

In arguments, `@` is a name of this conversation alone, {now+500} the time in so many milliseconds
and {m2.ack} the header of the second message of this conversation, as it came.
"""
import re
import socket
import time

HOST = "127.0.0.1"
PATIENCE = 8  # seconds for a frame that should come; both brokers answer within milliseconds
QUIET = 0.35  # seconds without a frame that count as "nothing more"
CLOSING = 8

ID = re.compile(r"ID(:|\\c)[-\w.]+-\d+-\d+-\d+(?:(?:\1|[:-])-?\d+)*")
CLASS = re.compile(r"^(?:[a-z]\w*\.)+\w*(?:Exception|Error)(?:: |$)")


class Frame:
    def __init__(self, head, body):
        lines = head.decode("utf-8", "replace").split("\n")
        self.command, self.body = lines[0], body
        self.headers = [line.partition(":")[::2] for line in lines[1:]]

    def get(self, name):
        for key, value in self.headers:
            if key == name:
                return value
        raise KeyError("%s has no header %s" % (self.command, name))


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection((HOST, port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.waiting, self.is_closed, self.beats = b"", [], False, 0

    def write(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # the broker has closed: reading will show it

    def _cut(self):
        while self.data[:1] == b"\n":
            self.data, self.beats = self.data[1:], self.beats + 1
        head, found, rest = self.data.partition(b"\n\n")
        if not found:
            return None
        length = re.search(rb"\ncontent-length:(\d+)", head)
        size = int(length.group(1)) if length else rest.find(b"\0")
        if not 0 <= size < len(rest):
            return None
        self.data = rest[size + 1:]
        return Frame(head, rest[:size])

    def frame(self, seconds):
        """The next frame, or None: nothing came in time, or the connection is closed."""
        if self.waiting:
            return self.waiting.pop(0)
        return self.fresh(seconds)

    def fresh(self, seconds):
        deadline = time.monotonic() + seconds
        while True:
            frame = self._cut()
            left = deadline - time.monotonic()
            if frame or self.is_closed or left <= 0:
                return frame
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
                self.is_closed = not more
                self.data += more
            except socket.timeout:
                pass
            except OSError:
                self.is_closed = True

    def request(self, frame, receipt):
        """Sends a frame that has this receipt; what else comes is kept. Returns None or what went wrong."""
        self.write(frame)
        while True:
            answer = self.fresh(PATIENCE)
            if answer is None:
                return "closed" if self.is_closed else "no receipt"
            if answer.command == "RECEIPT" and answer.get("receipt-id") == receipt:
                return None
            self.waiting.append(answer)
            if answer.command == "ERROR" and ("receipt-id", receipt) in answer.headers:
                return "refused"


class Conversation:
    """One script with one broker. lines is what the broker said, made comparable."""

    def __init__(self, script, name, port):
        self.script, self.name, self.port = script, name, port
        self.connections, self.messages, self.names, self.values = {}, [], {}, {}
        self.lines, self.receipts = [], 0

    def hold(self):
        try:
            for line in self.script.strip().split("\n"):
                line = line.strip()
                if line:
                    step = re.match(r"([a-z])(<[.!x]?|[-+>=!?_@])\s?(.*)", line)
                    assert step, "%s: %s" % (self.name, line)
                    self.step(step.group(1), step.group(2), step.group(3))
        except KeyError as missing:
            self.lines.append("the script stops: %s" % missing)
        finally:
            for connection in self.connections.values():
                connection.socket.close()
        return self.lines

    def fill(self, text):
        def value(found):
            word = found.group(1)
            if word.startswith("now"):
                return str(int(time.time() * 1000) + int(word[3:] or 0))
            if "." in word:
                number, header = word[1:].split(".", 1)
                if int(number) > len(self.messages):
                    raise KeyError("there is no message %s" % number)
                return self.messages[int(number) - 1].get(header)
            return self.values[word]

        return re.sub(r"\{(now[-+\d]*|m\d+\.[-\w]+|t\d)\}", value, text.replace("@", self.name))

    def render(self, text, *more):
        head, found, body = self.fill(text).partition("||")
        lines = "\n".join([head.replace("|", "\n")] + list(more))
        return (lines + "\n\n" + (body if found else "")).encode() + b"\0"

    def note(self, who, text):
        self.lines.append("%s %s" % (who, text))

    def step(self, who, kind, text):
        if who not in self.connections:
            self.connections[who] = Connection(self.port)
        connection = self.connections[who]
        if kind == "+":
            self.connect(who, connection, text)
        elif kind == ">":
            connection.write(self.render(text))
        elif kind == "!":
            connection.write(self.fill(text).encode().decode("unicode_escape").encode("latin-1"))
        elif kind == "=":
            self.receipts += 1
            receipt = "~%d" % self.receipts
            head, found, body = text.partition("||")
            wrong = connection.request(self.render(head + "|receipt:" + receipt + found + body), receipt)
            if wrong:
                self.note(who, "(%s) %s" % (wrong, text.split("|")[0]))
        elif kind in ("<", "<!"):
            self.collect(who, connection, int(text or 1), kind == "<!")
        elif kind == "<.":
            self.drain(who, connection)
        elif kind == "<x":
            self.until_closed(who, connection)
        elif kind == "?":
            self.note(who, "open" if self.is_open(connection) else "closed")
        elif kind == "_":
            time.sleep(int(text) / 1000)
        elif kind == "@":
            header, _, name = text.partition("=")
            self.values[name] = self.messages[-1].get(header)
        else:
            connection.socket.close()
            del self.connections[who]

    def connect(self, who, connection, text):
        version, _, headers = text.partition(" ")
        lines = ["accept-version:" + version] + ([headers] if headers else [])
        connection.write(self.render("|".join(["CONNECT"] + lines)))
        answer = connection.frame(PATIENCE)
        if answer is None or answer.command != "CONNECTED":
            self.note(who, "(not connected)")
            if answer:
                self.write_down(who, answer)

    def is_open(self, connection):
        """A destination that no right and no size forbids is not needed: DISCONNECT would end it, BEGIN does not."""
        self.receipts += 1
        receipt = "~%d" % self.receipts
        return connection.request(self.render("BEGIN|transaction:%s|receipt:%s" % (receipt, receipt)), receipt) is None

    def collect(self, who, connection, count, in_order):
        frames = []
        while len(frames) < count:
            frame = connection.frame(PATIENCE)
            if frame is None:
                break
            frames.append(frame)
        if not in_order:
            frames.sort(key=lambda frame: frame.command == "MESSAGE")
        for frame in frames:
            self.write_down(who, frame)
        if len(frames) < count:
            self.note(who, "(closed)" if connection.is_closed else "(nothing)")

    def drain(self, who, connection):
        frames = []
        while True:
            frame = connection.frame(QUIET)
            if frame is None:
                break
            frames.append(frame)
        # the order of ERRORs is not told either: one frame can cause two, from two threads
        for frame in sorted(frames, key=lambda f: (f.command == "MESSAGE", dict(f.headers).get("message", "")
                                                   if f.command == "ERROR" else "")):
            self.write_down(who, frame)
        self.note(who, "(closed)" if connection.is_closed else "(quiet)")

    def until_closed(self, who, connection):
        while True:
            frame = connection.frame(CLOSING)
            if frame is None:
                break
            self.write_down(who, frame)
        self.note(who, "(closed)" if connection.is_closed else "(still open)")

    def write_down(self, who, frame):
        if frame.command == "MESSAGE":
            self.messages.append(frame)
        headers = ["%s:%s" % (name, self.plain(name, value)) for name, value in sorted(frame.headers)]
        body = frame.body.decode("utf-8", "backslashreplace")
        if frame.command == "ERROR":
            body = CLASS.sub("", body.split("\n")[0].rstrip("\r"))
        self.note(who, frame.command)
        self.lines += ["      %s" % header for header in headers]
        if body:
            self.lines.append("      = %s" % self.common(body).encode("unicode_escape").decode())

    def plain(self, name, value):
        """What may differ from one run to the next gets a name instead."""
        if name == "server":
            return "<server>"
        if name == "ack":
            return "<ack>"
        if name == "message":
            value = CLASS.sub("", value)
        return self.common(value)

    def common(self, text):
        def named(found):
            key = found.group().replace("\\c", ":")
            self.names.setdefault(key, "<id%d%%s>" % (len(self.names) + 1))
            return self.names[key] % (" escaped" if "\\c" in found.group() else "")

        text = ID.sub(named, text)
        text = re.sub(r"tcp(://|\\c//)127\.0\.0\.1(:|\\c)\d+", "<address>", text)
        return re.sub(r"(?<!\d)1[6-9]\d{11}(?!\d)", "<time>", text)
