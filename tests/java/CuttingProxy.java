/* SPDX-License-Identifier: Apache-2.0 */
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A proxy between client and broker which can cut what goes through it. */
final class CuttingProxy implements Closeable {
    private record Pair(Socket client, Socket broker) {
        void cut() {
            quietly(client);
            quietly(broker);
        }
    }

    private final ServerSocket listener;
    private final int target;
    private final List<Pair> pairs = new ArrayList<>();
    private volatile boolean accepting = true, closed;
    private int accepted;

    CuttingProxy(int target) throws IOException {
        this.target = target;
        listener = new ServerSocket(0, 50, InetAddress.getByName(Broker.HOST));
        background(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** The URL of a client that connects again and again through this proxy. */
    String failover(String options) {
        return "failover:(tcp://127.0.0.1:" + port() + ")?initialReconnectDelay=5&maxReconnectDelay=200" + options;
    }

    /** How many connections there have been. */
    synchronized int accepted() {
        return accepted;
    }

    synchronized void cutAll() {
        pairs.forEach(Pair::cut);
        pairs.clear();
    }

    /** Cuts one of the connections; which one and thereby at which byte is a matter of chance. */
    synchronized void cutOne(Random random) {
        if (!pairs.isEmpty())
            pairs.remove(random.nextInt(pairs.size())).cut();
    }

    /** While refusing, new connections are closed at once. */
    void refuse(boolean refuse) {
        accepting = !refuse;
        if (refuse)
            cutAll();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listener.close();
        cutAll();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket client = listener.accept();
                if (accepting)
                    join(client);
                else
                    client.close();
            } catch (IOException ended) {
                // the broker refused, or close() was called
            }
        }
    }

    private void join(Socket client) throws IOException {
        Socket server;
        try {
            server = new Socket(Broker.HOST, target);
        } catch (IOException problem) {
            client.close();
            throw problem;
        }
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Pair pair = new Pair(client, server);
        synchronized (this) {
            pairs.add(pair);
            accepted++;
        }
        background(() -> copy(client, server, pair));
        background(() -> copy(server, client, pair));
    }

    private void copy(Socket from, Socket to, Pair pair) {
        byte[] buffer = new byte[65536];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer))
                out.write(buffer, 0, count);
        } catch (IOException ended) {
            // cut, or one side is gone
        }
        pair.cut();
        synchronized (this) {
            pairs.remove(pair);
        }
    }

    private static void background(Runnable work) {
        Thread thread = new Thread(work, "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private static void quietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException ignored) {
            // it is gone anyway
        }
    }
}
