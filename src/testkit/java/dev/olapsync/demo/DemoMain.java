package dev.olapsync.demo;

import dev.olapsync.model.ModelException;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The main job, end to end, on a dev stack of its own: {@code mvn -Pdemo}. Exit code 0: all tables are in sync, 1: they are
 * not, or something failed.
 */
public final class DemoMain {

    private static final Logger LOG = LoggerFactory.getLogger(DemoMain.class);

    private final CountDownLatch stopping = new CountDownLatch(1);
    private final PrintWriter out = new PrintWriter(System.out, true);

    private DemoMain() {}

    public static void main(String[] arguments) {
        DemoOptions options;
        try {
            options = DemoOptions.of(System::getProperty);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(1);
            return;
        }
        System.exit(new DemoMain().run(options));
    }

    private int run(DemoOptions options) {
        Demo demo = new Demo(options, out);
        Thread runner = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stopping.countDown();
            runner.interrupt();
            demo.close();
        }));
        try {
            return demo.run() ? 0 : 1;
        } catch (Exception e) {
            // Ctrl-C reaches the services as well, perhaps before it reaches this JVM
            awaitEndIfStopping();
            LOG.error("The demo failed", e);
            out.println();
            System.err.println(e.getMessage() == null ? e.toString() : e.getMessage());
            if (!(e instanceof ModelException)) {
                demo.keepData();
            }
            return 1;
        }
    }

    private void awaitEndIfStopping() {
        while (true) {
            try {
                if (stopping.await(1, TimeUnit.SECONDS)) {
                    new CountDownLatch(1).await();
                }
                return;
            } catch (InterruptedException e) {
                LOG.debug("The hook is ending the demo; this thread has nothing left to do", e);
            }
        }
    }
}
