#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What tracing costs the traced: microseconds per loopback connection with no tracer, an
# empty program, socktrace, and libbpf-tools' tcplife and tcpstates. All in turn, round after
# round, each in a new network namespace; medians, and ratios to none. Needs root.
#
# usage: run.sh ROUNDS CONNECTIONS
set -euo pipefail
rounds=${1:-15}
connections=${2:-40000}
warm_up=14000 # they fill the ring once around: memory that nobody has touched is dear
out=out/overhead
work=$(mktemp -d)
mounted=
tracer=
cleanup() {
	[ -z "$tracer" ] || kill "$tracer" 2>/dev/null || true
	[ -z "$mounted" ] || umount /sys/kernel/tracing
	rm -rf "$work"
}
trap cleanup EXIT

# tcplife and tcpstates need tracefs; socktrace does not.
if ! grep -q ' /sys/kernel/tracing tracefs' /proc/mounts; then
	mount -t tracefs tracefs /sys/kernel/tracing
	mounted=yes
fi

mini_sockets() { awk '$1 == "tw_sock_TCP" { print $2 }' /proc/slabinfo; }

# Microseconds a connection. A namespace that ends has its mini-sockets killed in the background,
# which would be measured with what comes next: so that is waited for.
connections() {
	local before
	before=$(mini_sockets)
	unshare --net sh -c 'ip link set lo up && exec "$0" "$1"' "$out/connections" "$1"
	until [ "$(mini_sockets)" -lt $((before + $1 / 4)) ]; do sleep 0.05; done
}

# start NAME: starts the tracer and returns when it traces.
start() {
	tracer=
	: >"$work/stderr"
	case $1 in
	none) return ;;
	empty) "$out/attach" "$out/empty.bpf.o" 2>"$work/stderr" & ;;
	socktrace) out/socktrace record -o "$work/trace" --force --source bpf --verbose 2>"$work/stderr" & ;;
	tcplife | tcpstates) "$1" >"$work/peer" 2>"$work/stderr" & ;;
	esac
	tracer=$!
	case $1 in
	empty | socktrace)
		until grep -q tracing "$work/stderr"; do
			kill -0 "$tracer" || { cat "$work/stderr" >&2; exit 1; }
			sleep 0.05
		done
		;;
	*)
		until has_attached "$tracer"; do
			kill -0 "$tracer" || { cat "$work/stderr" >&2; exit 1; }
			sleep 0.05
		done
		;;
	esac
}

# A process that has attached a program holds a link to it, or its perf event.
has_attached() {
	local fd
	for fd in /proc/"$1"/fd/*; do
		case $(readlink "$fd") in anon_inode:bpf_link | anon_inode:\[perf_event\] | anon_inode:bpf-link) return 0 ;; esac
	done
	return 1
}

stop() {
	[ -n "$tracer" ] || return 0
	kill "$tracer"
	wait "$tracer" 2>/dev/null || true
	tracer=
	case $1 in
	socktrace)
		lines=$(grep -c '"type":"state"' "$work/trace")
		lost=$(tail -n 1 "$work/trace" | sed -E 's/.*"lost":(\{[^}]*\}).*/\1/')
		echo "$lines $lost" >>"$work/delivered"
		;;
	esac
}

names="none empty socktrace tcplife tcpstates"
for round in $(seq "$rounds"); do
	for name in $names; do
		start "$name"
		connections "$warm_up" >/dev/null
		echo "$name $round $(connections "$connections")" >>"$work/times"
		stop "$name"
	done
done

echo "$(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r)," \
	"libbpf-tools $(dpkg-query -W -f '${Version}' libbpf-tools), socktrace $(out/socktrace --version)"
echo "$rounds rounds of $connections connections, in turn, each after $warm_up to warm up. us: a connection, the median; ratio: to none in the same round"
printf '%-10s %8s %8s %8s %8s %8s %8s\n' tracer us us.min us.max ratio q1 q3
for name in $names; do
	awk -v name="$name" '$1 == "none" { none[$2] = $3 } $1 == name { print $3, $3 / none[$2] }' "$work/times" >"$work/one"
	at() { sort -n -k"$1" "$work/one" | awk -v c="$1" -v q="$2" '{ x[NR] = $c } END { print x[int(1 + (NR - 1) * q + 0.5)] }'; }
	printf '%-10s %8.2f %8.2f %8.2f %8.3f %8.3f %8.3f\n' "$name" \
		"$(at 1 0.5)" "$(at 1 0)" "$(at 1 1)" "$(at 2 0.5)" "$(at 2 0.25)" "$(at 2 0.75)"
done
echo "socktrace delivered (rounds, state records, lost):"
sort "$work/delivered" | uniq -c
