/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What the asynchronous targets of one mirror have still to get, on disk, in order: the SPI and the record format.
 *
 * <p>A journal is order and room, never truth: which chunks a target may lack is in the intent log, whatever happens to the journal.
 *
 * <p>Pure. Called by the mirror on its loop; a real journal is in a package named {@code io} of the replicator, a simulated one among the
 * tests. See {@code docs/architecture.md}, "The journal".
 */
package org.netraid.journal;
