/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records to JSON and back: a component is a field of the same name, an enum its constant's name, a list an array. Reading ignores
 * unknown fields and gives missing ones their type's default, so that a command and a daemon of different versions understand each
 * other. Streaming only: the commands start fast, and start-up of a data-binding library is what they would spend most of it on.
 */
public final class RecordJson {

    private static final JsonFactory FACTORY = new JsonFactory();
    private static final int MAX_DEPTH = 16;
    /** The JVM makes them anew each time it is asked. */
    private static final ClassValue<RecordComponent[]> COMPONENTS = new ClassValue<>() {
        @Override
        protected RecordComponent[] computeValue(Class<?> type) {
            return type.getRecordComponents();
        }
    };

    private RecordJson() {
    }

    public static String write(Object value) {
        return write(value, false);
    }

    /** @param pretty with line breaks and indentation, for people */
    public static String write(Object value, boolean pretty) {
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = FACTORY.createGenerator(text)) {
            if (pretty) {
                generator.setPrettyPrinter(new DefaultPrettyPrinter());
            }
            writeValue(generator, value);
        } catch (IOException | ReflectiveOperationException e) {
            throw new IllegalStateException("cannot write " + value.getClass().getName() + " as JSON", e);
        }
        return text.toString();
    }

    /**
     * @throws IllegalArgumentException if the text is not JSON or does not fit the record; the message says what and where
     */
    public static <T extends Record> T read(String json, Class<T> type) {
        try (JsonParser parser = FACTORY.createParser(json)) {
            parser.nextToken();
            Object tree = readTree(parser, 0);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("not JSON: something follows the object");
            }
            return type.cast(fit(tree, type, type.getSimpleName()));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("not JSON: " + e.getMessage(), e);
        }
    }

    private static void writeValue(JsonGenerator generator, Object value) throws IOException, ReflectiveOperationException {
        if (value instanceof Record) {
            generator.writeStartObject();
            for (RecordComponent component : COMPONENTS.get(value.getClass())) {
                generator.writeFieldName(component.getName());
                writeValue(generator, component.getAccessor().invoke(value));
            }
            generator.writeEndObject();
        } else if (value instanceof Iterable<?> list) {
            generator.writeStartArray();
            for (Object element : list) {
                writeValue(generator, element);
            }
            generator.writeEndArray();
        } else if (value instanceof Enum<?> constant) {
            generator.writeString(constant.name());
        } else if (value instanceof Boolean flag) {
            generator.writeBoolean(flag);
        } else if (value instanceof Double || value instanceof Float) {
            generator.writeNumber(((Number) value).doubleValue());
        } else if (value instanceof Number number) {
            generator.writeNumber(number.longValue());
        } else if (value == null) {
            generator.writeNull();
        } else {
            generator.writeString(value.toString());
        }
    }

    private static Object readTree(JsonParser parser, int depth) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == null || depth > MAX_DEPTH) {
            throw new IllegalArgumentException(token == null ? "not JSON: it is empty or ends too early" : "JSON nested too deep");
        }
        switch (token) {
            case START_OBJECT -> {
                Map<String, Object> object = new LinkedHashMap<>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    object.put(name, readTree(parser, depth + 1));
                }
                return object;
            }
            case START_ARRAY -> {
                List<Object> array = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(readTree(parser, depth + 1));
                }
                return array;
            }
            case VALUE_STRING -> {
                return parser.getText();
            }
            case VALUE_NUMBER_INT -> {
                return parser.getLongValue();
            }
            case VALUE_NUMBER_FLOAT -> {
                return parser.getDoubleValue();
            }
            case VALUE_TRUE, VALUE_FALSE -> {
                return parser.getBooleanValue();
            }
            default -> {
                return null;
            }
        }
    }

    private static Object fit(Object tree, Type type, String where) {
        if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
            if (tree != null && !(tree instanceof List)) {
                throw new IllegalArgumentException(where + " must be an array");
            }
            List<Object> elements = new ArrayList<>();
            for (Object element : tree == null ? List.of() : (List<?>) tree) {
                elements.add(fit(element, list.getActualTypeArguments()[0], where + "[" + elements.size() + "]"));
            }
            return elements;
        }
        Class<?> wanted = (Class<?>) type;
        if (wanted.isRecord()) {
            return fitRecord(tree, wanted, where);
        }
        if (wanted == boolean.class) {
            return tree == null ? Boolean.FALSE : checked(tree instanceof Boolean, tree, where, "true or false");
        }
        if (wanted == long.class || wanted == int.class) {
            long number = tree == null ? 0 : (Long) checked(tree instanceof Long, tree, where, "a whole number");
            if (wanted == long.class) {
                return number;
            }
            checked(number == (int) number, tree, where, "a smaller number");
            return (int) number;
        }
        if (wanted == double.class) {
            return tree == null ? 0.0 : ((Number) checked(tree instanceof Number, tree, where, "a number")).doubleValue();
        }
        if (wanted.isEnum()) {
            return fitEnum(tree, wanted, where);
        }
        return tree == null ? null : checked(tree instanceof String, tree, where, "a text");
    }

    private static Object checked(boolean fits, Object tree, String where, String wanted) {
        if (!fits) {
            throw new IllegalArgumentException(where + " must be " + wanted);
        }
        return tree;
    }

    private static Object fitEnum(Object tree, Class<?> wanted, String where) {
        if (tree == null) {
            return null;
        }
        for (Object constant : wanted.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(tree)) {
                return constant;
            }
        }
        throw new IllegalArgumentException(where + " must be one of " + List.of(wanted.getEnumConstants()));
    }

    private static Object fitRecord(Object tree, Class<?> wanted, String where) {
        if (tree == null && where.contains(".")) {
            return null; // an older daemon does not know the field
        }
        if (!(tree instanceof Map<?, ?> object)) {
            throw new IllegalArgumentException(where + " must be an object");
        }
        RecordComponent[] components = COMPONENTS.get(wanted);
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = fit(object.get(components[i].getName()), components[i].getGenericType(), where + "." + components[i].getName());
        }
        try {
            Constructor<?> constructor = wanted.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException(where + ": " + e.getCause().getMessage(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make a " + wanted.getName(), e);
        }
    }
}
