package dev.olapsync.check;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;

/**
 * Checks whether what listens at an address answers as a broker without TLS. Kafka's client takes the first four bytes of
 * any answer for a length and allocates as much memory: the start of TLS is 352 MB.
 *
 * @see <a href="https://kafka.apache.org/protocol#protocol_messages">Kafka protocol guide</a>
 */
final class BrokerProbe {

    private static final short API_VERSIONS = 18;
    private static final String CLIENT = "olap-sync";
    private static final int LONGEST_ANSWER = 1 << 20;
    private static final int TLS_ALERT = 0x1503;
    private static final int TLS_HANDSHAKE = 0x1603;

    private BrokerProbe() {}

    /** Why it is no such broker; empty if it is one, or gives no answer. */
    static Optional<String> problem(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), Reachable.PATIENCE_MILLIS);
            socket.setSoTimeout(Reachable.PATIENCE_MILLIS);
            ask(new DataOutputStream(socket.getOutputStream()));
            int length = new DataInputStream(socket.getInputStream()).readInt();
            if (length >= Integer.BYTES && length <= LONGEST_ANSWER) {
                return Optional.empty();
            }
            int first = length >>> 16;
            return Optional.of(
                    first == TLS_ALERT || first == TLS_HANDSHAKE ? "answers with TLS" : "is no broker of Kafka");
        } catch (IOException e) {
            // a broker that starts can close the connection: the client repeats that
            return Optional.empty();
        }
    }

    private static void ask(DataOutputStream out) throws IOException {
        out.writeInt(Short.BYTES + Short.BYTES + Integer.BYTES + Short.BYTES + CLIENT.length());
        out.writeShort(API_VERSIONS);
        out.writeShort(0);
        out.writeInt(1);
        out.writeUTF(CLIENT);
        out.flush();
    }
}
