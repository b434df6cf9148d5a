/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The state folder on a real file system. Shell: owns one folder, its lock and its fsyncs. Opened by the daemon, used
 * through {@link org.netraid.store.StateFolder} on the owner's loop. See {@code docs/on-disk-format.md}, "State folder".
 */
package org.netraid.store.io;
