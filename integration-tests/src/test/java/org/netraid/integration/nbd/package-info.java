/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * NetRAID's NBD server and client against other people's clients and servers, over real sockets. A program that is not
 * installed skips its tests, with a line that says so; {@code bin/test} installs what is needed.
 */
package org.netraid.integration.nbd;
