/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.netraid.replicator.control.VerifyStatus;
import org.netraid.store.StateFolder;
import org.netraid.store.StateFolderException;

/** The last verify of each target, kept in {@code <tag>_verify} as JSON: a schedule and a report must outlive the daemon. */
final class VerifyReports {

    private final StateFolder folder;
    private final String file;
    private final TreeMap<String, VerifyStatus> last = new TreeMap<>();
    private final TreeMap<String, Long> sinceMillis = new TreeMap<>();
    private String problem = "";

    VerifyReports(StateFolder folder, String tag) {
        this.folder = folder;
        this.file = tag + "_verify";
        try {
            folder.read(file).ifPresent(bytes -> read(new String(bytes, StandardCharsets.UTF_8)));
        } catch (StateFolderException e) {
            problem = e.getMessage();
        }
    }

    private void read(String json) {
        try {
            JsonNode tree = PeerMessages.JSON.readTree(json);
            for (JsonNode report : tree.path("last")) {
                VerifyStatus status = PeerMessages.JSON.treeToValue(report, VerifyStatus.class);
                last.put(status.node(), status);
            }
            for (Map.Entry<String, JsonNode> entry : tree.path("since").properties()) {
                sinceMillis.put(entry.getKey(), entry.getValue().asLong());
            }
        } catch (JsonProcessingException | IllegalArgumentException | NullPointerException e) {
            last.clear();
            sinceMillis.clear();
            problem = "the file " + folder.name() + "/" + file + " is damaged; when the targets were last verified is not known any more";
        }
    }

    /** What was wrong with the file; "" if nothing. */
    String problem() {
        return problem;
    }

    VerifyStatus last(String node) {
        return last.getOrDefault(node, VerifyStatus.never(node, 0));
    }

    void put(VerifyStatus report) {
        last.put(report.node(), report);
        write();
    }

    /**
     * From when on the time to the next verify counts: the start of the last complete one, or when the target was first heard of.
     *
     * @param nowMillis also the answer if the clock has been set back since
     */
    long countsFromMillis(String node, long nowMillis) {
        VerifyStatus report = last(node);
        long from = Math.max(report.state().equals(VerifyStatus.DONE) ? report.startedMillis() : 0, sinceMillis.getOrDefault(node, 0L));
        if (from == 0 || from > nowMillis) {
            sinceMillis.put(node, nowMillis);
            last.computeIfPresent(node, (key, old) -> old.startedMillis() > nowMillis ? VerifyStatus.never(node, 0) : old);
            try {
                write();
            } catch (StateFolderException e) {
                // known in this life only; whatever else needs the folder says so aloud
                problem = e.getMessage();
            }
            return nowMillis;
        }
        return from;
    }

    private void write() {
        ObjectNode tree = PeerMessages.JSON.createObjectNode();
        ObjectNode since = tree.putObject("since");
        sinceMillis.forEach(since::put);
        last.values().forEach(tree.withArray("last")::addPOJO);
        folder.write(file, tree.toPrettyString().getBytes(StandardCharsets.UTF_8));
    }
}
