/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* Four-tuples, and the filters on them. */

#define AF_INET     2
#define AF_INET6    10
#define MAPPED_WORD bpf_htonl(0xffff) /* third word of ::ffff:a.b.c.d */

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

/* What lies at an address, to be read. */
#define at(address, type)                                                                          \
	((const type *)bpf_rdonly_cast((const void *)(address), bpf_core_type_id_kernel(type)))

/*
 * A pointer there as the number that it is. Any type of the kernel's that begins with one serves:
 * this one is needed anyway, and libbpf looks for each by name among all of the kernel's (0.85 ms).
 */
static __always_inline __u64 number_at(__u64 address)
{
	return at(address, struct sock_common)->skc_addrpair;
}

/*
 * Of a pointer found through a trusted one the verifier wants to know whether it is trusted as
 * well, and looks for that four times by name among all types of the kernel (type_is_trusted(),
 * type_is_rcu()): 1 ms for each such pointer on 6.18. Through this one it does not ask.
 */
#define untrusted(pointer, type)                                                                   \
	(config.has_rdonly_cast ? at(pointer, type) : (const type *)(pointer))

struct address {
	__u64 words[2];
};

struct tuple {
	struct address laddr, raddr;
	__u16 lport, rport;
	__u8 family;
};

static __always_inline struct address ipv4_mapped(__be32 address)
{
	struct address mapped = {
		.words = { 0, (__u64)address << 32 | MAPPED_WORD },
	};

	return mapped;
}

/* No function: that would be an access of its own, to be relocated by a type of its own. */
#define ipv6(in6)                                                                                  \
	((struct address){                                                                         \
	    .words = { *(__u64 *)&(in6).in6_u.u6_addr32[0], *(__u64 *)&(in6).in6_u.u6_addr32[2] }, \
	})

/*
 * Of a socket or a mini-socket: both begin with a sock_common, and only their local ports stand
 * in different places.
 */
static __always_inline struct tuple tuple_of(const void *sock, __u16 lport)
{
	const struct sock_common *skc = sock;
	struct tuple tuple = {
		.lport = lport,
		.rport = bpf_ntohs(skc->skc_dport),
		.family = SOCKTRACE_FAMILY_IPV4,
	};

	if (skc->skc_family == AF_INET6 && bpf_core_field_exists(skc->skc_v6_daddr)) {
		tuple.family = SOCKTRACE_FAMILY_IPV6;
		tuple.laddr = ipv6(skc->skc_v6_rcv_saddr);
		tuple.raddr = ipv6(skc->skc_v6_daddr);
	} else {
		tuple.laddr = ipv4_mapped(skc->skc_rcv_saddr);
		tuple.raddr = ipv4_mapped(skc->skc_daddr);
	}
	return tuple;
}

static __always_inline __u32 netns_of(const void *sock)
{
	const struct sock_common *skc = untrusted(sock, struct sock_common);

	return skc->skc_net.net->ns.inum;
}

static __always_inline bool in_prefix(const struct address *address)
{
	const volatile __u64 *mask = (const volatile __u64 *)config.host_mask;
	const volatile __u64 *prefix = (const volatile __u64 *)config.host_prefix;

	return (address->words[0] & mask[0]) == prefix[0] &&
	       (address->words[1] & mask[1]) == prefix[1];
}

/*
 * False only for what cannot match, whatever becomes known later: port 0 is "not yet". What
 * has gone through without a port goes through once more with it, so that user space does
 * not wait for the end of a socket that nobody asked for.
 */
static __always_inline bool may_match(const struct tuple *tuple, __u32 netns, bool was_let_through)
{
	if (config.netns && netns != config.netns)
		return false;
	if (config.family && tuple->family != config.family)
		return false;
	if (config.lport && tuple->lport && tuple->lport != config.lport && !was_let_through)
		return false;
	if (config.rport && tuple->rport && tuple->rport != config.rport)
		return false;
	if (config.port && tuple->lport && tuple->rport && tuple->lport != config.port &&
	    tuple->rport != config.port && !was_let_through)
		return false;
	if (config.host && tuple->rport && !in_prefix(&tuple->laddr) && !in_prefix(&tuple->raddr))
		return false;
	return true;
}
