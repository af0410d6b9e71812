package dev.olapsync.status;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * As much of Prometheus' language as the alerts need: selectors, {@code absent}, {@code time() -}, {@code increase}, a quotient, and
 * a comparison with a number.
 */
final class PromQl {

    private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)(=~|=)\"([^\"]*)\"");
    private static final Pattern TYPE = Pattern.compile("# TYPE (\\w+) .*");
    private static final Pattern RULE = Pattern.compile("(.*) (>|==) (\\S+)");
    private static final Pattern ABSENT = Pattern.compile("absent\\((\\w+)\\)");
    private static final Pattern INCREASE = Pattern.compile("increase\\((.*)\\[\\w+]\\)");
    private static final Pattern AGE = Pattern.compile("time\\(\\) - (.*)");
    private static final Pattern QUOTIENT = Pattern.compile("(\\S+) / (\\S+)");
    private static final Pattern SELECTOR = Pattern.compile("(\\w+)(?:\\{(.*)})?");

    /** @param samples values by name and labels */
    record Scrape(Map<Map.Entry<String, Map<String, String>>, Double> samples, Set<String> names) {

        static Scrape of(String text) {
            Map<Map.Entry<String, Map<String, String>>, Double> samples = new HashMap<>();
            Set<String> names = new HashSet<>();
            for (String line : text.split("\n")) {
                Matcher sample = SAMPLE.matcher(line);
                Matcher type = TYPE.matcher(line);
                if (type.matches()) {
                    names.add(type.group(1));
                } else if (sample.matches()) {
                    names.add(sample.group(1));
                    samples.put(Map.entry(sample.group(1), labels(sample.group(2))), Double.valueOf(sample.group(3)));
                }
            }
            return new Scrape(samples, names);
        }
    }

    private PromQl() {}

    /** @return labels of each series for which the alert fires */
    static List<Map<String, String>> firing(String expression, Scrape before, Scrape now, double seconds) {
        Matcher absent = ABSENT.matcher(expression);
        if (absent.matches()) {
            return now.names().contains(absent.group(1)) ? List.of() : List.of(Map.of());
        }
        Matcher rule = RULE.matcher(expression);
        if (!rule.matches()) {
            throw new IllegalArgumentException("no comparison with a number: " + expression);
        }
        double limit = Double.parseDouble(rule.group(3));
        List<Map<String, String>> firing = new ArrayList<>();
        values(rule.group(1), before, now, seconds).forEach((labels, value) -> {
            if (rule.group(2).equals(">") ? value > limit : value == limit) {
                firing.add(labels);
            }
        });
        return firing;
    }

    private static Map<Map<String, String>, Double> values(String term, Scrape before, Scrape now, double seconds) {
        Matcher increase = INCREASE.matcher(term);
        Matcher age = AGE.matcher(term);
        Matcher quotient = QUOTIENT.matcher(term);
        if (increase.matches()) {
            Map<Map<String, String>, Double> earlier = select(increase.group(1), before);
            return with(select(increase.group(1), now), (value, labels) -> value - earlier.getOrDefault(labels, 0.0));
        }
        if (age.matches()) {
            return with(select(age.group(1), now), (value, labels) -> seconds - value);
        }
        if (quotient.matches()) {
            Map<Map<String, String>, Double> divisor = select(quotient.group(2), now);
            return with(
                    select(quotient.group(1), now),
                    (value, labels) -> value / divisor.getOrDefault(labels, Double.NaN));
        }
        return select(term, now);
    }

    private interface Change {
        double of(double value, Map<String, String> labels);
    }

    private static Map<Map<String, String>, Double> with(Map<Map<String, String>, Double> values, Change change) {
        values.replaceAll((labels, value) -> change.of(value, labels));
        return values;
    }

    private static Map<Map<String, String>, Double> select(String selector, Scrape scrape) {
        Matcher parts = SELECTOR.matcher(selector);
        if (!parts.matches()) {
            throw new IllegalArgumentException("no selector: " + selector);
        }
        Map<Map<String, String>, Double> selected = new HashMap<>();
        scrape.samples().forEach((series, value) -> {
            if (series.getKey().equals(parts.group(1)) && matches(parts.group(2), series.getValue())) {
                selected.put(series.getValue(), value);
            }
        });
        return selected;
    }

    private static boolean matches(String conditions, Map<String, String> labels) {
        Matcher condition = LABEL.matcher(conditions == null ? "" : conditions);
        while (condition.find()) {
            String value = labels.getOrDefault(condition.group(1), "");
            boolean equal = condition.group(2).equals("=")
                    ? value.equals(condition.group(3))
                    : value.matches(condition.group(3));
            if (!equal) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, String> labels(String text) {
        Map<String, String> labels = new HashMap<>();
        Matcher label = LABEL.matcher(text == null ? "" : text);
        while (label.find()) {
            labels.put(label.group(1), label.group(3));
        }
        return labels;
    }
}
