// SPDX-License-Identifier: MIT
/* The least that a tracer on this tracepoint can cost. */
#include "../../bpf/vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("tp_btf/inet_sock_set_state")
int empty(void *ctx)
{
	return 0;
}
