/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The NBD server on real links. Shell: ties {@link org.netraid.nbd.server.NbdService} to a listening socket and to the
 * log; decides nothing. Used by the command {@code nbd-server} and by the replicator's daemon.
 */
package org.netraid.nbd.server.io;
