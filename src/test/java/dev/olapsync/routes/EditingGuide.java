package dev.olapsync.routes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The examples of docs/editing-routes.md: blocks of text, each for a file. */
final class EditingGuide {

    private static final Pattern BLOCK = Pattern.compile("(?m)^```(\\w+) (\\S+)\\n([^`]*)^```$");

    /** @param kind {@code diff} or what the text is */
    record Block(String kind, Path file, String text) {}

    private EditingGuide() {}

    /** The blocks below a heading. */
    static List<Block> section(String title) throws IOException {
        String guide = Files.readString(Path.of("docs", "editing-routes.md"));
        int start = guide.indexOf("\n## " + title + "\n");
        if (start < 0) {
            throw new IllegalArgumentException("The guide has no section " + title);
        }
        int end = guide.indexOf("\n## ", start + 1);
        List<Block> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(guide.substring(start, end < 0 ? guide.length() : end));
        while (block.find()) {
            blocks.add(new Block(block.group(1), Path.of(block.group(2)), block.group(3)));
        }
        return blocks;
    }

    /** A copy of the routes, edited as the section says. */
    static Path routes(String title) throws IOException {
        Path folder = Files.createDirectories(Path.of("target", "edited-routes", title.replace(' ', '-')));
        try (var files = Files.newDirectoryStream(Path.of("routes"))) {
            for (Path file : files) {
                Files.writeString(folder.resolve(file.getFileName()), Files.readString(file));
            }
        }
        for (Block block : section(title)) {
            Path file = folder.resolve(block.file().getFileName());
            Files.writeString(
                    file, block.kind().equals("diff") ? edited(Files.readString(file), block.text()) : block.text());
        }
        return folder;
    }

    private static String edited(String text, String diff) {
        String before = lines(diff, '-');
        if (!text.contains(before)) {
            throw new IllegalArgumentException("These lines of the guide are not in the routes:\n" + before);
        }
        return text.replace(before, lines(diff, '+'));
    }

    private static String lines(String diff, char marked) {
        return diff.lines()
                .filter(line -> line.charAt(0) == ' ' || line.charAt(0) == marked)
                .map(line -> line.substring(1) + "\n")
                .collect(Collectors.joining());
    }
}
