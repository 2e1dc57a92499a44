#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes bpf/vmlinux.h anew from this kernel's BTF: the types and fields that the programs
# use, and no others. Needs bpftool and a kernel with BTF. Run it after a program starts to
# use another kernel type; offsets do not matter, CO-RE relocates every access.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bpftool btf dump file /sys/kernel/btf/vmlinux format c >"$work/vmlinux.h"
# Two names of ours happen to be types of the kernel's.
sed -E -i '/^typedef struct config_s config;$/d' "$work/vmlinux.h"
cp ./*.bpf.c ./*.bpf.h socktrace.h "$work" # beside the whole header, not ours
clang -g -O2 -target bpf -c "$work/socktrace.bpf.c" -o "$work/full.o"
bpftool gen min_core_btf /sys/kernel/btf/vmlinux "$work/min.btf" "$work/full.o"
bpftool btf dump file "$work/min.btf" format c >"$work/min.h"

# The fields between are gone; their padding says nothing, since no offset is used.
body() {
	sed -n '/#pragma clang attribute push/,$p' "$work/min.h" |
		sed -E -e '/^#/d' -e '/^\t+(long|int|short|char)( int)?: [0-9]+;$/d' \
			-e '/^typedef .* (__u8|__u16|__u32|__u64|__s64);$/d' |
		cat -s
}

# Whole enums: the programs name their values as constants.
enum_of() {
	awk -v value="$1" '
		/^enum/ { text = ""; inside = 1 }
		inside { text = text $0 "\n" }
		/^};/ { if (inside && index(text, "\t" value " ")) printf "%s\n", text; inside = 0 }
	' "$work/vmlinux.h"
}

{
	cat <<'HEAD'
/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Made by make-vmlinux.sh from a kernel's BTF: what the programs use, and no more. */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u32 __wsum;
typedef _Bool bool;

enum {
	false = 0,
	true = 1,
};

#define NULL ((void *)0)

HEAD
	for value in TCP_ESTABLISHED IPPROTO_TCP BPF_MAP_TYPE_RINGBUF BPF_RB_NO_WAKEUP BPF_RB_AVAIL_DATA; do
		enum_of "$value"
	done
	echo '#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)'
	body
	cat <<'TAIL'

#pragma clang attribute pop

#endif
TAIL
} >"$work/out.h"
mv "$work/out.h" vmlinux.h
clang -g -O2 -target bpf -c socktrace.bpf.c -o "$work/check.o"
echo "bpf/vmlinux.h: $(wc -l <vmlinux.h) lines"
