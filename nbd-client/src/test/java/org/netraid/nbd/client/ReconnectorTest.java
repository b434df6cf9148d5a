/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockError;

class ReconnectorTest implements NbdConnectionListener {

    private static final long MS = ClientRig.MS;

    private final ClientRig rig = new ClientRig(1, 1 << 20);
    private final List<NbdClientDevice> devices = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private int disconnects;
    private int names;

    private Reconnector start() {
        NbdConnector connector = new NbdConnector(rig.clientLinks, rig.clientLoop, rig.config);
        Reconnector reconnector = new Reconnector(connector, rig.clientLoop,
                () -> new NbdTarget(FakeServer.ADDRESS, "once-" + names++),
                new BackOff(10 * MS, 100 * MS, bound -> 0), this);
        reconnector.start();
        rig.runFor(5);
        return reconnector;
    }

    @Override
    public void onConnected(NbdClientDevice device) {
        devices.add(device);
    }

    @Override
    public void onConnectFailed(String reason) {
        failures.add(reason);
    }

    @Override
    public void onDisconnected(String reason) {
        disconnects++;
    }

    @Test
    void shouldDialAgainWithANewNameAndReplayNothing() {
        Reconnector reconnector = start();
        rig.server.onCommand = held -> { };
        ClientRig.Tracked write = rig.request().write(0, new byte[512], 0).submitTo(devices.get(0));
        rig.runFor(5);
        rig.network.resetAll("client", "server");
        rig.runFor(100);
        assertThat(write.error).isEqualTo(BlockError.EIO);
        assertThat(devices).hasSize(2);
        assertThat(devices.get(1).target().exportName()).isEqualTo("once-1");
        assertThat(reconnector.device()).isSameAs(devices.get(1));
        assertThat(rig.server.commands).as("nothing was replayed").hasSize(1);
        ClientRig.Tracked late = rig.request().write(0, new byte[512], 0).submitTo(devices.get(0));
        rig.runFor(5);
        assertThat(late.error).as("the old device stays dead").isEqualTo(BlockError.EIO);
        reconnector.stop();
        rig.runFor(1000);
        assertThat(disconnects).isEqualTo(2);
        assertThat(devices).hasSize(2);
    }

    @Test
    void shouldRefuseAnExportThatComesBackWithAnotherSize() {
        Reconnector reconnector = start();
        rig.server.disk = new byte[1 << 21];
        rig.network.resetAll("client", "server");
        rig.runFor(200);
        assertThat(devices).hasSize(1);
        assertThat(failures).isNotEmpty().allMatch(reason -> reason.contains("2097152 bytes now, expected 1048576"));
        rig.server.disk = new byte[1 << 20];
        rig.runFor(300);
        assertThat(devices).hasSize(2);
        reconnector.stop();
    }

    @Test
    void shouldDialLessAndLessOftenAndStopWhenTold() {
        rig.network.kill("server");
        rig.config = rig.config.withConnectTimeoutNs(MS);
        Reconnector reconnector = start();
        rig.runFor(1000);
        assertThat(failures).as("after 10, 20, 40, 80, then every 100 ms").hasSizeBetween(11, 15);
        reconnector.stop();
        int before = failures.size();
        rig.runFor(1000);
        assertThat(failures).hasSize(before);
        assertThat(rig.scheduler.isIdle()).isTrue();
    }

    @Test
    void shouldShortenEachWaitAtRandomByUpToAHalf() {
        BackOff low = new BackOff(100, 1000, bound -> bound - 1);
        assertThat(low.nextDelayNs()).isEqualTo(51);
        assertThat(low.nextDelayNs()).isEqualTo(101);
        BackOff high = new BackOff(100, 350, bound -> 0);
        assertThat(List.of(high.nextDelayNs(), high.nextDelayNs(), high.nextDelayNs(), high.nextDelayNs()))
                .containsExactly(100L, 200L, 350L, 350L);
        high.reset();
        assertThat(high.nextDelayNs()).isEqualTo(100);
    }
}
