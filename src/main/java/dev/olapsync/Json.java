package dev.olapsync;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Reads rows. */
public final class Json {

    private Json() {
    }

    /** A mapper that reads strings of any length, as a row can have them; Jackson refuses those beyond 20 million characters. */
    public static ObjectMapper ofRows() {
        ObjectMapper mapper = new ObjectMapper();
        mapper.getFactory().setStreamReadConstraints(StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build());
        return mapper;
    }
}
