/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.decide.NodeFacts;
import org.netraid.replicator.state.Generations;
import org.netraid.replicator.state.MirrorRecord;
import org.netraid.replicator.state.Role;

/** The bodies of messages between nodes. Decoding throws {@link IllegalArgumentException} for what is not one. */
final class PeerMessages {

    /** What a node knows and does now. Sent at every change; the last one counts. */
    static final String REPORT = "report";
    /** A source wants a target's disk. */
    static final String OPEN = "open";
    /** A resync begins on the target: it is inconsistent. */
    static final String MARK_INCONSISTENT = "mark-inconsistent";
    /** The target has everything of the generation in the message. */
    static final String MARK_IN_SYNC = "mark-in-sync";
    /** The generation has changed because others are stale. */
    static final String ADOPT = "adopt";
    /** The mirror is stopped in order, and the target has everything. */
    static final String STOPPED_CLEAN = "stopped-clean";
    /** A new source asks the previous one for its dirty chunks. */
    static final String FETCH_DIRTY = "fetch-dirty";
    /** The source begins to find out what all copies have flushed: what the receiver remembers from before waits for the answer. */
    static final String REGION_MARK = "region-mark";
    /** All copies have what was before the mark, or the message says which chunks some of them lack. */
    static final String REGION_SETTLE = "region-settle";
    /** What the receiver knows of its side of a split brain. */
    static final String SPLIT_FACTS = "split-facts";
    /** The receiver's copy is given up for the sender's. Sent until that is done. */
    static final String GIVE_UP = "give-up";
    /** The receiver is to take over from the sender, who has stopped in order. */
    static final String HAND_OVER = "hand-over";
    /** A source asks how large the target's disk is now. */
    static final String DISK_SIZE = "disk-size";
    /** The sender is about to go in service, if the receiver agrees. */
    static final String CLAIM = "claim";
    /** The sender's claim has ended: it is in service, or has given up. */
    static final String RELEASE = "release";
    /** A source asks for this node's vote that the data go on in a generation. */
    static final String VOTE = "vote";
    /** An operator's command for this node. */
    static final String COMMAND = "command";

    static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES, DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

    private static final String RESULT_TARGETS = "targets";

    private PeerMessages() {
    }

    static ObjectNode object(String tag) {
        return JSON.createObjectNode().put("tag", tag);
    }

    static ObjectNode facts(String tag, Role role, MirrorRecord record) {
        ObjectNode body = object(tag).put("role", role.name());
        body.set("record", JSON.valueToTree(record));
        return body;
    }

    static JsonNode generations(Generations generations) {
        return JSON.valueToTree(generations);
    }

    static Generations generations(JsonNode body) {
        return read(body, Generations.class);
    }

    static NodeFacts facts(String node, JsonNode body) {
        return new NodeFacts(node, true, Role.valueOf(body.path("role").asText()), record(body));
    }

    static MirrorRecord record(JsonNode body) {
        return read(body.path("record"), MirrorRecord.class);
    }

    static JsonNode command(MirrorCommand command) {
        return JSON.valueToTree(command);
    }

    static MirrorCommand command(JsonNode body) {
        return read(body, MirrorCommand.class);
    }

    /** A node that is not as new knows no previews; most results have none. */
    static JsonNode result(CommandResult result) {
        ObjectNode body = JSON.valueToTree(result);
        return result.targets().isEmpty() ? body.without(RESULT_TARGETS) : body;
    }

    static CommandResult result(JsonNode body) {
        if (body.isObject() && !body.has(RESULT_TARGETS)) {
            ((ObjectNode) body).putArray(RESULT_TARGETS);
        }
        return read(body, CommandResult.class);
    }

    private static <T> T read(JsonNode body, Class<T> type) {
        try {
            T value = JSON.treeToValue(body, type);
            if (value == null) {
                throw new IllegalArgumentException("a message without its " + type.getSimpleName());
            }
            return value;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a message with a bad " + type.getSimpleName(), e);
        }
    }
}
