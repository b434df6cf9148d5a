/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.link.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectOutputTest {

    @TempDir
    Path folder;

    /** The number of a closed descriptor is given to the next one that is opened, such as another client's connection. */
    @Test
    void shouldSendNothingWhenItsSocketWasClosedBetweenTheWriteAndTheFlush() throws Exception {
        assumeTrue(Epoll.isAvailable(), "epoll");
        List<String> released = new ArrayList<>();
        Socket dead = Socket.newSocketDomain();
        int number = dead.intValue();
        DirectOutput output = new DirectOutput(dead, new LoopMemory(), 1 << 16, Runnable::run);
        assertThat(output.offer(ByteBuffer.allocateDirect(16), () -> released.add("a reply"))).isTrue();
        dead.close();
        Path other = Files.createFile(folder.resolve("other"));
        FileDescriptor next = FileDescriptor.from(other.toFile());
        try {
            assertThat(output.flush()).as("descriptor %d, then %d", number, next.intValue()).isTrue();
            assertThat(Files.size(other)).isZero();
            assertThat(released).as("not sent").isEmpty();
            output.drop(Runnable::run);
            assertThat(released).as("given back at the end").containsExactly("a reply");
        } finally {
            next.close();
        }
    }
}
