package dev.olapsync.status;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** An answer over HTTP. */
record Reply(int code, String type, byte[] body) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static Reply text(int code, String text) {
        return text(code, "text/plain", text);
    }

    static Reply text(int code, String type, String text) {
        return new Reply(code, type + "; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    static Reply html(byte[] page) {
        return new Reply(200, "text/html; charset=utf-8", page);
    }

    static Reply json(int code, String json) {
        return new Reply(code, "application/json", json.getBytes(StandardCharsets.UTF_8));
    }

    static Reply of(Object value) throws JsonProcessingException {
        return json(200, JSON.writeValueAsString(value));
    }

    static Reply error(int code, String message) throws JsonProcessingException {
        return json(code, JSON.writeValueAsString(Map.of("error", message)));
    }
}
