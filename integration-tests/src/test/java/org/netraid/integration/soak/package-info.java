/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * {@code bin/soak}: millions of mixed requests against a server process whose clients are killed and come back, every byte that is
 * read compared with a model, and at the end nothing left behind: memory, file descriptors, payload buffers.
 *
 * <pre>
 *   SoakMain ── SoakRun ── server process
 *                  ├─ SoakConnection × N, in this process, cut at random ──┐
 *                  └─ SoakMain --worker, a process, killed at random       ├── SoakModel: what each block may hold
 * </pre>
 */
package org.netraid.integration.soak;
