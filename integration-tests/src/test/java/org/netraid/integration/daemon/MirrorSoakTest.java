/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.integration.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.netraid.integration.soak.LatencyHistogram;
import org.netraid.integration.soak.SoakMain;

/** A small mirror soak, and that its judge would notice. */
class MirrorSoakTest {

    @Test
    @Tag("slow")
    void shouldLoseNothingAndEndWithEqualCopiesWhileTargetsAreInTrouble() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Path folder = SoakMain.temporaryFolder(null);
        try {
            List<String> wrong = new MirrorSoakRun(new MirrorSoakRun.Settings(folder, 10_000, 16 << 20, 300, 200, 2_500, 7),
                    new PrintStream(out)).run();
            assertThat(wrong).as(out.toString()).isEmpty();
        } finally {
            SoakMain.delete(folder);
        }
        assertThat(out.toString()).contains("all four are equal");
    }

    @Test
    void shouldNoticeWhatGrowsAndForgiveWhatIsOnlyRestless() {
        SoakSeries series = new SoakSeries();
        series.allow("heap", new SoakSeries.Allowance("MiB", 1, 4));
        series.allow("descriptors", new SoakSeries.Allowance("open", 1, 8));
        for (int minute = 0; minute < 30; minute++) {
            series.add("heap", 20 + 0.5 * minute);
            series.add("descriptors", 40 + minute % 7);
        }
        List<String> report = new ArrayList<>();
        assertThat(series.judge(report)).singleElement().asString().contains("heap has grown from 24.25 to 32.75 MiB; 28.25 are allowed");
        assertThat(report).hasSize(3);
    }

    @Test
    void shouldNotCountTheWarmUp() {
        SoakSeries series = new SoakSeries();
        series.allow("heap", new SoakSeries.Allowance("MiB", 1, 4));
        for (int minute = 0; minute < 30; minute++) {
            series.add("heap", minute < 5 ? 5 : 30);
        }
        assertThat(series.judge(new ArrayList<>())).isEmpty();
    }

    @Test
    void shouldTellPercentilesToThreePercent() {
        LatencyHistogram histogram = new LatencyHistogram();
        for (int i = 1; i <= 1000; i++) {
            histogram.add(i * 1000L);
        }
        assertThat(histogram.perMilleNs(500)).isBetween(480_000L, 500_000L);
        assertThat(histogram.perMilleNs(990)).isBetween(950_000L, 990_000L);
        assertThat(histogram.takeAll().total()).isEqualTo(1000);
        assertThat(histogram.perMilleNs(990)).isZero();
    }
}
