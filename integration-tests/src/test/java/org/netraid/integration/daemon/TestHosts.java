/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import java.util.List;

/** Where the nodes of a test run. */
interface TestHosts {

    /** All on this host. */
    TestHosts LOOPBACK = new TestHosts() {
        @Override
        public String address(String node) {
            return "127.0.0.1";
        }

        @Override
        public List<String> inside(String node) {
            return List.of();
        }
    };

    /** The node's IPv4 address. */
    String address(String node);

    /** What to put before a command that shall run there. */
    List<String> inside(String node);
}
