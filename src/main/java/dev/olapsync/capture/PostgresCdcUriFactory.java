package dev.olapsync.capture;

import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.component.debezium.postgres.DebeziumPostgresEndpointUriFactory;

/** Camel's DSLs and tools make a URI with it when the name stands among the options, as Kaoto saves it. */
public class PostgresCdcUriFactory extends DebeziumPostgresEndpointUriFactory {

    @Override
    public boolean isEnabled(String scheme) {
        return PostgresCdcComponent.SCHEME.equals(scheme);
    }

    @Override
    public String buildUri(String scheme, Map<String, Object> parameters, boolean encode) throws URISyntaxException {
        Map<String, Object> named = new HashMap<>(parameters);
        named.putIfAbsent("name", PostgresCdcComponent.DEFAULT_NAME);
        return super.buildUri(scheme, named, encode);
    }
}
