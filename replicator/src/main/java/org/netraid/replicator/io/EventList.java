/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.io;

import java.util.List;
import org.netraid.replicator.control.MirrorEvent;

/** Body of the answer to {@code GET /v1/events}. */
public record EventList(List<MirrorEvent> events) {
}
