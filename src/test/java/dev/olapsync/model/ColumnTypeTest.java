package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.model.ColumnType.Kind;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ColumnTypeTest {

    private static final List<ColumnType> TYPES = Stream.concat(
                    Stream.of(Kind.values())
                            .filter(kind -> kind != Kind.DECIMAL && kind != Kind.ARRAY)
                            .map(kind -> new ColumnType(kind, 0, 0, null)),
                    Stream.of(
                            new ColumnType(Kind.DECIMAL, 10, 0, null),
                            new ColumnType(Kind.DECIMAL, 10, 2, null),
                            new ColumnType(Kind.DECIMAL, 12, 2, null),
                            new ColumnType(Kind.INT32, 0, 0, null).array()))
            .toList();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Int16                            | Int16 Int32 Int64 String String Decimal(10, 0) Decimal(10, 2) Decimal(12, 2)
            Nullable(Int32)                  | Int32 Int64 String String Decimal(10, 0) Decimal(12, 2)
            Int64                            | Int64 String String
            Decimal(4, 0)                    | Int16 Int32 Int64 Decimal(10, 0) Decimal(10, 2) Decimal(12, 2)
            Decimal(10, 0)                   | Int64 Decimal(10, 0) Decimal(12, 2)
            Decimal(10, 2)                   | Decimal(10, 2) Decimal(12, 2)
            Decimal(10, 3)                   | ''
            Float32                          | Float32 Float64
            Float64                          | Float64
            LowCardinality(Nullable(String)) | String String String LowCardinality(String)
            Nullable(String)                 | String String String LowCardinality(String)
            Date32                           | Date32
            Nullable(DateTime64(6, 'UTC'))   | DateTime64(6, 'UTC') DateTime64(6, 'UTC')
            Array(Nullable(Int32))           | Array(Nullable(Int32))
            Bool                             | Bool
            Map(String, String)              | ''
            """)
    void typesThatHoldAllValuesOfAnother(String other, String holding) {
        assertThat(String.join(
                        " ",
                        TYPES.stream()
                                .filter(type -> type.holdsAllOf(other))
                                .map(type -> type.clickHouseType(false))
                                .toList()))
                .isEqualTo(holding);
    }
}
