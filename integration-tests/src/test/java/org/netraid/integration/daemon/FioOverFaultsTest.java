/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.netraid.integration.nbd.ForeignServer;
import org.netraid.replicator.control.TargetState;

/**
 * fio writes and verifies through a mirror with a target under each protocol while these stand still, die, give errors and answer late: fio
 * hears of nothing, and all copies are equal in the end. In one test C is a daemon, A and B are nbdkit with its error, delay and rate
 * filters; in the other all are daemons on a network that loses the packets of one direction.
 */
@Tag("slow")
class FioOverFaultsTest {

    private static final long SIZE = 16 << 20;
    private static final String SOURCE = "adam";
    private static final String C = "eve";
    private static final String B = "bob";
    private static final String A = "ann";

    @TempDir
    private Path folder;

    @Test
    void shouldVerifyAllThatFioWroteWhileTargetsOfEachProtocolFail() throws Exception {
        ForeignServer.installed("fio");
        Path errors = folder.resolve("errors");
        String[] troubled = {"error=EIO", "error-rate=20%", "error-file=" + errors, "wdelay=2ms", "rdelay=1ms"};
        try (ForeignServer bob = foreign(B, List.of("--filter=error", "--filter=delay"), troubled);
                ForeignServer ann = foreign(A, List.of("--filter=rate"), "rate=160M");
                CutProxy line = new CutProxy(URI.create(ann.uri()).getPort());
                ClusterRig rig = new ClusterRig(folder, SIZE, SOURCE, C)) {
            rig.addForeignTarget(B, bob.uri());
            rig.addForeignTarget(A, "nbd://127.0.0.1:" + line.port() + "/");
            rig.start(SOURCE, C);
            rig.mustAct(SOURCE, "create");
            rig.awaitInSync(SOURCE);
            rig.mustAct(SOURCE, "protocol", "B", "--target", B);
            rig.mustAct(SOURCE, "protocol", "A", "--target", A);

            fioWhile(rig, () -> troubles(rig, errors, line));
        }
    }

    /** Four daemons on hosts of their own. */
    @Test
    void shouldVerifyAllThatFioWroteWhilePacketsOfOneDirectionAreLostAndTargetsAreKilled() throws Exception {
        ForeignServer.installed("fio");
        try (NetworkNamespaces network = new NetworkNamespaces(List.of(SOURCE, C, B, A));
                ClusterRig rig = new ClusterRig(folder, SIZE, network, SOURCE, C, B, A)) {
            rig.start(SOURCE, C, B, A);
            rig.mustAct(SOURCE, "create");
            rig.awaitInSync(SOURCE);
            rig.mustAct(SOURCE, "protocol", "B", "--target", B);
            rig.mustAct(SOURCE, "protocol", "A", "--target", A);
            fioWhile(rig, () -> {
                for (String target : List.of(C, B, A)) {
                    loseOneWay(rig, network, target, SOURCE, target);
                    loseOneWay(rig, network, target, target, SOURCE);
                    killAndStart(rig, target);
                }
            });
        }
    }

    private static void loseOneWay(ClusterRig rig, NetworkNamespaces network, String target, String from, String to) {
        network.cut(from, to);
        awaitLost(rig, target);
        network.healAll();
        rig.awaitInSync(SOURCE);
    }

    private static void killAndStart(ClusterRig rig, String target) {
        try {
            rig.kill(target);
            awaitLost(rig, target);
            rig.start(target);
            rig.awaitInSync(SOURCE);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** fio writes and verifies until the troubles are over; then all copies must be equal. */
    private static void fioWhile(ClusterRig rig, FioLoad.Troubles troubles) throws Exception {
        new FioLoad(rig, SIZE).during(SOURCE, troubles);

        rig.awaitInSync(SOURCE);
        rig.mustAct(SOURCE, "stop");
        for (String copy : new String[] {C, B, A}) {
            assertThat(rig.disk(copy)).hasSameBinaryContentAs(rig.disk(SOURCE));
        }
    }

    private ForeignServer foreign(String name, List<String> filters, String... settings) throws IOException {
        Path image = folder.resolve(name + ".img");
        ClusterRig.makeDisk(image, SIZE);
        List<String> arguments = new ArrayList<>(filters);
        arguments.addAll(List.of("file", image.toString()));
        arguments.addAll(List.of(settings));
        return ForeignServer.nbdkit(Files.createDirectory(folder.resolve("server-" + name)), false, arguments.toArray(String[]::new));
    }

    /** One after the other, each until it has been noticed and then until it is over. */
    private static void troubles(ClusterRig rig, Path errors, CutProxy line) {
        try {
            long pid = rig.daemon(C).pid();
            signal(pid, "STOP");
            awaitLost(rig, C);
            signal(pid, "CONT");
            rig.awaitInSync(SOURCE);

            Files.createFile(errors);
            awaitLost(rig, B);
            line.stand(true);
            rig.kill(C);
            awaitLost(rig, C);
            awaitLost(rig, A);
            line.stand(false);
            Files.delete(errors);
            rig.start(C);
            rig.awaitInSync(SOURCE);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitLost(ClusterRig rig, String target) {
        rig.await(target + " is lost", () -> rig.target(SOURCE, target).state() != TargetState.IN_SYNC);
    }

    private static void signal(long pid, String name) {
        try {
            assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor()).isZero();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
