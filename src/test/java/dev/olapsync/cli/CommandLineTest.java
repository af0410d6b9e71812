package dev.olapsync.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.scenario.Scenario;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;

/** What the commands print about themselves, what they say of wrong options, and what they print for programs. */
class CommandLineTest {

    private static final Pattern INLINE = Pattern.compile("[`'](?:bin/)?olap-sync ([a-z][^`'\"]*)[`']");

    @TempDir
    private Path folder;

    record Ended(int code, String out, String err) {}

    private static Ended execute(String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(words);
        return new Ended(code, out.toString(), err.toString());
    }

    static Stream<String> commands() {
        return Main.commandLine().getSubcommands().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachCommandHasAHelp(String command) {
        Ended help = execute("help", command);
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("Usage: olap-sync ");
    }

    static Stream<CommandSpec> ours() {
        return Main.commandLine().getSubcommands().values().stream()
                .flatMap(command -> Stream.concat(Stream.of(command), command.getSubcommands().values().stream()))
                .map(CommandLine::getCommandSpec)
                // two are of picocli
                .filter(command -> !Set.of("help", "generate-completion").contains(command.name()))
                .distinct();
    }

    @ParameterizedTest
    @MethodSource("ours")
    void theHelpHasTheExitCodesAndSaysWhatEachParameterIs(CommandSpec command) {
        assertThat(command.usageMessage().exitCodeList())
                .as(command.qualifiedName())
                .containsOnlyKeys("0", "1", "2");
        assertThat(command.positionalParameters()).allSatisfy(parameter -> assertThat(parameter.description())
                .as(command.qualifiedName() + " " + parameter.paramLabel())
                .isNotEmpty());
        // the list of all commands shows only the first
        assertThat(command.usageMessage().description()[0]).endsWith(".");
    }

    /** command | exit code | what is printed. No server is needed to refuse them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                                         | 2 | Missing required subcommand",
                "chek                                       | 2 | Unmatched argument at index 0: 'chek'",
                "--jason                                    | 2 | Unknown option: '--jason'",
                "status --jason                             | 2 | Unknown option: '--jason'",
                "check --config nowhere.properties          | 2 | There is no configuration ",
                "--config src check                         | 2 | src is a folder. Name the file with --config: src/application.properties",
                "verify --show many                         | 2 | Invalid value for option '--show': 'many' is not an int",
                "verify --show -1                           | 2 | --show and --patience cannot be negative",
                "verify --patience -1                       | 2 | --show and --patience cannot be negative",
                "verify --continuous --repair               | 2 | 'olap-sync verify --repair' repairs",
                "explain                                    | 2 | Missing required parameter: 'MODEL'",
                "resync                                     | 2 | Missing required parameter: 'MODEL'",
                "repair-row town                            | 2 | Missing required parameter: 'KEY'",
                "rebuild                                    | 2 | Name a model, or --all",
                "rebuild town --all                         | 2 | Name a model, or --all",
                "generations switch town                    | 2 | Missing required parameter: 'GENERATION'",
                "generations switch town one                | 2 | Invalid value for positional parameter at index 1 (GENERATION): 'one' is not an int",
                "dlq                                        | 2 | Missing required subcommand",
                "dlq show                                   | 2 | Missing required parameter: 'ID'",
                "run --routes lode                          | 2 | expected one of [CAPTURE, ENRICH, LOAD]",
                "run --dsl xml                              | 2 | expected one of [YAML, JAVA]",
                "run --dsl java --routes-from routes        | 2 | --routes-from names YAML files",
                "run --routes-from nowhere                  | 2 | There is no folder nowhere with the routes",
                "status                                     | 1 | No pipeline runs at http://127.0.0.1:1/status. Start it with 'olap-sync run'"
            })
    void whatCannotBeDoneIsRefusedInASentence(String words, int code, String message) throws Exception {
        Path file = Files.writeString(folder.resolve("application.properties"), "olap.status.port=1\n");
        Stream<String> config = words.contains("--config") || !words.matches("(status|verify|rebuild|run)\\b.*")
                ? Stream.of()
                : Stream.of("--config", file.toString());
        Ended ended = execute(Stream.concat(config, Stream.of(words.split(" ")).filter(word -> !word.isEmpty()))
                .toArray(String[]::new));
        assertThat(ended.code()).isEqualTo(code);
        assertThat(ended.err()).contains(message).doesNotContain("\tat ");
        assertThat(ended.err().lines()).hasSizeLessThan(4);
        assertThat(ended.out()).isEmpty();
    }

    /** In the documents within the text (DocumentedCommandsTest runs those that stand alone), and in messages. */
    @Test
    void commandsThatATextNamesExist() throws Exception {
        Set<String> commands = new TreeSet<>();
        for (Path file : texts()) {
            INLINE.matcher(Files.readString(file)
                            .replaceAll("\"\\s*\\+\\s*\"", "")
                            .replaceAll("\\s+", " "))
                    .results()
                    .forEach(command -> commands.add(command.group(1)));
        }
        assertThat(commands).hasSizeGreaterThan(15);
        assertThat(commands).allSatisfy(command -> {
            try {
                // a placeholder can stand for a number
                Main.commandLine()
                        .parseArgs(command.replaceAll("\\b[A-Z]+\\b", "1").split(" "));
            } catch (MissingParameterException e) {
                // such as "generations switch"
                assertThat(e).hasMessageStartingWith("Missing required");
            }
        });
    }

    private static List<Path> texts() throws IOException {
        List<Path> texts = new ArrayList<>(List.of(Path.of("README.md"), Path.of("deploy/README.md")));
        for (String folder : List.of("docs", "src/main/java", "deploy/observability")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(Files::isRegularFile).forEach(texts::add);
            }
        }
        return texts;
    }

    @Test
    void aShellCompletesTheCommands() {
        assertThat(execute("generate-completion").out()).contains("repair-row", "--patience");
    }

    @Test
    void aWrongOptionIsOneSentenceAndNoPageOfUsage() {
        Ended wrong = execute("verify", "--show=many");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err().lines()).hasSize(2);
        assertThat(wrong.err()).contains("--show", "many", "'olap-sync verify --help'");
    }

    @Test
    void aNumberThatCannotBeIsRefused() throws Exception {
        Path empty = Files.createFile(folder.resolve("application.properties"));
        Ended wrong = execute("verify", "--show=-1", "--config", empty.toString());
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("--show and --patience cannot be negative");
    }

    @Test
    void theConfigurationCanStandBeforeTheCommand() {
        Ended missing = execute("--config", "nowhere.properties", "check");
        assertThat(missing.code()).isEqualTo(2);
        assertThat(missing.err()).contains("There is no configuration ").contains("nowhere.properties");
    }

    @Test
    void programsReadCheckVerifyAndDeadLetters() throws Exception {
        ObjectMapper json = new ObjectMapper();
        try (Scenario scenario = Scenario.of("programs", "CREATE TABLE a (id int PRIMARY KEY, day date NOT NULL)")
                .model("a", "SELECT * FROM a")
                .model("b", "SELECT id FROM a")) {
            scenario.postgres("INSERT INTO a VALUES (1, '2026-01-01'), (2, '9999-01-01')");
            scenario.start().awaitLoaded();

            JsonNode check = json.readTree(scenario.execute("check", "--json").printed());
            assertThat(check.path("failures").asInt()).isZero();
            assertThat(check.path("models").asBoolean()).isTrue();
            assertThat(check.path("findings").findValuesAsText("level")).contains("ok");

            scenario.clickHouseExecute("ALTER TABLE a_rows DELETE WHERE id = 1 SETTINGS mutations_sync = 1");
            Scenario.Ended verify = scenario.execute("verify", "--json", "--patience=1", "a");
            assertThat(verify.code()).isEqualTo(1);
            JsonNode verified = json.readTree(verify.printed());
            assertThat(verified.path("inSync").asBoolean(true)).isFalse();
            assertThat(verified.path("models").findValuesAsText("name")).containsExactly("a");
            assertThat(verified.path("differences").asInt()).isEqualTo(1);
            assertThat(scenario.command("verify", "b")).contains("(1 models, 2 rows compared, 0 differences)");
            assertThat(scenario.execute("verify", "c").code()).isEqualTo(2);
            assertThat(scenario.execute("verify", "c").printed()).contains("There is no model c, only [a, b");

            JsonNode deadLetters = json.readTree(scenario.command("dlq", "list", "--json"));
            assertThat(deadLetters.findValuesAsText("error")).singleElement().satisfies(error -> assertThat(error)
                    .isNotEmpty());
        }
    }

    @Test
    void aFolderOfRoutesThatIsNotThereIsNamed() throws Exception {
        Path empty = Files.createFile(folder.resolve("application.properties"));
        Ended wrong = execute("run", "--routes-from", folder.resolve("none").toString(), "--config", empty.toString());
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("There is no folder " + folder.resolve("none") + " with the routes");
    }

    @Test
    void whatCannotBeFoundIsSaidWithoutAStatement() throws Exception {
        try (Scenario scenario = Scenario.of("unfound", "CREATE TABLE a (id int, code text, PRIMARY KEY (id, code))")
                .model("a", "SELECT * FROM a")) {
            for (String[] words : new String[][] {{"verify"}, {"repair-row", "a", "[1,\"x\"]"}}) {
                Scenario.Ended early = scenario.execute(words);
                assertThat(early.code()).isEqualTo(1);
                assertThat(early.printed()).contains("has no table a_rows yet. 'olap-sync run' creates and loads it.");
                assertThat(early.printed()).doesNotContain("SELECT");
            }
            scenario.start().awaitLoaded();
            Scenario.Ended wrong = scenario.execute("repair-row", "a", "[\"x\",\"y\"]");
            assertThat(wrong.code()).isEqualTo(2);
            assertThat(wrong.printed())
                    .contains("The key column id of a is of type integer, and 'x' is no value of it.");
            assertThat(scenario.command("repair-row", "a", "[9,\"y\"]"))
                    .contains("There is no row with this key; nothing has to be repaired.")
                    .doesNotContain("repaired    ");
        }
    }
}
