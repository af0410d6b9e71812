package dev.olapsync.capture.debezium;

import java.io.IOException;
import java.net.URL;
import java.util.Enumeration;

/**
 * The class loader of Debezium's threads. Debezium finds its parts by files in {@code META-INF/services}, and two of its
 * jars have files of the same name: in a fat jar, one replaces the other. So this class loader has the names of the parts
 * that are needed, and that of our own. A part that is named twice is found once.
 */
public final class DebeziumServices extends ClassLoader {

    private static final String SERVICES = "META-INF/services/io.debezium.";
    private static final String OURS = "dev/olapsync/capture/debezium/services/io.debezium.";

    private DebeziumServices() {
        // not that of the thread, which under the Camel CLI does not have Debezium
        super(DebeziumServices.class.getClassLoader());
    }

    /** For the current thread, and for those that it starts. Returns the class loader that the thread had. */
    public static ClassLoader use() {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(new DebeziumServices());
        return before;
    }

    @Override
    protected Enumeration<URL> findResources(String name) throws IOException {
        return name.startsWith(SERVICES)
                ? getParent().getResources(name.replace(SERVICES, OURS))
                : super.findResources(name);
    }
}
