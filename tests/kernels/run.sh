#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Boots Debian's kernels under QEMU, two at a time, traces the same scenarios in each, and
# checks every record that they leave. Needs no root. What is fetched stays in out/kernels.
#
# usage: run.sh [KERNEL...]
# KERNEL is a series (5.10), or a suite whose newest is taken (sid). What is put after it takes
# something away: +timers its hooks of functions, so that TIME_WAIT is seen by timers; +inferred
# also the addresses in /proc/kallsyms, so that it is not seen at all; +confidentiality locks the
# kernel down. Debian's mirror is the one that apt knows, or else DEBIAN_MIRROR.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/kernels
out=out/kernels
deadline=120 # seconds for a VM; 10 on a quiet machine
tries=2
[ $# -gt 0 ] || set -- 5.10 5.10+inferred 6.1 6.1+inferred 6.12 6.12+timers 6.12+inferred 6.12+confidentiality \
	trixie-backports sid

fail() {
	echo "run.sh: $1" >&2
	exit 1
}

# Where a series is to be had; a suite is its own.
suites_of() {
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	[0-9]*) echo trixie-backports sid ;;
	*) echo "$1" ;;
	esac
}

mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}

# Reads the suites' lists, by a configuration that has nothing of the system's but how to
# fetch: what else it has, hooks above all, would act on the system's own files.
open_apt() {
	local mirror=${DEBIAN_MIRROR:-$(mirror)} suite
	[ -n "$mirror" ] || fail "apt knows no mirror of Debian's: run apt-get update, or set DEBIAN_MIRROR"
	mkdir -p $out/apt/{lists/partial,cache/archives/partial,no-parts}
	: >$out/apt/status
	for suite in "$@"; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
	done >$out/apt/sources.list
	apt-config dump | grep '^Acquire::' >$out/apt/apt.conf || true
	cat >>$out/apt/apt.conf <<-CONF
		Dir::Etc::Main "/dev/null";
		Dir::Etc::Parts "$PWD/$out/apt/no-parts";
		Dir::Etc::SourceList "$PWD/$out/apt/sources.list";
		Dir::Etc::SourceParts "-";
		Dir::State::Lists "$PWD/$out/apt/lists";
		Dir::State::Status "$PWD/$out/apt/status";
		Dir::Cache "$PWD/$out/apt/cache";
		APT::Architecture "amd64";
		APT::Architectures "amd64";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
	CONF
	export APT_CONFIG=$PWD/$out/apt/apt.conf
	timeout 300 apt-get update -qq
}

# newest_of SUITE SERIES: the package with the kernel itself; from 6.19 on not linux-image.
newest_of() {
	apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' "Codename: $1" |
		xargs -d '\n' /usr/lib/apt/apt-helper cat-file |
		sed -nE "s/^Package: linux-(image|binary)-(${2//./\\.}[.-].*-cloud-amd64)\$/\2 linux-\1-\2/p" |
		sort -k1,1V -k2,2r | tail -n 1 | cut -d ' ' -f 2
}

fetch() {
	local suite package="" series=[0-9]+
	[[ $1 != [0-9]* ]] || series=$1
	for suite in $(suites_of "$1"); do
		package=$(newest_of "$suite" "$series")
		[ -z "$package" ] || break
	done
	[ -n "$package" ] || fail "no kernel $1 in $(suites_of "$1")"
	echo "fetching $package"
	rm -rf "${out:?}/$1"
	mkdir -p "$out/$1/root"
	(cd "$out/$1" && timeout 300 apt-get download -qq "$package" && dpkg-deb -x ./*.deb root)
	find "$out/$1/root" -name 'vmlinuz*' -type f -exec mv {} "$out/$1/vmlinuz" \;
	rm -rf "$out/$1/root" "$out/$1"/*.deb
	[ -s "$out/$1/vmlinuz" ] || fail "no vmlinuz in $package"
}

make_initrd() {
	local root=$out/root library
	rm -rf $root
	mkdir -p $root/{bin,proc,sys,dev}
	cp $here/init $root/init
	cp "$(command -v busybox)" "$(command -v setpriv)" out/socktrace $root/bin
	gcc -O2 -Wall -Wextra -Werror -static -pthread -o $root/bin/scenarios $here/*.c
	for library in $(ldd $root/bin/socktrace $root/bin/setpriv | grep -o '/[^ ]*' | grep -v :); do
		mkdir -p "$root$(dirname "$library")"
		cp -L "$library" "$root$library"
	done
	(cd $root && find . | cpio -o -H newc --quiet) >$out/initrd
}

# What a kernel is told to take from it what stands after the +.
arguments_of() {
	case $1 in
	*+timers) echo sysctl.kernel.ftrace_enabled=0 ;;
	*+inferred) echo sysctl.kernel.ftrace_enabled=0 sysctl.kernel.kptr_restrict=2 ;;
	*+confidentiality) echo lockdown=confidentiality ;;
	*+*) fail "$1: +timers, +inferred or +confidentiality" ;;
	esac
}

# Idle time passes at once (sleep=off), so TIME_WAIT costs no waiting. Without clearcpuid=141
# some kernels crash in this QEMU. QEMU ends with 0 after a panic, too: the last line tells.
boot() {
	local kernel=${1%+*} log=$out/$1.log try
	for try in $(seq $tries); do
		timeout $deadline qemu-system-x86_64 -accel tcg,thread=single -smp 1 -icount shift=0,sleep=off \
			-cpu max -m 1024 -display none -monitor none -serial "file:$log" -no-reboot -net none \
			-kernel "$out/$kernel/vmlinuz" -initrd $out/initrd \
			-append "console=ttyS0 panic=-1 quiet clearcpuid=141 $(arguments_of "$1")" || true
		! grep -q '^=== end' "$log" || return 0
		cp "$log" "$log.lost$try"
		echo "$1: the VM was lost, try $try of $tries: $log.lost$try"
	done
}

section() {
	tr -d '\r' <"$out/$1.log" | awk -v name="=== $2" '/^=== / { inside = $0 == name; next } inside'
}

# Says what is wrong, if anything is.
judge() {
	if ! grep -q '^=== end' "$out/$1.log"; then
		echo "no end"
		return
	fi
	section "$1" errors
	if [[ $1 = *+confidentiality && -z $(section "$1" lockdown) ]]; then
		echo "it is not locked down"
	fi
	if [[ $(sight "$1") != functions && $(section "$1" ftrace) != 0 ]]; then
		echo "its functions can be hooked: kernel.ftrace_enabled stays 1 (from 7.3 on)"
		return
	fi
	section "$1" trace >"$out/$1.ndjson"
	if [ ! -s "$out/$1.ndjson" ]; then
		echo "no trace"
		section "$1" log
	else
		jq -rs --argjson driver "$(section "$1" driver)" --arg hooks "$(hooks "$1")" \
			--arg sight "$(sight "$1")" --arg lockdown "$(lockdown "$1")" --argjson doctors "$(doctors "$1")" -f $here/checks.jq "$out/$1.ndjson" 2>&1 || true
	fi
}

lockdown() {
	case $1 in
	*+confidentiality) echo confidentiality ;;
	*) echo none ;;
	esac
}

# What doctor said, by who asked.
doctors() {
	local who
	for who in doctor doctor-user doctor-named doctor-securityfs measured; do section "$1" $who; done |
		jq -s '{root: .[0], user: .[1], named: .[2], securityfs: .[3], measured: .[4]}'
}

# By what TIME_WAIT must be seen.
sight() {
	case $1 in
	*+timers | *+inferred) echo "${1#*+}" ;;
	*) echo functions ;;
	esac
}

hooks() {
	section "$1" log | sed -nE 's/^socktrace: attached .*: (on_)?//p' | paste -sd ' '
}

[ "$(uname -m)" = x86_64 ] || fail "the kernels are for x86_64, and so must out/socktrace be"
mkdir -p $out
wanted=()
for kernel in "$@"; do
	arguments_of "$kernel" >/dev/null
	kernel=${kernel%+*}
	[ -s "$out/$kernel/vmlinuz" ] || [[ " ${wanted[*]} " = *" $kernel "* ]] || wanted+=("$kernel")
done
if [ ${#wanted[@]} -gt 0 ]; then
	suites=$(for kernel in "${wanted[@]}"; do suites_of "$kernel"; done | tr ' ' '\n' | sort -u)
	open_apt $suites
	for kernel in "${wanted[@]}"; do fetch "$kernel"; done
fi

make_initrd
for kernel in "$@"; do
	[ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
	boot "$kernel" &
done
wait

status=0
printf '%-42s %-6s %s\n' kernel result hooks >$out/table.txt
for kernel in "$@"; do
	release=$(section "$kernel" release)
	[[ $kernel != *+* ]] || release+="+${kernel#*+}"
	wrong=$(judge "$kernel")
	result=passed
	if [ -n "$wrong" ]; then
		result=FAILED
		status=1
		sed "s/^/${release:-$kernel}: /" <<<"$wrong" >&2
		section "$kernel" refused >&2
	fi
	printf '%-42s %-6s %s\n' "${release:-$kernel}" "$result" "$(hooks "$kernel")" >>$out/table.txt
done
cat $out/table.txt
exit $status
