package dev.olapsync.verify;

/** What a comparison reports while it runs. */
public interface VerifyProgress {

    /** Reports nothing. */
    VerifyProgress NONE = new VerifyProgress() {

        @Override
        public void compared(long rows) {}

        @Override
        public void waiting(String what) {}
    };

    void compared(long rows);

    /** Called repeatedly while rows that differ wait for changes on their way. */
    void waiting(String what);
}
