package dev.olapsync.faults;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * A step that ends the process at once, as SIGKILL would, when an order says so: the file that the system property
 * {@value #ORDER} names holds the id of the step before this one and how often it is to be passed. Without the file it
 * does nothing. It comes onto the class path of the distribution as a Java agent that does nothing else.
 */
public final class HaltHere implements Processor {

    static final String ORDER = "faults.halt";
    /** What a shell says of a process that SIGKILL has ended. */
    static final int EXIT_CODE = 137;

    private static final Path FILE = Path.of(System.getProperty(ORDER, ORDER));

    private final String step;
    private final AtomicInteger passages = new AtomicInteger();

    public HaltHere(String step) {
        this.step = step;
    }

    /** Of the agent. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        // to be on the class path is all
    }

    @Override
    public void process(Exchange exchange) throws IOException {
        if (Files.exists(FILE)) {
            String[] order = Files.readString(FILE).split(" ");
            if (order[0].equals(step) && passages.incrementAndGet() >= Integer.parseInt(order[1])) {
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        }
    }
}
