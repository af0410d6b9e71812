package dev.olapsync.routes;

import jakarta.xml.bind.annotation.XmlAttribute;
import jakarta.xml.bind.annotation.XmlElement;
import jakarta.xml.bind.annotation.XmlElementRef;
import jakarta.xml.bind.annotation.XmlElements;
import jakarta.xml.bind.annotation.XmlValue;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.ExpressionClause;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.BeanFactoryDefinition;
import org.apache.camel.model.ChoiceDefinition;
import org.apache.camel.model.FromDefinition;
import org.apache.camel.model.Model;
import org.apache.camel.model.OutputNode;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SendDefinition;
import org.apache.camel.model.TryDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.spi.Metadata;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.util.StringHelper;
import org.apache.camel.util.URISupport;

/**
 * What routes and beans say, whichever language they are written in: a sorted list of lines
 * {@code route / step / option = value}. What is not written and what is written as Camel's default are the same.
 */
public final class RouteModel {

    private final Map<String, String> lines = new TreeMap<>();

    private RouteModel() {}

    /** @param yaml the text of a file of routes */
    public static RouteModel ofYaml(String yaml) throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            return of(
                    context,
                    PluginHelper.getRoutesLoader(context)
                            .findRoutesBuilders(ResourceHelper.fromString("routes.camel.yaml", yaml)));
        }
    }

    static RouteModel ofJava(RoutesBuilder routes) throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            return of(context, List.of(routes));
        }
    }

    private static RouteModel of(CamelContext context, Collection<RoutesBuilder> builders) throws Exception {
        // The routes are looked at and never run.
        context.setAutoStartup(false);
        for (RoutesBuilder builder : builders) {
            builder.addRoutesToCamelContext(context);
        }
        RouteModel model = new RouteModel();
        Model definitions = context.getCamelContextExtension().getContextPlugin(Model.class);
        for (BeanFactoryDefinition<?> bean : definitions.getCustomBeans()) {
            model.add("bean " + bean.getName() + " / type", bean.getType());
            Map<String, Object> properties = bean.getProperties() == null ? Map.of() : bean.getProperties();
            properties.forEach((name, value) -> model.add("bean " + bean.getName() + " / " + name, value));
        }
        for (RouteDefinition route : definitions.getRouteDefinitions()) {
            String id = "route " + route.getRouteId();
            model.options(id, route);
            model.step(id + " / from", route.getInput());
            model.steps(id, route.getOutputs());
            model.errorHandler(id + " / errorHandler", route.getErrorHandlerFactory());
        }
        return model;
    }

    /** {@code line: value here, value there} for each line in which the two differ; empty when they are twins. */
    public static List<String> differences(RouteModel yaml, RouteModel java) {
        Map<String, String> all = new TreeMap<>(yaml.lines);
        java.lines.forEach(all::putIfAbsent);
        return all.keySet().stream()
                .filter(line -> !yaml.lastReport(line).equals(java.lastReport(line)))
                .map(line -> line + ": YAML " + yaml.lastReport(line) + ", Java " + java.lastReport(line))
                .toList();
    }

    private String lastReport(String line) {
        return lines.getOrDefault(line, "has nothing");
    }

    private void add(String line, Object value) {
        lines.put(line, "'" + plain(value) + "'");
    }

    /** 2 and 2.0 are the same. */
    private static String plain(Object value) {
        String text = String.valueOf(value);
        return text.matches("-?\\d+\\.\\d+")
                ? new BigDecimal(text).stripTrailingZeros().toPlainString()
                : text;
    }

    private void steps(String parent, List<ProcessorDefinition<?>> steps) throws ReflectiveOperationException {
        for (int i = 0; i < steps.size(); i++) {
            ProcessorDefinition<?> step = steps.get(i);
            // A step without an id is known by its place; one with an id has a place.
            String id = parent + " / "
                    + (step.hasCustomIdAssigned() ? step.getId() : step.getShortName() + " no. " + (i + 1));
            add(id + " / place", i + 1);
            step(id, step);
            steps(id, inside(step));
        }
    }

    /** Java lists the clauses of a try with its steps, YAML beside them; a choice has its steps in its branches. */
    private static List<ProcessorDefinition<?>> inside(ProcessorDefinition<?> step) {
        if (step instanceof ChoiceDefinition) {
            return List.of();
        }
        List<ProcessorDefinition<?>> steps = new ArrayList<>(step.getOutputs());
        if (step instanceof TryDefinition attempt) {
            attempt.getCatchClauses().stream()
                    .filter(clause -> !steps.contains(clause))
                    .forEach(steps::add);
            if (attempt.getFinallyClause() != null && !steps.contains(attempt.getFinallyClause())) {
                steps.add(attempt.getFinallyClause());
            }
        }
        return steps;
    }

    private void step(String id, Object step) throws ReflectiveOperationException {
        add(id + " / kind", step.getClass().getSimpleName());
        options(id, step);
        if (step instanceof FromDefinition from) {
            endpoint(id, from.getUri());
        } else if (step instanceof SendDefinition<?> to) {
            endpoint(id, to.getUri());
        }
    }

    private void errorHandler(String id, Object handler) throws ReflectiveOperationException {
        add(id, handler.getClass().getSimpleName().replace("Builder", "Definition"));
        options(id, handler);
    }

    private void endpoint(String id, String uri) {
        String decoded = uri.contains("?") ? StringHelper.before(uri, "?") : uri;
        add(id + " / uri", decoded.replace("%5C", "\\"));
        try {
            if (uri.contains("?")) {
                URISupport.parseQuery(StringHelper.after(uri, "?"), true)
                        .forEach((option, value) -> add(id + " / " + option, value));
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(uri, e);
        }
    }

    /** All that the model declares of itself, apart from the steps inside. */
    private void options(String id, Object node) throws ReflectiveOperationException {
        if (node instanceof OutputNode branch && !(node instanceof ProcessorDefinition)) {
            steps(id, branch.getOutputs());
        }
        for (Map.Entry<String, Object> option : declared(node).entrySet()) {
            Object value = option.getValue();
            // An expression in Java that is still being written down.
            if (value instanceof ExpressionDefinition written
                    && written.getExpressionValue() instanceof ExpressionClause<?> clause) {
                value = clause.getExpressionType();
            }
            if (value instanceof ExpressionDefinition expression) {
                add(id + " / " + option.getKey(), expression.getLanguage() + ": " + expression.getExpression());
                options(id + " / " + option.getKey(), expression);
            } else if (value instanceof String
                    || value instanceof Number
                    || value instanceof Boolean
                    || value instanceof Enum) {
                add(id + " / " + option.getKey(), value);
            } else if (value instanceof Collection<?> values) {
                int place = 0;
                for (Object each : values) {
                    if (!(each instanceof ProcessorDefinition)) {
                        String line = id + " / " + option.getKey() + " no. " + ++place;
                        if (each instanceof String) {
                            add(line, each);
                        } else {
                            options(line, each);
                        }
                    }
                }
            } else if (!(value instanceof ProcessorDefinition) && !(value instanceof FromDefinition)) {
                options(id + " / " + option.getKey(), value);
            }
        }
    }

    private static Map<String, Object> declared(Object node) throws ReflectiveOperationException {
        Map<String, Object> declared = new LinkedHashMap<>();
        for (Class<?> type = node.getClass(); type != null && type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (isDeclared(field) && !field.getName().equals("uri")) {
                    field.setAccessible(true);
                    put(declared, field.getName(), field.get(node), field);
                }
            }
            for (Method setter : type.getDeclaredMethods()) {
                if (setter.getName().startsWith("set") && setter.getParameterCount() == 1 && isDeclared(setter)) {
                    String name = StringHelper.decapitalize(setter.getName().substring(3));
                    put(
                            declared,
                            name,
                            type.getMethod("get" + setter.getName().substring(3))
                                    .invoke(node),
                            setter);
                }
            }
        }
        return declared;
    }

    private static boolean isDeclared(AnnotatedElement member) {
        return member.isAnnotationPresent(XmlAttribute.class)
                || member.isAnnotationPresent(XmlElement.class)
                || member.isAnnotationPresent(XmlElementRef.class)
                || member.isAnnotationPresent(XmlElements.class)
                || member.isAnnotationPresent(XmlValue.class);
    }

    private static void put(Map<String, Object> declared, String name, Object value, AnnotatedElement member) {
        Metadata metadata = member.getAnnotation(Metadata.class);
        boolean byDefault = value == null
                || metadata != null && plain(value).equals(plain(metadata.defaultValue()))
                || metadata != null
                        && metadata.javaType().equals("java.lang.Boolean")
                        && metadata.defaultValue().isEmpty()
                        && String.valueOf(value).equals("false");
        if (!byDefault
                && !List.of("customId", "errorHandler", "language", "expression", "errorHandlerRef")
                        .contains(name)) {
            declared.put(name, value);
        } else if (value instanceof ExpressionDefinition) {
            declared.put(name, value);
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        lines.forEach(
                (line, value) -> text.append(line).append(" = ").append(value).append('\n'));
        return text.toString();
    }
}
