/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A small soak run, and that its judge would notice. */
class SoakTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Tag("slow")
    void shouldServeMixedRequestsOfClientsThatAreKilled(boolean tcp) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Path folder = SoakMain.temporaryFolder(null);
        try {
            SoakSettings settings = new SoakSettings(80_000, 6, 16, 64 << 20, folder, tcp, 2000, 6, 0, 8, 7);
            assertThat(new SoakRun(settings, new PrintStream(out)).run()).as(out.toString()).isEmpty();
        } finally {
            SoakMain.delete(folder);
        }
        assertThat(out.toString()).contains("clients cut");
    }

    @Test
    void shouldNoticeContentThatIsNotWhatWasWritten() {
        SoakModel model = new SoakModel(4);
        ByteBuffer bytes = ByteBuffer.allocate(SoakModel.BLOCK_BYTES);
        assertThat(model.check(bytes, 0, 2, 0)).as("zeros at first").isNull();
        int version = model.newVersion();
        SoakModel.fill(bytes, 0, 2, version);
        assertThat(model.check(bytes, 0, 2, 0)).as("nothing was written").contains("block 2");
        assertThat(model.take(2, 1, true)).isTrue();
        assertThat(model.take(1, 2, false)).as("taken").isFalse();
        model.modified(2, 1, version);
        assertThat(model.check(bytes, 0, 2, 0)).isNull();
        assertThat(model.check(bytes, 0, 3, 0)).as("another block's content").isNotNull();
        bytes.put(4000, (byte) (bytes.get(4000) ^ 1));
        assertThat(model.check(bytes, 0, 2, 0)).as("one bit").isNotNull();
        bytes.clear().put(new byte[SoakModel.BLOCK_BYTES / 2]);
        assertThat(model.check(bytes, 0, 2, 0)).as("half a write").isNotNull();
    }

    @Test
    void shouldTakeOldAndNewForABlockInDoubtUntilItHasSettled() {
        SoakModel model = new SoakModel(1);
        ByteBuffer written = ByteBuffer.allocate(SoakModel.BLOCK_BYTES);
        int version = model.newVersion();
        SoakModel.fill(written, 0, 0, version);
        ByteBuffer zeros = ByteBuffer.allocate(SoakModel.BLOCK_BYTES);
        assertThat(model.take(0, 1, true)).isTrue();
        model.inDoubt(0, 1, version, 0);
        assertThat(model.check(written, 0, 0, 1)).isNull();
        assertThat(model.check(zeros, 0, 0, 2)).isNull();
        assertThat(model.take(0, 1, true)).as("not to be written yet").isFalse();
        assertThat(model.check(written, 0, 0, 20_000_000_000L)).as("settles").isNull();
        assertThat(model.check(zeros, 0, 0, 20_000_000_001L)).as("no way back").isNotNull();
        assertThat(model.take(0, 1, true)).isTrue();
    }
}
