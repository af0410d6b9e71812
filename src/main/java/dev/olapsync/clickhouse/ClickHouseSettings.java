package dev.olapsync.clickhouse;

import com.clickhouse.client.api.Client;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The settings on which the meaning of our statements depends. Each request sets them, so that the settings profile of
 * the user has no effect: it could change values, or leave out rows, without an error. Limits of resources stay as the
 * profile has them, but a request that exceeds a limit must fail. Thread safe.
 *
 * @see <a href="https://clickhouse.com/docs/operations/settings/settings">ClickHouse: session settings</a>
 */
final class ClickHouseSettings {

    /** The settings that every supported version has, and on which a small query depends. */
    private static final Map<String, String> OF_QUERIES = parse("""
            additional_result_filter=
            additional_table_filters={}
            aggregate_functions_null_for_empty=0
            compatibility=
            empty_result_for_aggregation_by_empty_set=0
            extremes=0
            final=0
            group_by_overflow_mode=throw
            limit=0
            offset=0
            read_overflow_mode=throw
            result_overflow_mode=throw
            sort_overflow_mode=throw
            timeout_overflow_mode=throw
            use_query_cache=0
            """);

    private static final Map<String, String> OF_ALL = parse("""
            allow_experimental_query_deduplication=0
            allow_experimental_parallel_reading_from_replicas=0
            apply_deleted_mask=1
            apply_mutations_on_fly=0
            apply_patch_parts=1
            apply_prewhere_after_final=0
            apply_row_policy_after_final=1
            async_insert=0
            bool_false_representation=false
            bool_true_representation=true
            cast_ipv4_ipv6_default_on_conversion_error=0
            cast_keep_nullable=0
            cast_string_to_date_time_mode=best_effort
            check_conversion_from_numbers_to_enum=1
            data_type_default_nullable=0
            date_time_64_output_format_cut_trailing_zeros_align_to_groups_of_thousands=0
            date_time_input_format=best_effort
            date_time_output_format=simple
            date_time_overflow_behavior=ignore
            decimal_check_overflow=1
            deduplicate_insert=disable
            deduplicate_insert_select=disable
            dialect=clickhouse
            distinct_overflow_mode=throw
            do_not_merge_across_partitions_select_final=0
            enable_reads_from_query_cache=0
            flatten_nested=1
            force_index_by_date=0
            force_primary_key=0
            format_binary_max_array_size=1073741824
            format_binary_max_string_size=1073741824
            format_tsv_null_representation=\\N
            group_by_use_nulls=0
            http_write_exception_in_output_format=0
            ignore_cold_parts_seconds=0
            implicit_transaction=0
            input_format_allow_errors_num=0
            input_format_allow_errors_ratio=0
            input_format_column_name_matching_mode=match_case
            input_format_connection_handling=0
            input_format_defaults_for_omitted_fields=1
            input_format_force_null_for_omitted_fields=0
            input_format_import_nested_json=0
            input_format_ipv4_default_on_conversion_error=0
            input_format_ipv6_default_on_conversion_error=0
            input_format_json_compact_allow_variable_number_of_columns=0
            input_format_json_defaults_for_missing_elements_in_named_tuple=1
            input_format_json_empty_as_default=0
            input_format_json_ignore_unknown_keys_in_named_tuple=0
            input_format_json_ignore_unnecessary_fields=0
            input_format_json_map_as_array_of_tuples=0
            input_format_json_max_depth=1000
            input_format_json_named_tuples_as_objects=1
            input_format_json_read_arrays_as_strings=1
            input_format_json_read_bools_as_numbers=1
            input_format_json_read_bools_as_strings=1
            input_format_json_read_numbers_as_strings=1
            input_format_json_read_objects_as_strings=1
            input_format_json_throw_on_bad_escape_sequence=1
            input_format_json_validate_types_from_metadata=1
            input_format_max_block_size_bytes=0
            input_format_max_block_wait_ms=0
            input_format_null_as_default=0
            input_format_record_errors_file_path=
            input_format_skip_unknown_fields=0
            input_format_tsv_allow_variable_number_of_columns=0
            input_format_tsv_crlf_end_of_line=0
            input_format_tsv_detect_header=0
            input_format_tsv_empty_as_default=0
            input_format_tsv_enum_as_number=0
            input_format_tsv_skip_first_lines=0
            input_format_tsv_skip_trailing_empty_lines=0
            input_format_values_accurate_types_of_literals=1
            input_format_values_interpret_expressions=1
            insert_allow_materialized_columns=0
            insert_deduplicate=0
            insert_deduplication_token=
            insert_null_as_default=0
            insert_shard_id=0
            join_overflow_mode=throw
            join_use_nulls=0
            lightweight_delete_mode=alter_update
            max_ast_elements=100000000
            max_expanded_ast_elements=100000000
            max_insert_block_size=1048449
            max_query_size=1000000000
            min_insert_block_size_bytes=268402944
            min_insert_block_size_rows=1048449
            optimize_move_to_prewhere_if_final=0
            optimize_use_projections=0
            output_format_binary_encode_types_in_binary_format=0
            output_format_binary_write_json_as_string=0
            output_format_decimal_trailing_zeros=0
            output_format_enable_streaming=0
            output_format_json_array_of_rows=0
            output_format_json_escape_forward_slashes=1
            output_format_json_map_as_array_of_tuples=0
            output_format_json_named_tuples_as_objects=1
            output_format_json_quote_64bit_floats=0
            output_format_json_quote_64bit_integers=1
            output_format_json_quote_decimals=1
            output_format_json_quote_denormals=1
            output_format_json_validate_utf8=0
            output_format_trim_fixed_string=0
            parallel_replica_offset=0
            partial_result_on_first_cancel=0
            precise_float_parsing=1
            prefer_column_name_to_alias=0
            prefer_warmed_unmerged_parts_seconds=0
            query_plan_optimize_lazy_final=0
            read_overflow_mode_leaf=throw
            select_sequential_consistency=1
            session_timezone=UTC
            set_overflow_mode=throw
            skip_unavailable_shards=0
            throw_if_no_data_to_insert=1
            timeout_overflow_mode_leaf=throw
            transfer_overflow_mode=throw
            transform_null_in=0
            use_skip_indexes_for_disjunctions=0
            use_skip_indexes_if_final_exact_mode=1
            wait_for_async_insert=1
            """);

    /**
     * With them, replicas behave like one server: what is acknowledged is on a majority of them, and is seen by each statement that is sent
     * afterwards, to whichever replica. A replica that is down must not stop a statement that creates a table or a view: it catches up.
     */
    private static final Map<String, String> OF_REPLICAS = parse("""
            distributed_ddl_output_mode=null_status_on_timeout
            distributed_ddl_task_timeout=30
            insert_quorum=auto
            insert_quorum_parallel=0
            insert_quorum_timeout=60000
            max_insert_threads=1
            """);

    private final boolean replicas;
    private volatile Map<String, String> known;

    /** @param replicas whether there is a cluster, so that rows are written to several servers */
    ClickHouseSettings(boolean replicas) {
        this.replicas = replicas;
    }

    private static Map<String, String> parse(String lines) {
        return lines.lines()
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(
                        pair -> pair[0],
                        pair -> pair[1],
                        (one, other) -> {
                            throw new IllegalStateException(one + " and " + other);
                        },
                        LinkedHashMap::new));
    }

    /** Names and values for a request. The first call queries which of the names the server has. */
    Map<String, String> of(Client client) throws Exception {
        Map<String, String> settings = known;
        if (settings == null) {
            settings = new LinkedHashMap<>(OF_QUERIES);
            settings.putAll(OF_ALL);
            if (replicas) {
                settings.putAll(OF_REPLICAS);
            }
            settings.keySet().retainAll(names(client));
            known = settings;
        }
        return settings;
    }

    /** The next request queries the settings of the server again: it may have another version now. */
    void forget() {
        known = null;
    }

    private static Set<String> names(Client client) throws Exception {
        // as text: the form of the other formats depends on settings that not every version has
        QuerySettings settings = new QuerySettings().setFormat(ClickHouseFormat.TabSeparated);
        OF_QUERIES.forEach(settings::serverSetting);
        try (QueryResponse response =
                client.query("SELECT name FROM system.settings", settings).get()) {
            return new String(response.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .collect(Collectors.toSet());
        }
    }
}
