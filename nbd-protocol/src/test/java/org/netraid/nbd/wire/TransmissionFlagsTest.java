/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.netraid.block.BlockCapability;

class TransmissionFlagsTest {

    @Test
    void shouldMapEveryCapabilityThereAndBackWhenWritable() {
        // these are agreed upon by metadata contexts, not by flags
        EnumSet<BlockCapability> contexts = EnumSet.of(BlockCapability.EXTENTS, BlockCapability.CHECKSUM, BlockCapability.BARRIER,
                BlockCapability.RECEIPT, BlockCapability.STORED);
        for (BlockCapability capability : EnumSet.complementOf(contexts)) {
            Set<BlockCapability> set = EnumSet.of(capability, BlockCapability.FLUSH);
            if (capability == BlockCapability.FAST_ZERO) {
                set.add(BlockCapability.WRITE_ZEROES);
            }
            int flags = TransmissionFlags.of(set, false, false);
            assertThat(TransmissionFlags.capabilities(flags)).isEqualTo(set);
            assertThat(flags & TransmissionFlags.HAS_FLAGS).isNotZero();
        }
    }

    @Test
    void shouldOfferDfOnlyWhenRepliesAreStructured() {
        assertThat(TransmissionFlags.of(Set.of(), false, false) & TransmissionFlags.SEND_DF).isZero();
        assertThat(TransmissionFlags.of(Set.of(), false, true) & TransmissionFlags.SEND_DF).isNotZero();
    }

    @Test
    void shouldOfferNothingThatModifiesWhenReadOnly() {
        int flags = TransmissionFlags.of(EnumSet.complementOf(EnumSet.of(BlockCapability.READ_ONLY)), true, true);
        assertThat(TransmissionFlags.capabilities(flags)).containsExactlyInAnyOrder(BlockCapability.READ_ONLY,
                BlockCapability.FLUSH, BlockCapability.FUA, BlockCapability.MULTI_CONN, BlockCapability.ROTATIONAL);
    }

    @Test
    void shouldIgnoreFastZeroWhenServerOffersItWithoutWriteZeroes() {
        assertThat(TransmissionFlags.of(Set.of(BlockCapability.FAST_ZERO), false, false)).isEqualTo(TransmissionFlags.HAS_FLAGS);
        assertThat(TransmissionFlags.capabilities(TransmissionFlags.HAS_FLAGS | TransmissionFlags.SEND_FAST_ZERO)).isEmpty();
    }

    @Test
    void shouldTrustNoFlagWhenHasFlagsIsClear() {
        assertThat(TransmissionFlags.capabilities(TransmissionFlags.SEND_FLUSH)).isEmpty();
    }
}
