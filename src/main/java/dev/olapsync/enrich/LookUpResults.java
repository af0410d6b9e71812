package dev.olapsync.enrich;

import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;

/** The joint results of all look-ups of a batch. */
public class LookUpResults implements AggregationStrategy {

    @Override
    public Exchange aggregate(Exchange soFar, Exchange part) {
        if (soFar == null) {
            return part;
        }
        soFar.getMessage().getBody(LookUpResult.class).addAll(part.getMessage().getBody(LookUpResult.class));
        return soFar;
    }
}
