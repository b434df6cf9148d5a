# Shared by the launchers in this folder; to be sourced by bash, not run.
#
#   netraid_build [MODULE]            builds what is missing (all of it, or MODULE and what it needs); NETRAID_REBUILD=1 builds anew
#   netraid_build_if_stale [MODULE]   the same, and also builds when a source is newer than what was built
#   netraid_java MAIN_CLASS args...   becomes the JVM of a daemon or tool
#   netraid_cli MAIN_CLASS args...    becomes the JVM of a short command: tuned to start fast
#
# NETRAID_JAVA_OPTS adds JVM options, JAVA_HOME chooses the JVM.

netraid_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1

netraid_fail() { # one line, exit status 1
    echo "${0##*/}: $*" >&2
    exit 1
}

netraid_find_java() { # sets netraid_java_command and netraid_java_major without starting a JVM where possible
    if [ -n "${JAVA_HOME:-}" ]; then
        netraid_java_command=$JAVA_HOME/bin/java
        [ -x "$netraid_java_command" ] || netraid_fail "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it"
    else
        netraid_java_command=$(command -v java) ||
            netraid_fail "no java found: install a JDK 17 or newer (Debian: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME"
    fi
    local home version=''
    home=$(dirname "$(dirname "$(readlink -f "$netraid_java_command")")")
    if [ -r "$home/release" ]; then
        version=$(sed -n 's/^JAVA_VERSION="\([^"]*\)".*/\1/p' "$home/release")
    fi
    [ -n "$version" ] || version=$("$netraid_java_command" -version 2>&1 | sed -n '1s/.*"\([^"]*\)".*/\1/p')
    netraid_java_major=${version%%[.+-]*}
    case $netraid_java_major in
        '' | *[!0-9]*) netraid_fail "cannot tell the version of $netraid_java_command" ;;
    esac
    [ "$netraid_java_major" -ge 17 ] ||
        netraid_fail "$netraid_java_command is version $version; NetRAID needs JDK 17 or newer (set JAVA_HOME to choose another)"
}

# Maven leaves a jar alone whose content has not changed, so a jar's age does not tell when it was last found to be up to date.
netraid_stamp=.netraid-built

netraid_is_built() { # MODULE
    [ -d "$netraid_root/$1/target/lib" ] && compgen -G "$netraid_root/$1/target/$1-*.jar" >/dev/null
}

netraid_run_maven() { # [MODULE]
    netraid_find_java
    command -v mvn >/dev/null ||
        netraid_fail "not built yet, and Maven is missing (Debian: apt-get install maven)"
    [ -x "$(dirname "$netraid_java_command")/javac" ] || command -v javac >/dev/null ||
        netraid_fail "not built yet, and $netraid_java_command has no compiler: install a JDK, not only a JRE"
    echo "${0##*/}: building NetRAID${1:+ ($1)}, once; this takes a minute or two" >&2
    local arguments=(-q -B -DskipTests package)
    [ -z "${1:-}" ] || arguments+=(-pl "$1" -am)
    # Debian's Maven prints colour resets whatever it is told.
    (set -o pipefail; cd "$netraid_root" && mvn "${arguments[@]}" 2>&1 | sed 's/\x1b\[[0-9;]*m//g' >&2) || netraid_fail "the build failed; its messages are above"
    touch "$netraid_root/${1:-replicator}/target/$netraid_stamp"
}

netraid_build() { # [MODULE]
    local probe=${1:-replicator}
    if [ "${NETRAID_REBUILD:-0}" != 1 ] && netraid_is_built "$probe"; then
        return
    fi
    # One build at a time; whoever waited finds it done.
    exec 9<"$netraid_root/pom.xml"
    ! command -v flock >/dev/null || flock 9
    if [ "${NETRAID_REBUILD:-0}" = 1 ] || ! netraid_is_built "$probe"; then
        netraid_run_maven "${1:-}"
    fi
    exec 9<&-
    export NETRAID_REBUILD=0
}

netraid_is_stale() { # MODULE: it is built, and a source is newer
    local built=$netraid_root/$1/target/$netraid_stamp
    netraid_is_built "$1" || return 1
    [ -e "$built" ] || built=$(compgen -G "$netraid_root/$1/target/$1-*.jar" | head -1)
    [ -n "$(find "$netraid_root"/pom.xml "$netraid_root"/*/pom.xml "$netraid_root"/*/src -type f -newer "$built" -print -quit)" ]
}

netraid_build_if_stale() { # [MODULE]
    ! netraid_is_stale "${1:-replicator}" || NETRAID_REBUILD=1
    netraid_build "$@"
}

# A daemon or command starts with what is built, whatever the state of the sources: a failover is no moment for a build. A person is told.
netraid_build_for_launch() {
    netraid_build replicator
    if [ -t 2 ] && netraid_is_stale replicator; then
        echo "${0##*/}: note: the sources are newer than what is built; NETRAID_REBUILD=1 builds anew" >&2
    fi
}

netraid_class_path() {
    local jars
    jars=$(compgen -G "$netraid_root/replicator/target/replicator-*.jar" | grep -v -e -sources -e -tests | head -1)
    echo "$jars:$netraid_root/replicator/target/lib/*"
}

netraid_jvm_flags() { # fills the array netraid_flags
    # The last four are Chronicle Queue's, the journal of asynchronous targets; pom.xml has the same list.
    netraid_flags=(--enable-native-access=ALL-UNNAMED
        --add-opens java.base/java.lang.reflect=ALL-UNNAMED --add-opens java.base/sun.nio.ch=ALL-UNNAMED
        --add-exports java.base/jdk.internal.ref=ALL-UNNAMED --add-exports java.base/jdk.internal.util=ALL-UNNAMED)
    [ "$netraid_java_major" -lt 24 ] || netraid_flags+=(--sun-misc-unsafe-memory-access=allow)
}

netraid_java() { # MAIN_CLASS args...
    netraid_build_for_launch
    netraid_find_java
    netraid_jvm_flags
    # shellcheck disable=SC2086 -- NETRAID_JAVA_OPTS is a list of words
    exec "$netraid_java_command" "${netraid_flags[@]}" ${NETRAID_JAVA_OPTS:-} -cp "$(netraid_class_path)" "$@"
}

# Loaded classes of the commands, kept for the next start: halves the CPU time of a command. Optional; without it they only start slower.
netraid_make_archive() { # FILE
    local fresh=$1.$$
    "$netraid_java_command" "${netraid_flags[@]}" -Xlog:disable -XX:ArchiveClassesAtExit="$fresh" -cp "$(netraid_class_path)" \
        org.netraid.replicator.cli.MirrorStatusCommand none --node none --config "$netraid_root/bin/lib.toml" >/dev/null 2>&1
    mv -f "$fresh" "$1" 2>/dev/null || rm -f "$fresh"
}

netraid_cli() { # MAIN_CLASS args...
    netraid_build_for_launch
    netraid_find_java
    netraid_flags=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Xmx128m)
    local archive=$netraid_root/replicator/target/commands-$netraid_java_major.jsa jar
    jar=$(netraid_class_path)
    if [ -w "$netraid_root/replicator/target" ] && [ ! "$archive" -nt "${jar%%:*}" ]; then
        netraid_make_archive "$archive"
    fi
    [ ! -e "$archive" ] || netraid_flags+=(-Xlog:disable "-XX:SharedArchiveFile=$archive")
    # shellcheck disable=SC2086
    exec "$netraid_java_command" "${netraid_flags[@]}" ${NETRAID_JAVA_OPTS:-} -cp "$(netraid_class_path)" "$@"
}
