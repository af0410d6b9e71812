package dev.olapsync.demo;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;

/**
 * What a demo can be told with {@code -Ddemo.seconds=30} and so on.
 *
 * @param duration how long the workload writes
 * @param rate transactions per second
 * @param seed of the shop's rows and of the workload
 * @param keep leave everything running after the verdict
 * @param tamper change a row in ClickHouse by hand before the verdict, which then has to find it
 */
record DemoOptions(Duration duration, int rate, long seed, boolean keep, boolean tamper) {

    /** @throws IllegalArgumentException names the property and what it should be */
    static DemoOptions of(UnaryOperator<String> properties) {
        Reader reader = new Reader(properties);
        return new DemoOptions(
                Duration.ofSeconds(reader.number("demo.seconds", 30, 1, 86_400)),
                (int) reader.number("demo.rate", 500, 1, 1_000_000),
                reader.number(
                        "demo.seed", ThreadLocalRandom.current().nextInt(1, 1_000_000), Long.MIN_VALUE, Long.MAX_VALUE),
                reader.flag("demo.keep"),
                reader.flag("demo.tamper"));
    }

    private record Reader(UnaryOperator<String> properties) {

        long number(String name, long byDefault, long least, long greatest) {
            String text = properties.apply(name);
            if (text == null) {
                return byDefault;
            }
            try {
                long number = Long.parseLong(text.trim());
                if (number >= least && number <= greatest) {
                    return number;
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("-D" + name + "=" + text + " is not a whole number.", e);
            }
            throw new IllegalArgumentException(
                    "-D" + name + "=" + text + " is not a number from " + least + " to " + greatest + ".");
        }

        /** {@code -Ddemo.keep} alone means true. */
        boolean flag(String name) {
            String text = properties.apply(name);
            if (text == null || text.equals("false")) {
                return false;
            }
            if (text.isEmpty() || text.equals("true")) {
                return true;
            }
            throw new IllegalArgumentException("-D" + name + "=" + text + " is neither true nor false.");
        }
    }
}
