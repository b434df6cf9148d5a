#!/usr/bin/env bash
# Makes the files beside it: what the installed corosync-quorumtool -s prints, and its exit status in the last line, on real clusters of
# one, two and three nodes. Each node has network, mount, ipc and uts namespaces of its own; nothing outside is changed. Files that are there
# are from Corosync 3.1.7 (Debian 12). Root; Debian: apt-get install corosync iproute2. About 20 s.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" != inside ]; then
    exec unshare --net --mount --ipc --pid --fork --mount-proc --propagation private --kill-child=KILL bash "$here/make.sh" inside
fi
work=/run/made
mount -t tmpfs tmpfs /run
mkdir -p $work
ip link add br0 type bridge forward_delay 0
ip link set br0 up

wire() { # NODE: a network namespace on the bridge; sockets of Corosync's services are named within it
    ip netns add "node$1"
    ip link add "port$1" type veth peer name eth0 netns "node$1"
    ip link set "port$1" master br0 up
    ip -n "node$1" addr add "198.18.0.$1/24" dev eth0
    ip -n "node$1" link set eth0 up
    ip -n "node$1" link set lo up
}
node() { # CLUSTER NODE COMMAND...: with the node's own configuration, state and shared memory
    local place=$work/$1-$2 name=node$2
    shift 2
    ip netns exec "$name" unshare --mount --ipc --uts --propagation private bash -c 'place=$1; hostname "$2"; shift 2
        mount --bind "$place/etc" /etc/corosync; mount --bind "$place/lib" /var/lib/corosync
        mount --bind "$place/log" /var/log; mount --bind "$place/shm" /dev/shm; mount --bind "$place/run" /run; exec "$@"' _ "$place" "$name" "$@"
}
prepare() { # CLUSTER NODES QUORUM-LINES
    local i n
    for ((n = 1; n <= $2; n++)); do
        mkdir -p "$work/$1-$n"/{etc,lib,log,shm,run}
        {
            printf 'totem {\n version: 2\n cluster_name: %s\n transport: knet\n token: 1000\n}\nlogging {\n to_syslog: no\n}\n' "$1"
            printf 'quorum {\n %s\n}\nnodelist {\n' "$3"
            for ((i = 1; i <= $2; i++)); do
                printf ' node {\n  ring0_addr: 198.18.0.%s\n  name: node%s\n  nodeid: %s\n }\n' "$i" "$i" "$i"
            done
            echo '}'
        } >"$work/$1-$n/etc/corosync.conf"
    done
}
start() { # CLUSTER NODE
    node "$1" "$2" bash -c 'echo $$ >/run/pid; exec corosync -f' >/dev/null 2>&1 &
}
stop() {
    kill -KILL "$(cat "$work/$1-$2/run/pid")"
    wait -n || true
}
ask() { # CLUSTER NODE
    local status=0
    node "$1" "$2" env LC_ALL=C corosync-quorumtool -s 2>&1 || status=$?
    echo "exit $status"
}
take() { # FILE CLUSTER NODE LINE: waits until it prints such a line
    local i
    for ((i = 0; i < 100; i++)); do
        ask "$2" "$3" >"$work/answer"
        if grep -qE "$4" "$work/answer"; then
            cp "$work/answer" "$here/$1.txt"
            return 0
        fi
        sleep 0.2
    done
    echo "no line $4 for $1:" >&2
    cat "$work/answer" >&2
    return 1
}

for n in 1 2 3; do wire $n; done
prepare one 1 'provider: corosync_votequorum'
take no-daemon one 1 '^exit'
start one 1
take one-of-one one 1 '^Total votes: *1'
stop one 1
prepare three 3 'provider: corosync_votequorum'
for n in 1 2 3; do start three $n; done
take three-of-three three 1 '^Total votes: *3'
stop three 3
take two-of-three three 1 '^Total votes: *2'
stop three 2
take one-of-three three 1 '^Total votes: *1'
stop three 1
prepare pair 2 $'provider: corosync_votequorum\n two_node: 1'
start pair 1
take pair-waits-for-all pair 1 '^Total votes: *1'
start pair 2
take pair-of-two pair 1 '^Total votes: *2'
stop pair 2
take pair-of-one pair 1 '^Total votes: *1'
stop pair 1
prepare none 1 ''
start none 1
take no-provider none 1 '^Unable'
