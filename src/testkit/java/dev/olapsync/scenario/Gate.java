package dev.olapsync.scenario;

import java.util.concurrent.CountDownLatch;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** A step at which the second exchange waits, with all behind it, until it is let through. The routes make it by its name. */
public final class Gate implements Processor {

    private static volatile CountDownLatch reached;
    private static volatile CountDownLatch open;

    private int exchanges;

    static void close() {
        reached = new CountDownLatch(1);
        open = new CountDownLatch(1);
    }

    static boolean isReached() {
        return reached.getCount() == 0;
    }

    static void open() {
        open.countDown();
    }

    @Override
    public void process(Exchange exchange) throws InterruptedException {
        if (exchanges++ == 1) {
            reached.countDown();
            open.await();
        }
    }
}
