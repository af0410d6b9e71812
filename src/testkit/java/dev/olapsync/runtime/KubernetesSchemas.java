package dev.olapsync.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** The resources of Kubernetes itself, checked strictly: an unknown field is a problem, as it is for kubectl --validate=strict. */
final class KubernetesSchemas {

    private interface Schema {
        void validate(JsonElement resource) throws IOException;
    }

    private static final Map<String, Schema> SCHEMAS = Map.of(
            "v1 ConfigMap", V1ConfigMap::validateJsonElement,
            "v1 Namespace", V1Namespace::validateJsonElement,
            "v1 Secret", V1Secret::validateJsonElement,
            "v1 Service", V1Service::validateJsonElement,
            "v1 ServiceAccount", V1ServiceAccount::validateJsonElement,
            "apps/v1 Deployment", V1Deployment::validateJsonElement,
            "networking.k8s.io/v1 NetworkPolicy", V1NetworkPolicy::validateJsonElement,
            "policy/v1 PodDisruptionBudget", V1PodDisruptionBudget::validateJsonElement);

    private KubernetesSchemas() {}

    /** The first problem; empty when there is none. */
    static List<String> problems(JsonNode resource) throws IOException {
        String type =
                resource.get("apiVersion").asText() + " " + resource.get("kind").asText();
        Schema schema = SCHEMAS.get(type);
        if (schema == null) {
            return List.of("no schema of " + type);
        }
        try {
            schema.validate(JsonParser.parseString(resource.toString()));
            return List.of();
        } catch (IllegalArgumentException e) {
            return List.of(e.getMessage());
        }
    }
}
