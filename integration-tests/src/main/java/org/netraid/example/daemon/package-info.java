/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * A complete cluster daemon that embeds the engine, as small as it can be. Shell. Read {@code docs/embedding.md} with it.
 *
 * <p>Uses nothing but the stable packages of {@code org.netraid:replicator}.
 */
package org.netraid.example.daemon;
