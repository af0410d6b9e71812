package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Invoices with text keys, cancellations, lines that occur twice, and invoices without a customer. */
class RetailTest {

    private static String data;
    private static Scenario retail;

    @BeforeAll
    static void start() throws Exception {
        data = Files.readString(Path.of("examples/retail/data.sql"));
        retail = Scenario.example("retail", "retail", "dim_customer", "dim_stock", "invoice_line_fact");
        retail.postgres(data);
        retail.start().awaitLoaded();
    }

    @AfterAll
    static void stop() throws Exception {
        try (Scenario closed = retail) {
            assertThat(closed.readDeadLetters()).isEmpty();
        }
    }

    @BeforeEach
    void startState() throws Exception {
        retail.postgres(
                "DELETE FROM invoice_line", "DELETE FROM invoice", "DELETE FROM stock", "DELETE FROM customer", data);
        retail.awaitInSync();
    }

    private static void change(String... statements) throws Exception {
        retail.postgres(statements);
        retail.awaitInSync();
    }

    private static List<String> ask(String select) {
        return retail.clickHouse(select);
    }

    @Test
    void theLineOfAnInvoice() {
        assertThat(ask("SELECT line_id, invoice_no, is_cancelled, toString(invoice_date), toString(invoice_day),"
                        + " toString(invoice_week), toString(invoice_month), invoice_year, customer_name, country, stock_code, description,"
                        + " quantity, toString(unit_price), toString(line_total) FROM invoice_line_fact WHERE line_id IN (1, 7, 8)"
                        + " ORDER BY line_id"))
                .containsExactly(
                        "1,536365,false,2010-12-01 08:26:00.000000,2010-12-01,2010-11-29,2010-12-01,2010,Hannah Weiss,United Kingdom,"
                                + "85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2.55,15.3",
                        "7,536414,false,2010-12-05 11:52:00.000000,2010-12-05,2010-11-29,2010-12-01,2010,null,null,21777,null,56,0.001,0.056",
                        "8,C536379,true,2010-12-08 09:41:00.000000,2010-12-08,2010-12-06,2010-12-01,2010,Hannah Weiss,United Kingdom,"
                                + "85123A,WHITE HANGING HEART T-LIGHT HOLDER,-2,2.55,-5.1");
    }

    @Test
    void salesWithoutCancellations() {
        String total = "SELECT toString(sum(line_total)) FROM invoice_line_fact WHERE ";
        assertThat(ask(total + "NOT is_cancelled")).containsExactly("345.596");
        assertThat(ask(total + "is_cancelled")).containsExactly("-5.1");
    }

    @Test
    void salesByYearMonthWeekAndDay() {
        String total =
                ", toString(sum(line_total)) FROM invoice_line_fact WHERE NOT is_cancelled GROUP BY 1 ORDER BY 1";
        assertThat(ask("SELECT toString(invoice_year)" + total)).containsExactly("2010,293.696", "2011,51.9");
        assertThat(ask("SELECT toString(invoice_month)" + total))
                .containsExactly("2010-12-01,293.696", "2011-01-01,51.9");
        assertThat(ask("SELECT toString(invoice_week)" + total))
                .containsExactly("2010-11-29,293.696", "2011-01-03,51.9");
        assertThat(ask("SELECT toString(invoice_day)" + total))
                .containsExactly("2010-12-01,293.64", "2010-12-05,0.056", "2011-01-03,33.9", "2011-01-09,18");
    }

    @Test
    void topProducts() {
        assertThat(ask("SELECT stock_code, any(description), toString(sum(line_total) AS total) FROM invoice_line_fact"
                        + " WHERE NOT is_cancelled GROUP BY stock_code ORDER BY total DESC LIMIT 10"))
                .startsWith(
                        "22752,SET 7 BABUSHKA NESTING BOXES,183.6",
                        "POST,POSTAGE,72",
                        "71053,WHITE METAL LANTERN,54.24")
                .hasSize(5);
    }

    @Test
    void customersWithMoreThanOneOrder() {
        assertThat(
                        ask(
                                "SELECT customer_name, uniqExact(invoice_no) AS orders FROM invoice_line_fact"
                                        + " WHERE NOT is_cancelled AND customer_id IS NOT NULL GROUP BY customer_name HAVING orders > 1"))
                .containsExactly("Hannah Weiss,2");
    }

    @Test
    void averageOrderValueAndCancelledInvoices() {
        assertThat(
                        ask(
                                "SELECT round(sum(line_total) / uniqExact(invoice_no), 2) FROM invoice_line_fact WHERE NOT is_cancelled"))
                .containsExactly("57.600");
        assertThat(ask("SELECT uniqExact(invoice_no) FROM invoice_line_fact WHERE is_cancelled"))
                .containsExactly("1");
    }

    @Test
    void sameStockTwiceOnOneInvoice() throws Exception {
        change("DELETE FROM invoice_line WHERE line_id = 3");
        assertThat(ask("SELECT line_id, quantity FROM invoice_line_fact WHERE invoice_no = '536366'"))
                .containsExactly("4,2");
    }

    @Test
    void counterSaleGetsItsCustomer() throws Exception {
        change("UPDATE invoice SET customer_id = 12583 WHERE invoice_no = '536414'");
        assertThat(ask("SELECT customer_name, country FROM invoice_line_fact WHERE line_id = 7"))
                .containsExactly("Claire Dubois,France");
    }

    /** An invoice is cancelled by a new number, which takes its lines along. */
    @Test
    void invoiceNumberChanges() throws Exception {
        change("UPDATE invoice SET invoice_no = 'C536366' WHERE invoice_no = '536366'");
        assertThat(
                        ask(
                                "SELECT line_id, is_cancelled FROM invoice_line_fact WHERE invoice_no = 'C536366' ORDER BY line_id"))
                .containsExactly("3,true", "4,true");
        assertThat(ask("SELECT count() FROM invoice_line_fact")).containsExactly("10");
    }

    @Test
    void lateDescriptionAndNewStockCode() throws Exception {
        change(
                "UPDATE stock SET description = 'RECIPE BOX' WHERE stock_code = '21777'",
                "UPDATE stock SET stock_code = '85123B' WHERE stock_code = '85123A'");
        assertThat(ask("SELECT description FROM invoice_line_fact WHERE line_id = 7"))
                .containsExactly("RECIPE BOX");
        assertThat(ask("SELECT line_id FROM invoice_line_fact WHERE stock_code = '85123B' ORDER BY line_id"))
                .containsExactly("1", "3", "4", "8");
    }

    @Test
    void customerMovesToAnotherCountry() throws Exception {
        change("UPDATE customer SET country = 'Ireland' WHERE customer_id = 17850");
        assertThat(ask("SELECT country, count() FROM invoice_line_fact GROUP BY country ORDER BY country"))
                .containsExactly("France,2", "Germany,1", "Ireland,5", "United Kingdom,1", "null,1");
    }
}
