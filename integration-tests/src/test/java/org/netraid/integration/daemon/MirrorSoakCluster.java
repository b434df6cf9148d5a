/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.netraid.integration.nbd.ForeignServer;
import org.netraid.replicator.control.CommandResult;
import org.netraid.replicator.control.MirrorActionType;
import org.netraid.replicator.control.MirrorCommand;
import org.netraid.replicator.control.TargetState;
import org.netraid.replicator.io.ControlClient;
import org.netraid.replicator.io.ControlException;

/**
 * A source and three targets, one under each protocol: two daemons of ours, and an nbdkit behind a line that can be cut. The
 * source is never killed, so that what it holds can be followed; nor is {@link #STEADY}.
 */
final class MirrorSoakCluster implements AutoCloseable {

    static final String SOURCE = "adam";
    static final String STEADY = "eve";
    static final String KILLED = "bob";
    static final String FOREIGN = "stor";
    static final List<String> TARGETS = List.of(STEADY, KILLED, FOREIGN);

    private final Path foreignFolder;
    private final Path foreignImage;
    private final CutProxy line;
    private ForeignServer nbdkit;
    final ClusterRig rig;

    MirrorSoakCluster(Path folder, long sizeBytes) throws IOException {
        foreignFolder = Files.createDirectory(folder.resolve("foreign"));
        foreignImage = folder.resolve(FOREIGN + ".img");
        ClusterRig.makeDisk(foreignImage, sizeBytes);
        rig = new ClusterRig(folder, sizeBytes, SOURCE, STEADY, KILLED);
        // All of the heap is there from the start, so that resident memory tells of everything else.
        rig.jvmOptions("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-ea", DaemonGauge.JVM_OPTION);
        startForeign();
        line = new CutProxy(foreignPort());
        rig.addForeignTarget(FOREIGN, "nbd://127.0.0.1:" + line.port() + "/");
        rig.start(SOURCE, STEADY, KILLED);
        rig.mustAct(SOURCE, "create");
        rig.awaitInSync(SOURCE);
        for (int i = 0; i < TARGETS.size(); i++) {
            must(act(MirrorActionType.PROTOCOL, TARGETS.get(i), "CAB".substring(i, i + 1)));
        }
    }

    private void startForeign() throws IOException {
        nbdkit = ForeignServer.nbdkit(foreignFolder, false, "file", foreignImage.toString());
    }

    private int foreignPort() {
        return URI.create(nbdkit.uri()).getPort();
    }

    CutProxy line() {
        return line;
    }

    String exportUri() {
        rig.awaitStatus(SOURCE, "has an export", status -> !status.exportUri().isEmpty());
        return rig.status(SOURCE).exportUri();
    }

    CommandResult act(MirrorActionType action, String target, String... options) {
        try {
            return new ControlClient(rig.state(SOURCE).resolve("control.sock"), 60_000_000_000L).execute(
                    new MirrorCommand(ClusterRig.TAG, action, null, List.of(target), false, false, false, List.of(options)));
        } catch (ControlException e) {
            throw new AssertionError(action + " " + target + ": " + e.getMessage() + "\n" + rig.logs(), e);
        }
    }

    static void must(CommandResult result) {
        if (result.code() != org.netraid.replicator.control.ExitCode.DONE) {
            throw new AssertionError(result.toString());
        }
    }

    void restartKilled() throws IOException {
        rig.kill(KILLED);
        rig.start(KILLED);
    }

    /** An nbdkit whose connection is cut sometimes fails an assertion of its own. */
    boolean foreignHasDied() {
        return !nbdkit.isAlive();
    }

    void restartForeign() throws IOException {
        nbdkit.kill();
        startForeign();
        line.leadTo(foreignPort());
        line.cut();
    }

    /** SIGSTOP or SIGCONT. */
    void signal(String node, String name) throws IOException {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(rig.daemon(node).pid())).inheritIO().start();
            if (kill.waitFor() != 0) {
                throw new IOException("kill -" + name + " " + node + " failed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        }
    }

    boolean inSync() {
        return rig.status(SOURCE).targets().stream().allMatch(target -> target.state() == TargetState.IN_SYNC);
    }

    /** After everything has ended in order. @return the copies that differ from the source's disk */
    List<String> differing() throws IOException {
        java.util.ArrayList<String> wrong = new java.util.ArrayList<>();
        for (Path copy : List.of(rig.disk(STEADY), rig.disk(KILLED), foreignImage)) {
            long at = Files.mismatch(rig.disk(SOURCE), copy);
            if (at >= 0) {
                wrong.add(copy.getFileName() + " differs from the source's disk at byte " + at);
            }
        }
        return wrong;
    }

    @Override
    public void close() throws IOException {
        rig.close();
        nbdkit.close();
        line.close();
    }
}
