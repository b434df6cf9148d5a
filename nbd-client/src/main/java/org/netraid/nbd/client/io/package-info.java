/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/** What a client needs from the file system: the certificates that a URI names. Shell; used by the command line tool and the daemon. */
package org.netraid.nbd.client.io;
