package dev.olapsync.model;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.util.PSQLException;

/** Has Postgres analyse SELECTs, and says why it refuses one. */
final class SelectAnalyser {

    private static final String DENIED = "42501";
    private static final String VIEW_OF_ANALYSIS =
            ": olap-sync asks Postgres what a SELECT means by a temporary view that it takes back at once; ";

    private final Connection postgres;
    private final Catalog catalog;
    private final Places places;
    private final Problems problems;

    SelectAnalyser(Connection postgres, Catalog catalog, Places places, Problems problems) {
        this.postgres = postgres;
        this.catalog = catalog;
        this.places = places;
        this.problems = problems;
    }

    Analysis analyse(String sql) throws SQLException, ModelException {
        try {
            return Analysis.of(sql, postgres, catalog);
        } catch (Analysis.Refused e) {
            if (!(e.error() instanceof PSQLException error)) {
                throw problems.refuse(places.begin(), e.error().getMessage());
            }
            String firstLine =
                    String.valueOf(error.getMessage()).lines().findFirst().orElse("");
            if (DENIED.equals(error.getSQLState()) && firstLine.contains("temporary")) {
                throw problems.refuse(
                        places.begin(),
                        firstLine + VIEW_OF_ANALYSIS + "run "
                                + catalog.privileges().grantOfTemporary());
            }
            String context = error.getServerErrorMessage() == null
                    ? null
                    : error.getServerErrorMessage().getWhere();
            Optional<String> trigger =
                    context == null ? Optional.empty() : catalog.functions().eventTrigger(context);
            if (trigger.isPresent()) {
                throw problems.refuse(
                        places.begin(),
                        "the event trigger " + trigger.get() + " refuses CREATE VIEW: " + firstLine + VIEW_OF_ANALYSIS
                                + "let its function return when current_user is the role of olap-sync, or when the object is"
                                + " in a temporary schema");
            }
            problems.add(error, e.prefix());
            throw problems.exception();
        }
    }

    /** The analysis of a text that was derived from an accepted one; null if Postgres refuses it. */
    Analysis again(String sql) throws SQLException {
        try {
            return Analysis.of(sql, postgres, catalog);
        } catch (Analysis.Refused e) {
            return null;
        }
    }

    /** The analysis of the same text with its casts guarded, see {@link TimeCasts}. */
    Analysis guarded(String sql, Analysis first) throws SQLException {
        String guarded = TimeCasts.guarded(sql, first, catalog, this::again);
        return guarded.equals(sql) ? first : again(guarded);
    }
}
