package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NodeTest {

    @Test
    void namesCanHaveAllThatHasAMeaningElsewhere() {
        Node alias = (Node) Node.parse("{ALIAS :aliasname x,\\{\\}[] :colnames (\"a[]\" \"b {\")}");
        assertThat(alias.text("aliasname")).isEqualTo("x,{}[]");
        assertThat(alias.list("colnames")).isEqualTo(List.of("a[]", "b {"));
        assertThat(((Node) Node.parse("{ALIAS :aliasname [ :colnames <>}")).text("aliasname"))
                .isEqualTo("[");
        assertThat(((Node) Node.parse("{ALIAS :aliasname [a] :colnames <>}")).text("aliasname"))
                .isEqualTo("[a]");
    }

    @Test
    void aConstantIsItsBytes() {
        Node constant = (Node) Node.parse("{CONST :constisnull false :constvalue 4 [ 5 0 -1 0 ] :location 7}");
        assertThat(constant.list("constvalue")).isEqualTo(List.of("5", "0", "-1", "0"));
        assertThat(constant.integer("location")).isEqualTo(7);
    }
}
