/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.replicator.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.netraid.replicator.metadata.MirrorRecordCodec;
import org.netraid.sim.SimCrash;
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

    /** A record that does not say whether a copy has a way back is one from before: it may have one. */
    @Test
    void shouldNotWriteWhatOlderDaemonsDoNotKnowUnlessItMatters() {
        MirrorRecord mayBe = RECORD.with().peer(PeerRecord.empty("eve").withNoWayBack(false)).build();
        open().write(mayBe);
        assertThat(open().record()).isEqualTo(mayBe);
        assertThat(new String(folder.read("m_state.0").orElseThrow(), StandardCharsets.UTF_8)).contains("eve").doesNotContain("noWayBack");
        open().write(RECORD.with().peer(PeerRecord.empty("eve")).build());
        assertThat(open().record().peer("eve").noWayBack()).isTrue();
    }

    /** The older state in the other copy once called a disk whole in the middle of its resync. */
    @Test
    void shouldNeverFallBackToAnOlderStateWhenACopyHasRotted() {
        MirrorRecord next = RECORD.with().diskState(DiskState.INCONSISTENT).build();
        for (String file : List.of("m_state.0", "m_state.1")) {
            MirrorStateStore store = open();
            store.write(RECORD);
            store.write(next);
            byte[] good = folder.read(file).orElseThrow();
            byte[] bad = good.clone();
            bad[40] ^= 1;
            folder.write(file, bad);
            assertThat(open().record()).as(file).isEqualTo(next);
            assertThat(folder.read(file).orElseThrow()).as("repaired").isEqualTo(good);
        }
    }

    @Test
    void shouldHaveTheOldStateOrTheNewOneWhenTheNodeDiesAtAnyStepOfAChange() {
        MirrorRecord next = RECORD.with().lastOwner(false).sourceName("eve").dataCorrupt(true).build();
        for (String file : List.of("m_state.0", "m_state.1", "m_last_owner", "m_source", "m_data_corrupt")) {
            for (boolean after : new boolean[] {false, true}) {
                SimStateFolder crashed = new SimStateFolder("crashed");
                MirrorStateStore store = new MirrorStateStore(crashed, "m");
                store.write(RECORD);
                if (after) {
                    crashed.crashAfter(file);
                } else {
                    crashed.crashBefore(file);
                }
                try {
                    store.write(next);
                } catch (SimCrash expected) {
                    assertThat(expected).isNotNull();
                }
                MirrorStateStore again = new MirrorStateStore(crashed, "m");
                assertThat(again.contradiction()).as("%s, after %s", file, after).isEmpty();
                assertThat(again.record()).isIn(RECORD, next);
                assertThat(crashed.read("m_state.0").orElseThrow()).isEqualTo(crashed.read("m_state.1").orElseThrow());
                assertThat(crashed.read("m_data_corrupt").isPresent()).isEqualTo(again.record().dataCorrupt());
                assertThat(crashed.read("m_last_owner").isPresent()).isEqualTo(again.record().lastOwner());
            }
        }
    }

    /** The bytes in the file were put together by other code; docs/on-disk-format.md describes them. */
    @Test
    void shouldWriteTheBytesOfTheFormatDocument() throws IOException {
        try (InputStream golden = getClass().getResourceAsStream("/golden/mirror-record.hex")) {
            byte[] expected = HexFormat.of().parseHex(new String(golden.readAllBytes(), StandardCharsets.US_ASCII)
                    .replaceAll("#.*", "").replaceAll("\\s", ""));
            assertThat(MirrorRecordCodec.encode(7, RECORD)).isEqualTo(expected);
            assertThat(MirrorRecordCodec.decode(expected)).contains(new MirrorRecordCodec.Copy(7, RECORD));
        }
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
