package dev.olapsync.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintWriter;
import java.io.Writer;
import picocli.CommandLine.Option;

/** The option to print one JSON document instead of lines for people. */
final class JsonOutput {

    @Option(names = "--json", description = "print one JSON document, for programs")
    private boolean wanted;

    boolean wanted() {
        return wanted;
    }

    /** Discards the lines for people, which must not be beside the document. */
    static PrintWriter nowhere() {
        return new PrintWriter(Writer.nullWriter());
    }

    static void print(PrintWriter out, Object document) throws JsonProcessingException {
        // made here, because most commands print none, and it takes a tenth of a second
        ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        out.println(json.writeValueAsString(document));
        out.flush();
    }
}
