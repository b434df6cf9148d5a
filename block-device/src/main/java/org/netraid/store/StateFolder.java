/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.store;

import java.util.List;
import java.util.Optional;

/**
 * A flat folder of small files, each replaced as a whole: write a temporary file, fsync it, rename, fsync the
 * folder. After a crash a file holds either its old or its new content.
 *
 * <p>Synchronous on purpose: it is used at changes of state (a role, a flag, a generation), never per write, and the
 * caller's next step may rest on it. Call it on the owner's loop.
 */
public interface StateFolder {

    /** Largest file read or written. */
    int MAX_FILE_BYTES = 1 << 20;

    /** The folder's path, for messages. */
    String name();

    /** Content, or empty if there is no such file. */
    Optional<byte[]> read(String fileName);

    /** Replaces the file; durable on return. */
    void write(String fileName, byte[] content);

    /** Removes the file if it is there; durable on return. */
    void delete(String fileName);

    /** Names in alphabetical order, temporary files left out. */
    List<String> list();
}
