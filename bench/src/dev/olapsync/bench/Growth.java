package dev.olapsync.bench;

import dev.olapsync.bench.History.Stored;
import java.util.Locale;
import java.util.Optional;

/** How much the processor time of a row may grow from one release to the next. */
final class Growth {

    private static final double ALLOWED = 1.15;

    private Growth() {}

    /**
     * Prints the growth.
     *
     * @param what which processes
     * @param now processor time as a multiple of the yardstick
     * @param stored the same of the latest release
     * @throws GrownException when it has grown by more than 15 %
     * @throws IllegalStateException when nothing is stored
     */
    static void check(String what, double now, Optional<Stored> stored) throws GrownException {
        Stored before = stored.orElseThrow(
                () -> new IllegalStateException("There is nothing to compare with in " + History.FOLDER
                        + ". Store the figures of this build: mvn -Pbench -Dbench=guard -Dbench.release=VERSION"));
        double growth = now / before.median();
        String said = String.format(
                Locale.ROOT,
                "processor time of a row, %s: %.2f x of the yardstick; %.2f x in %s of %s: %+.1f %%",
                what,
                now,
                before.median(),
                before.version(),
                before.date(),
                100 * (growth - 1));
        System.out.println(said);
        if (growth > ALLOWED) {
            throw new GrownException(String.format(Locale.ROOT, """
                    Grown by more than %.0f %%: %s.
                    What to do: run it once more. If it fails again, find the cause in a profile, and in the commits since then:
                      mvn -Pbench -Dbench=pipeline "-Dbench.java=-XX:StartFlightRecording=filename=%%n.jfr,settings=profile"
                    If the growth is wanted, say why in CHANGELOG.md and store the new figures:
                      mvn -Pbench -Dbench=guard -Dbench.release=VERSION
                    """, 100 * (ALLOWED - 1), said));
        }
    }
}
