/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The bytes of the NBD protocol: numbers, headers, option data, strings, URIs. Nothing here decides anything; the
 * server's session and the client's session do.
 *
 * <p>Pure. ByteBuffers in and out, always big-endian (a buffer of the other order is a programming error and is not
 * checked). Decoders never read outside the buffer's position and limit, check every length before they use it and throw
 * {@link org.netraid.nbd.wire.NbdFormatException} for what breaks the format; the fixed-size headers of the data path
 * return values instead and allocate nothing.
 *
 * <p>Source: the NBD protocol document ({@code doc/proto.md}, {@code doc/uri.md} of NetworkBlockDevice/nbd).
 */
package org.netraid.nbd.wire;
