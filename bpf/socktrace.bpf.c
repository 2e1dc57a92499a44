// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Every TCP state transition of the host, as one fixed event in one ring buffer.
 *
 * The tracepoint is inet_sock_set_state: tcp_set_state() and inet_sk_set_state() fire
 * it under the socket's lock, before sk_state is written. Kernel memory is read through
 * BTF-typed pointers only: that is the fast way, and the one that still loads under
 * lockdown=confidentiality, where bpf_probe_read_kernel() is refused.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "socktrace.h"
#include "maps.bpf.h"
#include "tuple.bpf.h"
#include "event.bpf.h"
#include "transitions.bpf.h"
#include "timewait.bpf.h"
#include "accept.bpf.h"
#include "snapshot.bpf.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";
