/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Small durable files: flags, generations, mirror records. Pure; the real folder is in
 * {@code org.netraid.store.io}, the simulated one in this module's test-jar.
 */
package org.netraid.store;
