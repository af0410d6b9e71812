package dev.olapsync.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** The errors of one model file; of several errors at one place the first one is kept. */
final class Problems {

    private final Path file;
    private final String content;
    private final int begin;
    private final List<ModelError> errors = new ArrayList<>();

    /** @param begin the offset of the SELECT, which is used if the place of an error is unknown */
    Problems(Path file, String content, int begin) {
        this.file = file;
        this.content = content;
        this.begin = begin;
    }

    void add(String message) {
        add(begin, message);
    }

    void add(int offset, String message) {
        int end = Math.min(offset, content.length());
        int lineStart = content.lastIndexOf('\n', end - 1) + 1;
        ModelError error = new ModelError(file, line(end), content.codePointCount(lineStart, end) + 1, message);
        if (errors.stream().noneMatch(known -> known.line() == error.line() && known.column() == error.column())) {
            errors.add(error);
        }
    }

    /** The number of the line of a place, from 1. */
    int line(int offset) {
        return (int) content.substring(0, offset).chars().filter(c -> c == '\n').count() + 1;
    }

    /** @param prefix number of characters before the content of the file in the statement */
    void add(PSQLException e, int prefix) {
        ServerErrorMessage server = e.getServerErrorMessage();
        if (server == null) {
            add(e.getMessage());
            return;
        }
        StringBuilder message = new StringBuilder(String.valueOf(server.getMessage()));
        if (server.getDetail() != null) {
            message.append(". ").append(server.getDetail());
        }
        if (server.getHint() != null) {
            message.append(". ").append(server.getHint());
        }
        int position = server.getPosition() - prefix - 1;
        int offset = position < 0
                ? begin
                : position >= content.codePointCount(0, content.length())
                        ? content.length()
                        : content.offsetByCodePoints(0, position);
        add(offset, message.toString());
    }

    void stopIfAny() throws ModelException {
        if (!errors.isEmpty()) {
            throw exception();
        }
    }

    /** All errors, with a last one after which the analysis cannot continue. */
    ModelException refuse(int offset, String message) {
        add(offset, message);
        return exception();
    }

    ModelException exception() {
        return new ModelException(errors.stream()
                .sorted(Comparator.comparingInt(ModelError::line).thenComparingInt(ModelError::column))
                .toList());
    }
}
