package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Grafana and Superset need of the files of examples/. That the queries have rows, and the columns that are named
 * here, is in the scenarios that load the tables: {@link DashboardFiles#assertAnswered}.
 */
class DashboardsTest {

    private static final String PLUGIN = "grafana-clickhouse-datasource";

    private static List<JsonNode> list(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).toList();
    }

    private static List<String> texts(Collection<JsonNode> nodes, String field) {
        return nodes.stream().map(node -> node.at(field).asText()).toList();
    }

    /** {@code Top products} is the question {@code top_products}. */
    private static String question(String title) {
        return title.toLowerCase(Locale.ROOT).replace(' ', '_');
    }

    private static Set<String> columnNames(String question) throws IOException {
        return DashboardFiles.columns(question).stream()
                .map(column -> column.substring(0, column.indexOf(',')))
                .collect(Collectors.toSet());
    }

    @ParameterizedTest
    @ValueSource(strings = {"shop", "sales"})
    void grafanaHasOnePanelForEachQuestion(String example) throws IOException {
        JsonNode dashboard = DashboardFiles.read("grafana/dashboards/" + example + ".json");
        assertThat(dashboard.get("uid").asText()).isEqualTo("olap-sync-" + example);
        assertThat(dashboard.get("schemaVersion"))
                .isEqualTo(DashboardFiles.read("../deploy/observability/grafana-dashboard.json")
                        .get("schemaVersion"));
        assertThat(dashboard.at("/templating/list/0/name").asText()).isEqualTo("datasource");
        assertThat(dashboard.at("/templating/list/0/query").asText()).isEqualTo(PLUGIN);
        List<JsonNode> panels = list(dashboard.get("panels"));
        assertThat(texts(panels, "/id")).doesNotHaveDuplicates();
        Map<String, String> queries = new TreeMap<>();
        for (JsonNode panel : panels) {
            String question = question(panel.get("title").asText());
            assertThat(panel.at("/datasource/type").asText()).isEqualTo(PLUGIN);
            assertThat(panel.at("/datasource/uid").asText()).isEqualTo("${datasource}");
            assertThat(panel.get("targets")).hasSize(1);
            // as a table; without a version of at least 4 the plugin takes a query for one of its version 3
            JsonNode target = panel.at("/targets/0");
            assertThat(target.get("format").asInt()).isEqualTo(1);
            assertThat(target.get("editorType").asText()).isEqualTo("sql");
            assertThat(target.get("pluginVersion").asText()).isEqualTo("4.0.0");
            queries.put(question, target.get("rawSql").asText());
            List<JsonNode> fields = new ArrayList<>(list(panel.at("/transformations/0/options")));
            fields.addAll(panel.findValues("xField"));
            assertThat(columnNames(question)).containsAll(texts(fields, ""));
        }
        assertThat(queries).isEqualTo(DashboardFiles.questions(example));
    }

    @Test
    void grafanaIsProvisionedWithTheDataSourceAndTheDashboards() throws IOException {
        JsonNode sources = DashboardFiles.read("grafana/provisioning/datasources/clickhouse.yaml");
        assertThat(sources.get("apiVersion").asInt()).isOne();
        assertThat(sources.at("/datasources/0/type").asText()).isEqualTo(PLUGIN);
        assertThat(sources.at("/datasources/0/secureJsonData/password").asText())
                .isEqualTo("$CLICKHOUSE_PASSWORD");
        JsonNode dashboards = DashboardFiles.read("grafana/provisioning/dashboards/olap-sync.yaml");
        assertThat(dashboards.get("apiVersion").asInt()).isOne();
        assertThat(dashboards.at("/providers/0/type").asText()).isEqualTo("file");
        assertThat(dashboards.at("/providers/0/options/path").asText()).isNotEmpty();
    }

    @Test
    void supersetHasOneDatasetForEachQuestion() throws IOException {
        Map<String, JsonNode> datasets = DashboardFiles.superset("datasets/ClickHouse");
        Map<String, String> questions = DashboardFiles.questions("shop");
        questions.putAll(DashboardFiles.questions("sales"));
        Map<String, String> queries = new TreeMap<>();
        datasets.values()
                .forEach(dataset -> queries.put(
                        dataset.get("table_name").asText(), dataset.get("sql").asText()));
        assertThat(queries).isEqualTo(questions);
        assertThat(datasets.keySet()).isEqualTo(questions.keySet());
    }

    @Test
    void whatSupersetsFilesReferToExists() throws IOException {
        Map<String, JsonNode> databases = DashboardFiles.superset("databases");
        Map<String, JsonNode> datasets = DashboardFiles.superset("datasets/ClickHouse");
        Map<String, JsonNode> charts = DashboardFiles.superset("charts");
        Map<String, JsonNode> dashboards = DashboardFiles.superset("dashboards");
        List<String> uuids = new ArrayList<>();
        for (Map<String, JsonNode> files : List.of(databases, datasets, charts, dashboards)) {
            assertThat(texts(files.values(), "/version")).containsOnly("1.0.0");
            uuids.addAll(texts(files.values(), "/uuid"));
        }
        assertThat(uuids).doesNotHaveDuplicates().allSatisfy(UUID::fromString);
        assertThat(texts(datasets.values(), "/database_uuid"))
                .containsOnlyElementsOf(texts(databases.values(), "/uuid"));
        assertThat(texts(charts.values(), "/dataset_uuid"))
                .containsExactlyInAnyOrderElementsOf(texts(datasets.values(), "/uuid"));
        assertThat(dashboards.values().stream()
                        .flatMap(dashboard -> dashboard.get("position").findValues("uuid").stream())
                        .map(JsonNode::asText))
                .containsExactlyInAnyOrderElementsOf(texts(charts.values(), "/uuid"));
        JsonNode metadata = DashboardFiles.superset("").get("metadata");
        assertThat(metadata.get("version").asText()).isEqualTo("1.0.0");
        assertThat(metadata.get("type").asText()).isEqualTo("Dashboard");
    }

    /** The importer fails without the last two fields, which its schema does not require. */
    @Test
    void supersetsConnectionHasNoPassword() throws IOException {
        JsonNode database = DashboardFiles.superset("databases").get("ClickHouse");
        assertThat(database.get("sqlalchemy_uri").asText()).matches("clickhousedb://\\w+@[\\w:/]+");
        assertThat(database.has("allow_csv_upload")).isTrue();
        assertThat(database.has("extra")).isTrue();
    }

    @Test
    void supersetsChartsNameColumnsAndMetricsOfTheirDatasets() throws IOException {
        Map<String, JsonNode> datasets = DashboardFiles.superset("datasets/ClickHouse");
        for (Map.Entry<String, JsonNode> file :
                DashboardFiles.superset("charts").entrySet()) {
            JsonNode chart = file.getValue();
            JsonNode dataset = datasets.get(file.getKey());
            JsonNode params = chart.get("params");
            assertThat(question(chart.get("slice_name").asText())).isEqualTo(file.getKey());
            assertThat(chart.get("dataset_uuid")).isEqualTo(dataset.get("uuid"));
            assertThat(params.get("viz_type")).isEqualTo(chart.get("viz_type"));
            List<JsonNode> columns = new ArrayList<>(params.findValues("x_axis"));
            columns.addAll(list(params.path("groupby")));
            columns.addAll(list(params.path("all_columns")));
            assertThat(columnNames(file.getKey())).containsAll(texts(columns, ""));
            List<JsonNode> metrics = new ArrayList<>(params.findValues("metric"));
            metrics.addAll(list(params.path("metrics")));
            assertThat(texts(list(dataset.get("metrics")), "/metric_name")).containsAll(texts(metrics, ""));
            assertThat(columns.size() + metrics.size()).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"shop", "sales"})
    void supersetsDashboardsAreTrees(String example) throws IOException {
        JsonNode position = DashboardFiles.superset("dashboards").get(example).get("position");
        List<String> reached = new ArrayList<>(List.of("ROOT_ID"));
        for (int i = 0; i < reached.size(); i++) {
            JsonNode component = position.get(reached.get(i));
            assertThat(component.get("id").asText()).isEqualTo(reached.get(i));
            reached.addAll(texts(list(component.get("children")), ""));
        }
        assertThat(reached).doesNotHaveDuplicates();
        assertThat(position.fieldNames())
                .toIterable()
                .filteredOn(name -> position.get(name).isObject() && !name.equals("HEADER_ID"))
                .containsExactlyInAnyOrderElementsOf(reached);
        assertThat(position.findValues("chartId"))
                .doesNotHaveDuplicates()
                .hasSize(position.findValues("uuid").size());
    }
}
