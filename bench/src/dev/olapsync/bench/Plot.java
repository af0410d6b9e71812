package dev.olapsync.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Lines over x, one diagram below the other, as SVG. */
final class Plot {

    private static final int WIDTH = 720;
    private static final int HEIGHT = 260;
    private static final int LEFT = 80;
    private static final int TOP = 30;
    private static final int BOTTOM = 30;
    private static final int RIGHT = 200;
    private static final List<String> COLOURS =
            List.of("#1f6f8b", "#d1495b", "#66a182", "#edae49", "#5b5f97", "#8d6a9f");

    private Plot() {}

    /** @param diagrams their titles; of each the names of its lines; of each line y by x */
    static String of(Map<String, Map<String, TreeMap<Double, Double>>> diagrams) {
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n"
                        + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
                WIDTH + RIGHT,
                Math.max(1, diagrams.size()) * HEIGHT));
        int top = 0;
        for (var diagram : diagrams.entrySet()) {
            svg.append(String.format(Locale.ROOT, "<g transform=\"translate(0,%d)\">%n", top));
            draw(svg, diagram.getKey(), diagram.getValue());
            svg.append("</g>\n");
            top += HEIGHT;
        }
        return svg.append("</svg>\n").toString();
    }

    private static void draw(StringBuilder svg, String title, Map<String, TreeMap<Double, Double>> lines) {
        double right =
                lines.values().stream().mapToDouble(TreeMap::lastKey).max().orElse(1);
        double top = lines.values().stream()
                .flatMap(line -> line.values().stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(1);
        double wide = (WIDTH - LEFT) / Math.max(right, 1e-9);
        double high = (HEIGHT - TOP - BOTTOM) / Math.max(top, 1e-9);
        int floor = HEIGHT - BOTTOM;
        text(svg, LEFT, TOP - 12, "start", title);
        text(svg, LEFT - 6, floor, "end", "0");
        text(svg, LEFT - 6, TOP + 8, "end", Report.number(top));
        text(svg, WIDTH, floor + 16, "end", Report.number(right));
        svg.append(String.format(
                Locale.ROOT, "<path d=\"M%d %d V%d H%d\" fill=\"none\" stroke=\"#888\"/>%n", LEFT, TOP, floor, WIDTH));
        int number = 0;
        for (var line : lines.entrySet()) {
            String colour = COLOURS.get(number % COLOURS.size());
            StringBuilder points = new StringBuilder();
            line.getValue()
                    .forEach((x, y) ->
                            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", LEFT + x * wide, floor - y * high)));
            svg.append(String.format(
                    "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>%n",
                    points.toString().trim(), colour));
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" fill=\"%s\"/>%n",
                    WIDTH + 12,
                    TOP + 18 * number,
                    colour));
            text(svg, WIDTH + 28, TOP + 9 + 18 * number, "start", line.getKey());
            number++;
        }
    }

    private static void text(StringBuilder svg, int x, int y, String anchor, String text) {
        svg.append(String.format(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
                x, y, anchor, text.replace("&", "&amp;").replace("<", "&lt;")));
    }
}
