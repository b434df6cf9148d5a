/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One network namespace per node, on a bridge in a namespace of its own, so that no packet leaves the machine and nothing outside is
 * changed. A cut drops packets in the bridge, silently, as a broken switch does. Needs root, {@code ip} and {@code nft}.
 */
final class NetworkNamespaces implements TestHosts, AutoCloseable {

    private static final String NETWORK = "198.18.0.";

    /** Several tests of one JVM may have theirs at a time. */
    private static final AtomicInteger MADE = new AtomicInteger();

    private final String prefix = "nr" + ProcessHandle.current().pid() + "-" + MADE.incrementAndGet();
    private final List<String> nodes;

    NetworkNamespaces(List<String> nodes) {
        this.nodes = List.copyOf(nodes);
        boolean able = succeeds("ip", "netns", "add", bridge());
        if (!able) {
            System.err.println("SKIPPED: network namespaces need root and iproute2");
        }
        assumeTrue(able, "network namespaces can be made");
        boolean filters = succeeds("ip", "netns", "exec", bridge(), "nft", "list", "ruleset");
        if (!filters) {
            close();
            System.err.println("SKIPPED: cuts need nftables in the kernel and the command nft (Debian: nftables)");
        }
        assumeTrue(filters, "nft works");
        build();
    }

    private void build() {
        inBridge("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0");
        inBridge("ip", "link", "set", "br0", "up");
        inBridge("nft", "add", "table", "bridge", "rig");
        inBridge("nft", "add", "set", "bridge", "rig", "cut", "{ type ifname . ifname; }");
        inBridge("nft", "add", "chain", "bridge", "rig", "sw", "{ type filter hook forward priority 0; policy accept; }");
        inBridge("nft", "add", "rule", "bridge", "rig", "sw", "iifname . oifname @cut drop");
        for (String node : nodes) {
            must("ip", "netns", "add", namespace(node));
            must("ip", "-n", namespace(node), "link", "set", "lo", "up");
            inBridge("ip", "link", "add", port(node), "type", "veth", "peer", "name", "eth0", "netns", namespace(node));
            inBridge("ip", "link", "set", port(node), "master", "br0", "up");
            must("ip", "-n", namespace(node), "addr", "add", address(node) + "/24", "dev", "eth0");
            must("ip", "-n", namespace(node), "link", "set", "eth0", "up");
        }
    }

    @Override
    public String address(String node) {
        return NETWORK + (nodes.indexOf(node) + 1);
    }

    @Override
    public List<String> inside(String node) {
        return List.of("ip", "netns", "exec", namespace(node));
    }

    void cut(String from, String to) {
        inBridge("nft", "add", "element", "bridge", "rig", "cut", "{ " + port(from) + " . " + port(to) + " }");
    }

    void healAll() {
        inBridge("nft", "flush", "set", "bridge", "rig", "cut");
    }

    @Override
    public void close() {
        for (String node : nodes) {
            succeeds("ip", "netns", "del", namespace(node));
        }
        succeeds("ip", "netns", "del", bridge());
    }

    private String bridge() {
        return prefix + "-sw";
    }

    private String namespace(String node) {
        return prefix + "-" + node;
    }

    private String port(String node) {
        return "p" + (nodes.indexOf(node) + 1);
    }

    private void inBridge(String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", bridge()));
        all.addAll(List.of(command));
        must(all.toArray(String[]::new));
    }

    private static void must(String... command) {
        assertThat(succeeds(command)).as(String.join(" ", command)).isTrue();
    }

    private static boolean succeeds(String... command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD);
            builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, system) -> path + ":" + system);
            Process process = builder.start();
            return process.waitFor(90, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
