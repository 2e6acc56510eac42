/* SPDX-License-Identifier: Apache-2.0 */
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A STOMP 1.2 client that does no more than the tests need. */
final class StompClient implements Closeable {
    /** A frame from the broker. */
    record Frame(String command, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    private final Socket socket;
    private final InputStream in;
    private int receipts;

    StompClient(int port) throws IOException {
        socket = new Socket(Broker.HOST, port);
        socket.setSoTimeout((int) Check.PATIENCE_MS);
        in = new BufferedInputStream(socket.getInputStream());
        send("CONNECT", Map.of("accept-version", "1.2", "host", "test"), new byte[0]);
        expect("CONNECTED");
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    void send(String command, Map<String, String> headers, byte[] body) throws IOException {
        StringBuilder head = new StringBuilder(command).append('\n');
        headers.forEach((name, value) -> head.append(escape(name)).append(':').append(escape(value)).append('\n'));
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(head.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        frame.write(body);
        frame.write(0);
        socket.getOutputStream().write(frame.toByteArray());
    }

    /** Sends with a receipt and waits for it; there must be nothing else to come. */
    void request(String command, Map<String, String> headers, byte[] body) throws IOException {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put("receipt", "r" + ++receipts);
        send(command, all, body);
        expect("RECEIPT");
    }

    void put(String destination, String text, String... headers) throws IOException {
        request("SEND", with(destination, headers), text.getBytes(StandardCharsets.UTF_8));
    }

    /** The same as a bytes message, which is what a content-length makes of it. */
    void putBytes(String destination, byte[] body, String... headers) throws IOException {
        Map<String, String> all = with(destination, headers);
        all.put("content-length", "" + body.length);
        request("SEND", all, body);
    }

    void subscribe(String destination, String... headers) throws IOException {
        Map<String, String> all = with(destination, headers);
        all.put("id", "1");
        all.put("ack", "auto");
        request("SUBSCRIBE", all, new byte[0]);
    }

    Frame message() throws IOException {
        return expect("MESSAGE");
    }

    private static Map<String, String> with(String destination, String... headers) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("destination", destination);
        for (int i = 0; i < headers.length; i += 2)
            all.put(headers[i], headers[i + 1]);
        return all;
    }

    private Frame expect(String command) throws IOException {
        Frame frame = frame();
        if (!frame.command.equals(command))
            throw new AssertionError(frame + " with " + frame.text() + " instead of " + command);
        return frame;
    }

    private Frame frame() throws IOException {
        String command = line();
        while (command.isEmpty())
            command = line();
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            String[] parts = line.split(":", 2);
            headers.putIfAbsent(unescape(parts[0]), unescape(parts[1]));
        }
        String length = headers.get("content-length");
        if (length == null)
            return new Frame(command, headers, until(0));
        byte[] body = in.readNBytes(Integer.parseInt(length));
        Check.equal("the end of the frame", 0, in.read());
        return new Frame(command, headers, body);
    }

    private String line() throws IOException {
        return new String(until('\n'), StandardCharsets.UTF_8);
    }

    private byte[] until(int end) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int b = in.read(); b != end; b = in.read()) {
            if (b < 0)
                throw new EOFException("the broker has closed the connection");
            bytes.write(b);
        }
        return bytes.toByteArray();
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace(":", "\\c");
    }

    private static String unescape(String text) {
        return text.replace("\\c", ":").replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\");
    }
}
