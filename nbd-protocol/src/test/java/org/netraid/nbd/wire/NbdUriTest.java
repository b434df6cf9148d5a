/*
 * Copyright the NetRAID authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package org.netraid.nbd.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.netraid.link.LinkAddress;

class NbdUriTest {

    @ParameterizedTest
    @CsvSource({
        "nbd://example.org/disk,                 example.org, 10809, disk",
        "nbd://example.org,                      example.org, 10809, ''",
        "NBD://example.org:/,                    example.org, 10809, ''",
        "nbd://127.0.0.1:9/a/b,                  127.0.0.1,   9,     a/b",
        "nbd://host//abs,                        host,        10809, /abs",
        "nbd:///x,                               localhost,   10809, x",
        "nbd://[::1]:1234/x,                     ::1,         1234,  x",
        "nbd://[fe80::1%25eth0]/,                fe80::1%eth0, 10809, ''",
        "nbd://h/a%20b%2Fc%3F%23%25%C3%A4,       h,           10809, a b/c?#%\u00e4",
    })
    void shouldReadTcpUri(String uri, String host, int port, String export) {
        NbdUri parsed = NbdUri.parse(uri);
        assertThat(parsed).isEqualTo(new NbdUri(LinkAddress.tcp(host, port), export));
        assertThat(NbdUri.parse(parsed.toString())).isEqualTo(parsed);
    }

    @ParameterizedTest
    @CsvSource({
        "nbd+unix:///?socket=/run/x.sock,        /run/x.sock, ''",
        "nbd+unix://?socket=rel,                 rel,         ''",
        "nbd+unix:///a%20b?socket=/t/%26%3D%25+, /t/&=%+,     a b",
    })
    void shouldReadUnixUri(String uri, String socket, String export) {
        NbdUri parsed = NbdUri.parse(uri);
        assertThat(parsed).isEqualTo(new NbdUri(LinkAddress.unix(socket), export));
        assertThat(NbdUri.parse(parsed.toString())).isEqualTo(parsed);
    }

    @ParameterizedTest
    @CsvSource({
        "nbds://h/x,                                             '', '', true",
        "NBDS://h:10809/x?tls-certificates=/etc/pki%26/n,        /etc/pki&/n, '', true",
        "nbds://h/x?tls-hostname=eve.example.org&tls-verify-peer=yes, '', eve.example.org, true",
        "nbds://h/x?tls-verify-peer=false,                       '', '', false",
    })
    void shouldReadTlsUri(String uri, String certificates, String hostName, boolean verify) {
        NbdUri parsed = NbdUri.parse(uri);
        assertThat(parsed).isEqualTo(new NbdUri(LinkAddress.tcp("h", 10809), "x", new NbdUri.Tls(certificates, hostName, verify)));
        assertThat(NbdUri.parse(parsed.toString())).isEqualTo(parsed);
        NbdUri unix = NbdUri.parse("nbds+unix:///x?socket=/s" + (uri.contains("?") ? "&" + uri.substring(uri.indexOf('?') + 1) : ""));
        assertThat(unix).isEqualTo(new NbdUri(LinkAddress.unix("/s"), "x", parsed.tls()));
        assertThat(NbdUri.parse(unix.toString())).isEqualTo(unix);
    }

    @ParameterizedTest
    @CsvSource({
        "host:10809,                             nbd://HOST",
        "http://h/,                              unknown scheme 'http'",
        "nbds://h/?tls-psk-file=/k,              pre-shared keys",
        "nbds://alice@h/,                        pre-shared keys",
        "nbds+unix://alice@/?socket=/s,          pre-shared keys",
        "nbds://h/?tls-verify-peer=perhaps,      true or false",
        "nbds://h/?tls-certificates=,            needs a value",
        "nbds://h/?tls-hostname=a&tls-hostname=b, given twice",
        "nbds+vsock://2/,                        not supported",
        "nbd+vsock://2/,                         not supported",
        "nbd+unix:///x,                          ?socket=PATH",
        "nbd+unix:///x?socket=,                  ?socket=PATH",
        "nbd+unix://host/x?socket=/s,            has no host",
        "nbd+unix:///x?socket=/a&socket=/b,      given twice",
        "nbd+unix:///x?socket=/a%00b,            NUL",
        "nbd://h/x?socket=/s,                    belongs to nbd+unix",
        "nbd://h/x?tls-certificates=/s,          belongs to nbds",
        "nbd://h/x?x-protocol=B,                 unknown parameter 'x-protocol'",
        "nbd://user@h/x,                         user name",
        "nbd://h:99999/x,                        above 65535",
        "nbd://h:0/x,                            port 0",
        "nbd://h:1a/x,                           not a port",
        "nbd://h:123456/x,                       not a port",
        "nbd://::1/x,                            brackets",
        "nbd://[::1/x,                           without ']'",
        "nbd://[host]/x,                         not an IPv6",
        "nbd://[::1]8/x,                         not a port",
        "nbd://h/a%2,                            two hexadecimal digits",
        "nbd://h/a%zz,                           two hexadecimal digits",
        "nbd://h/%ff,                            UTF-8",
        "nbd://h/a%00,                           NUL",
        "nbd://h/a#b,                            fragment",
    })
    void shouldSayWhatIsWrongWhenUriIsUnusable(String uri, String message) {
        assertThatThrownBy(() -> NbdUri.parse(uri)).isInstanceOf(NbdFormatException.class)
                .hasMessageContaining(message).hasMessageContaining(uri);
    }

    @Test
    void shouldGiveTheSameUriBackWhateverTheNameHolds() {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            NbdUri uri = new NbdUri(random.nextBoolean() ? LinkAddress.tcp("::1", 1 + random.nextInt(65535))
                    : LinkAddress.unix("/" + text(random)), text(random), random.nextBoolean() ? null
                    : new NbdUri.Tls(text(random), text(random), random.nextBoolean()));
            assertThat(NbdUri.parse(uri.toString())).isEqualTo(uri);
        }
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        for (int n = random.nextInt(8); n > 0; n--) {
            text.appendCodePoint(random.nextInt(4) == 0 ? 0x10000 + random.nextInt(100) : 1 + random.nextInt(0x17f));
        }
        return text.toString();
    }
}
