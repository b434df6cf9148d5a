/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every mistake ends in one line and a documented exit code. */
class NbdClientMainTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "2 | which command | ",
        "2 | unknown command or option frobnicate | frobnicate",
        "2 | Unknown option | info nbd://localhost/ --frob",
        "2 | Missing required parameter | copy one",
        "2 | is not a size | read nbd://localhost/ --offset 5x",
        "1 | is not a usable NBD URI | info localhost",
        "1 | there is no folder /nonexistent | info nbds://localhost/?tls-certificates=/nonexistent",
        "1 | there is no folder /nonexistent | list --tls-certificates /nonexistent nbds://localhost/",
        "1 | is plain text | info --tls-certificates /etc nbd://localhost/",
        "1 | speaks no TLS | attach nbds://localhost/ /dev/nbd0",
        "1 | use certificates | info nbds://localhost/?tls-psk-file=/etc/psk",
        "1 | cannot connect | info nbd+unix:///?socket=/nonexistent/socket",
        "1 | cannot connect | list nbd+unix:///?socket=/nonexistent/socket",
        "1 | /nonexistent/file | copy /nonexistent/file nbd+unix:///?socket=/nonexistent/socket",
        "1 | --requests 0 | copy --requests 0 a b",
        "1 | --timeout 0 | info --timeout 0 nbd://localhost/",
    })
    void shouldSayInOneLineWhatIsWrong(int exitCode, String expected, String arguments) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream before = System.err;
        int code;
        try (PrintStream capture = new PrintStream(written, true, StandardCharsets.UTF_8)) {
            System.setErr(capture);
            code = NbdClientMain.run(arguments == null ? new String[0] : arguments.split(" "));
        } finally {
            System.setErr(before);
        }
        String text = written.toString(StandardCharsets.UTF_8);
        assertThat(text).startsWith("nbd-client: ").contains(expected);
        assertThat(text.lines()).as(text).hasSize(1);
        assertThat(code).isEqualTo(exitCode);
    }
}
