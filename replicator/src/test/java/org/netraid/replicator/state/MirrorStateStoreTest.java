/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.metadata.MirrorRecordCodec;
import org.netraid.sim.SimStateFolder;

class MirrorStateStoreTest {

    private static final MirrorRecord RECORD = MirrorRecord.NEW.with().mirrorId(1).generations(new Generations(9, List.of(8L, 7L)))
            .diskState(DiskState.UP_TO_DATE).lastOwner(true).sourceName("adam").size(1 << 20, 65536)
            .peer(PeerRecord.unknown("eve").withBitmapGeneration(8).withStale(true)).build();

    private final SimStateFolder folder = new SimStateFolder("state");

    private MirrorStateStore open() {
        return new MirrorStateStore(folder, "m");
    }

    @Test
    void shouldReadBackWhatWasWritten() {
        open().write(RECORD);
        assertThat(open().record()).isEqualTo(RECORD);
        assertThat(open().contradiction()).isEmpty();
        assertThat(folder.read("m_last_owner")).isPresent();
        assertThat(folder.read("m_source").map(bytes -> new String(bytes, StandardCharsets.UTF_8))).contains("adam\n");
        assertThat(folder.read("m_data_corrupt")).isEmpty();
    }

    @Test
    void shouldUseTheOlderCopyWhenTheNewerIsTorn() {
        MirrorStateStore store = open();
        store.write(RECORD);
        MirrorRecord next = RECORD.with().generations(RECORD.generations().successor(10)).build();
        store.write(next);
        byte[] newer = folder.read("m_state.0").orElseThrow();
        for (int length = 0; length < newer.length; length++) {
            byte[] torn = newer.clone();
            java.util.Arrays.fill(torn, length, torn.length, (byte) 0);
            folder.write("m_state.0", torn);
            assertThat(open().record()).isIn(RECORD, next);
        }
        assertThat(open().record()).isEqualTo(RECORD);
        open().write(next);
        assertThat(open().record()).isEqualTo(next);
    }

    @Test
    void shouldBlockWhenBothCopiesAreDamaged() {
        folder.write("m_state.0", new byte[40]);
        assertThat(open().contradiction()).contains("damaged");
    }

    @Test
    void shouldBlockWhenFlagsWereChangedByHand() {
        MirrorStateStore store = open();
        store.write(RECORD);
        store.write(RECORD.with().stoppedClean(true).build());
        folder.delete("m_last_owner");
        assertThat(open().contradiction()).contains("last_owner not set", "mirror_action m force");
    }

    @Test
    void shouldRepairFlagsWhenTheCrashCameBetweenRecordAndFlags() {
        for (String file : List.of("m_last_owner", "m_source", "m_data_corrupt")) {
            SimStateFolder crashed = new SimStateFolder("crashed");
            MirrorStateStore store = new MirrorStateStore(crashed, "m");
            store.write(RECORD.with().lastOwner(false).sourceName("").build());
            crashed.failNext(file);
            try {
                store.write(RECORD.with().dataCorrupt(true).build());
            } catch (RuntimeException expected) {
                assertThat(expected).isNotNull();
            }
            MirrorStateStore again = new MirrorStateStore(crashed, "m");
            assertThat(again.contradiction()).as(file).isEmpty();
            assertThat(again.record().dataCorrupt()).isTrue();
            assertThat(crashed.read("m_data_corrupt")).isPresent();
            assertThat(crashed.read("m_source")).isPresent();
        }
    }

    @Test
    void shouldRejectEveryFlippedBit() {
        byte[] good = MirrorRecordCodec.encode(3, RECORD);
        assertThat(MirrorRecordCodec.decode(good)).contains(new MirrorRecordCodec.Copy(3, RECORD));
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(MirrorRecordCodec.decode(bad)).as("bit %d", bit).isEmpty();
        }
    }
}
