#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What tracing costs a host that opens no connections but sets many timers: iperf3's
# throughput over loopback with and without socktrace, in turn, each time in a new network
# namespace; medians of the ratio to none in the same round. Needs root.
#
# usage: timers.sh ROUNDS SECONDS
set -euo pipefail
rounds=${1:-11}
seconds=${2:-3}
work=$(mktemp -d)
tracer=
cleanup() {
	[ -z "$tracer" ] || kill "$tracer" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

# Bits a second, of four streams.
iperf() {
	unshare --net sh -c 'ip link set lo up; iperf3 -s -1 >/dev/null & s=$!
		until ss -Hltn sport = :5201 | grep -q .; do kill -0 $s || exit 1; done
		iperf3 -c 127.0.0.1 -P 4 -t "$0" -J; wait $s' "$seconds" | jq .end.sum_received.bits_per_second
}

start() {
	tracer=
	[ "$1" = socktrace ] || return 0
	out/socktrace record -o "$work/trace" --force --source bpf --verbose 2>"$work/stderr" &
	tracer=$!
	until grep -q 'socktrace: snapshot' "$work/stderr"; do
		kill -0 "$tracer" || { cat "$work/stderr" >&2; exit 1; }
		sleep 0.05
	done
}

stop() {
	[ -n "$tracer" ] || return 0
	kill "$tracer"
	wait "$tracer" || true
	tracer=
}

iperf >/dev/null # to warm up
for round in $(seq "$rounds"); do
	# Who comes first changes: a machine that grows slower would favour the first.
	names="none socktrace"
	[ $((round % 2)) = 0 ] || names="socktrace none"
	for name in $names; do
		start "$name"
		echo "$name $round $(iperf)" >>"$work/rates"
		stop
	done
done

echo "$(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r), $(iperf3 --version | head -n 1)"
grep attached "$work/stderr" | sed 's/.*attached //'
awk '$1 == "none" { none[$2] = $3 } $1 == "socktrace" { traced[$2] = $3 }
	END { for (r in none) print none[r] / 1e9, traced[r] / 1e9, traced[r] / none[r] }' "$work/rates" >"$work/ratios"
at() { sort -n -k"$1" "$work/ratios" | awk -v c="$1" -v q="$2" '{ x[NR] = $c } END { print x[int(1 + (NR - 1) * q + 0.5)] }'; }
printf '%s rounds of %s s: none %.1f Gbit/s, socktrace %.1f Gbit/s, ratio %.3f (quartiles %.3f to %.3f)\n' \
	"$rounds" "$seconds" "$(at 1 0.5)" "$(at 2 0.5)" "$(at 3 0.5)" "$(at 3 0.25)" "$(at 3 0.75)"
