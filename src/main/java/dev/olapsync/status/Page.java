package dev.olapsync.status;

import com.sun.net.httpserver.HttpExchange;
import dev.olapsync.deadletter.DeadLetter;
import dev.olapsync.deadletter.DeadLetterReplay;
import dev.olapsync.deadletter.DeadLetterTopic;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.ValueErrors;
import dev.olapsync.verify.Barrier;
import dev.olapsync.verify.Barrier.StandstillException;
import dev.olapsync.verify.InspectedRow;
import dev.olapsync.verify.InspectedRow.Both;
import dev.olapsync.verify.InspectedRow.NoSuchKeyException;
import dev.olapsync.verify.Verification;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The page, and its requests. Requests without values of rows need no token; requests with values, and requests that
 * change something, need {@code olap.status.token} as a bearer token.
 */
final class Page implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int SHOWN = 200;
    private static final String BEARER = "Bearer ";
    /** The text of a record that became a dead letter starts with a part that is the same for its whole topic. */
    private static final Pattern OFFSET = Pattern.compile(" \\d+-\\d+$");

    private final OlapSync olapSync;
    private final StatusSampler sampler;
    private final StartedVerification verification;

    Page(OlapSync olapSync, StatusSampler sampler) {
        this.olapSync = olapSync;
        this.sampler = sampler;
        this.verification = new StartedVerification(olapSync);
    }

    /** The errors with their number, without keys. */
    record DeadLetterGroup(String of, String error, long count, String newest) {}

    /** @param content null unless it was requested */
    record ShownDeadLetter(
            String id, String time, String of, String from, String key, String position, String error, String content) {

        static ShownDeadLetter of(DeadLetter deadLetter, boolean whole) {
            return new ShownDeadLetter(
                    deadLetter.id(),
                    deadLetter.time().toString(),
                    deadLetter.of(),
                    deadLetter.from(),
                    deadLetter.key(),
                    deadLetter.position(),
                    deadLetter.error(),
                    whole ? deadLetter.content() : null);
        }
    }

    /**
     * @param versions the versions that ClickHouse stores, the one that counts first
     * @param why null if both sides are the same
     */
    record ShownRow(
            String inPostgres,
            String inClickHouse,
            boolean same,
            List<String> versions,
            List<String> deadLetters,
            String why) {}

    /** Empty for any other path. */
    Optional<Reply> answer(HttpExchange exchange) throws Exception {
        String method = exchange.getRequestMethod();
        boolean get = method.equals("GET");
        return switch (exchange.getRequestURI().getPath()) {
            case "/" -> Optional.of(get ? Reply.html(html()) : only("GET"));
            case "/history" -> Optional.of(get ? Reply.of(sampler.hour()) : only("GET"));
            case "/dead-letters" -> Optional.of(get ? deadLetters(exchange) : only("GET"));
            case "/dead-letters/replay" -> Optional.of(method.equals("POST") ? replay(exchange) : only("POST"));
            case "/verification" ->
                Optional.of(
                        get
                                ? Reply.of(
                                        refusal(exchange).isEmpty()
                                                ? verification.state()
                                                : verification.state().withoutValues())
                                : method.equals("POST") ? verify(exchange) : only("GET and POST"));
            case "/row" -> Optional.of(get || method.equals("POST") ? row(exchange, !get) : only("GET and POST"));
            default -> Optional.empty();
        };
    }

    private static Reply only(String methods) {
        return Reply.text(405, "Only " + methods + " is answered.\n");
    }

    private static byte[] html() throws IOException {
        try (InputStream page = Page.class.getResourceAsStream("page.html")) {
            return page.readAllBytes();
        }
    }

    /** Why the request is refused; empty if it has the token. */
    private Optional<Reply> refusal(HttpExchange exchange) throws IOException {
        String token = olapSync.settings().status().token();
        if (token.isEmpty()) {
            return Optional.of(Reply.error(
                    403, "Set olap.status.token (OLAP_STATUS_TOKEN), start again, and enter it on the page."));
        }
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        // in constant time, independent of the first difference
        boolean same = MessageDigest.isEqual(
                (BEARER + token).getBytes(StandardCharsets.UTF_8),
                (given == null ? "" : given).getBytes(StandardCharsets.UTF_8));
        return same ? Optional.empty() : Optional.of(Reply.error(401, "The token is not olap.status.token."));
    }

    private Reply deadLetters(HttpExchange exchange) throws Exception {
        Map<String, String> query = query(exchange);
        DeadLetterTopic topic = new DeadLetterTopic(olapSync.settings());
        if (query.containsKey("id")) {
            Optional<Reply> refusal = refusal(exchange);
            if (refusal.isPresent()) {
                return refusal.get();
            }
            Optional<DeadLetter> found = topic.find(query.get("id"));
            return found.isPresent()
                    ? Reply.of(ShownDeadLetter.of(found.get(), true))
                    : Reply.error(404, "There is no dead letter " + query.get("id") + ".");
        }
        boolean allowed = refusal(exchange).isEmpty();
        Map<String, DeadLetterGroup> groups = new TreeMap<>();
        List<ShownDeadLetter> shown = new ArrayList<>();
        topic.read(deadLetter -> {
            String of = OFFSET.matcher(deadLetter.of()).replaceFirst("");
            String time = deadLetter.time().toString();
            groups.merge(
                    of + " " + deadLetter.error(),
                    new DeadLetterGroup(of, deadLetter.error(), 1, time),
                    (all, one) -> new DeadLetterGroup(of, all.error(), all.count() + 1, time));
            if (allowed && shown.size() < SHOWN) {
                shown.add(ShownDeadLetter.of(deadLetter, false));
            }
        });
        return Reply.of(Map.of("groups", groups.values(), "deadLetters", shown));
    }

    private Reply replay(HttpExchange exchange) throws Exception {
        Optional<Reply> refusal = refusal(exchange);
        return refusal.isPresent() ? refusal.get() : Reply.of(Map.of("replayed", DeadLetterReplay.all(olapSync)));
    }

    private Reply verify(HttpExchange exchange) throws IOException {
        Optional<Reply> refusal = refusal(exchange);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        return verification.start(Boolean.parseBoolean(query(exchange).get("repair")))
                ? Reply.of(verification.state())
                : Reply.error(409, "A verification runs already.");
    }

    private Reply row(HttpExchange exchange, boolean repair) throws Exception {
        Optional<Reply> refusal = refusal(exchange);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        Map<String, String> query = query(exchange);
        try (Verification verifying = new Verification(olapSync, PATIENCE)) {
            InspectedRow row =
                    InspectedRow.of(olapSync, query.getOrDefault("model", ""), query.getOrDefault("key", ""));
            if (repair) {
                verifying.repair(row.different());
            }
            return Reply.of(shown(row, verifying));
        } catch (NoSuchKeyException e) {
            return Reply.error(404, e.getMessage());
        } catch (SQLException e) {
            if (!ValueErrors.isOne(e)) {
                throw e;
            }
            return Reply.error(
                    422,
                    "Postgres cannot compute the row: " + ValueErrors.condition(e) + ". Fix the value or the model.");
        }
    }

    private ShownRow shown(InspectedRow row, Verification verifying) throws Exception {
        Both both = row.read(verifying);
        String why = null;
        if (!both.same()) {
            try (Barrier barrier = new Barrier(olapSync)) {
                barrier.loaded(PATIENCE);
                both = row.read(verifying);
                why = row.causeOfDifference(both, barrier, PATIENCE);
            } catch (StandstillException e) {
                why = "The pipeline has not answered for " + PATIENCE.toSeconds() + " s, so the row may be on its way. "
                        + e.getMessage();
            }
        }
        return new ShownRow(
                both.inPostgres(),
                both.inClickHouse(),
                both.same(),
                row.lineage(),
                row.deadLetters().stream()
                        .map(deadLetter -> deadLetter.time() + " " + deadLetter.error())
                        .toList(),
                why);
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> parameters = new HashMap<>();
        String query = exchange.getRequestURI().getRawQuery();
        for (String parameter : query == null ? new String[0] : query.split("&")) {
            String[] parts = parameter.split("=", 2);
            parameters.put(decoded(parts[0]), parts.length == 1 ? "" : decoded(parts[1]));
        }
        return parameters;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        verification.close();
    }
}
