# SPDX-License-Identifier: MIT
#
# The records that each scenario that main.c runs must leave, on every kernel. In: a whole trace
# (jq -s), $driver, the driver's pid, $hooks, the programs that were attached, $sight, by what
# TIME_WAIT was seen: functions, timers, or inferred, and $doctors, what `doctor --json` said: to
# root, to an ordinary user, with the capabilities that it named to that one, and to root again with
# securityfs mounted; $lockdown is how far the kernel is locked down. Out: a line for each check that fails.

def owner:
	if .owner_from == "unknown" then "owner unknown"
	elif .pid == $driver then "\(.comm) from \(.owner_from)"
	else "\(.comm) of another process from \(.owner_from)" end;

# What timers, and a virtual machine's idle time, may add.
def span:
	if . >= 60e9 and . <= 64e9 then "60 s"
	elif . >= 5e9 and . <= 5.4e9 then "5 s"
	elif . >= 3.9e9 and . <= 4.3e9 then "4 s"
	elif . >= 2.9e9 and . <= 3.1e9 then "3 s"
	elif . >= 1.9e9 and . <= 2.1e9 then "2 s"
	elif . < 1e6 then "0 s"
	else "\(.) ns" end;

def reuse: if .reuse then ", \(.reuse) after \(.reuse_gap_ns | span)" else "" end;

# An orphan's FIN_WAIT2 of some microseconds (emulated, up to milliseconds), until the other end
# closes, comes and goes with the delayed acknowledgement.
def fin_wait2: if (.fin_wait2_ns // 0) < 1e7 then "" else ", \(.fin_wait2_ns | span) in FIN_WAIT2" end;

def text:
	if .type == "conn" then "\(.role) \(.close_reason) by \(.closed_by // "nobody"), \(owner)\(reuse)"
	elif .type == "port_exhausted" then "port_exhausted, \(.taken) of \(.pool), \(owner)"
	elif .ended == "lost" then "time_wait lost, \(.precision)" # sooner or later
	else "time_wait \(.ended)\(fin_wait2)\(if .duration_ns then ", \(.duration_ns | span)" else "" end), \(.precision)" end;

def has_port($port): (.type | . == "conn" or . == "time_wait" or . == "port_exhausted") and (.lport == $port or .rport == $port);

def expect($what; $expected; actual):
	actual as $actual | select($actual != $expected) | "\($what): expected \($expected | tojson), got \($actual | tojson)";

def scenario($what; $port; $expected): expect($what; $expected | sort; map(select(has_port($port)) | text) | sort);

def times($count; $text): [range($count) | $text];

def precision: if $sight == "inferred" then "inferred" else "measured" end;
def waited($how): "time_wait \($how), \(precision)";
def expired: waited("expired, 60 s");
# What ended between two looks, and was in none, cannot be told; nor what was never made.
def unseen($how): if $sight == "inferred" then waited("lost") else waited($how) end;

# Only who hooks inet_csk_accept() knows an accepted socket's owner before it is closed.
def accepted($comm): if $sight == "functions" then "\($comm) from accept" else "\($comm) from close" end;
def listener: "listener closed by local, scenarios from listen";
def client($by): "client closed by \($by), scenarios from connect";
def server($by): "server closed by \($by), \(accepted("scenarios"))";
def client_closes: [client("local"), server("remote")];
def server_closes: [client("remote"), server("local")];

(first | .kernel | split(".") | .[:2] | map(tonumber)) as $version |

scenario("open before the trace"; 7000; [
	"listener closed by local, scenarios from snapshot",
	"unknown closed by local, scenarios from snapshot",
	"unknown closed by remote, scenarios from snapshot",
	expired]),
scenario("the client closes"; 7001; [listener, expired] + client_closes),
scenario("the server closes"; 7002; [listener, expired] + server_closes),
scenario("simultaneous close"; 7003; [listener, client("both"), server("both"), expired, expired]),
scenario("refused"; 7004; ["client refused by remote, scenarios from connect"]),
scenario("abort"; 7005; [
	listener,
	"client reset_by_us by local, scenarios from connect",
	"server reset_by_peer by remote, \(if $sight == "functions" then "scenarios from accept" else "owner unknown" end)"]),
scenario("orphan that gets a late FIN"; 7006; [listener, waited("expired, 3 s in FIN_WAIT2, 60 s")] + client_closes),
# The server's FIN then finds nobody.
scenario("orphan that expires"; 7007; [
	listener,
	client("local"),
	"server reset_by_peer by remote, \(accepted("scenarios"))",
	waited("expired, 5 s in FIN_WAIT2")]),
# The kernel counts mini-sockets of 4 s and less apart: TWKilled.
scenario("orphan of 4 s that gets a late FIN"; 7019; [listener, waited("expired, 3 s in FIN_WAIT2, 60 s")] + client_closes),
scenario("orphan of 4 s that expires"; 7020; [
	listener,
	client("local"),
	"server reset_by_peer by remote, \(accepted("scenarios"))",
	waited("expired, 4 s in FIN_WAIT2")]),
scenario("tw_reuse, bound"; 7008;
	[listener, waited("reused, 2 s"), expired, client("local") + ", in_time_wait after 2 s", server("remote")] + client_closes),
scenario("tw_reuse, chosen by the kernel"; 7009;
	[listener, waited("reused, 2 s"), expired, client("local") + ", in_time_wait after 2 s", server("remote")] + client_closes),
scenario("SYN onto a TIME_WAIT"; 7010;
	[listener, waited("reopened, 2 s"), expired, client("remote") + ", after_time_wait after 2 s", server("local")] + server_closes),
scenario("SYN onto a TIME_WAIT, IPv6"; 7011;
	[listener, waited("reopened, 2 s"), expired, client("remote") + ", after_time_wait after 2 s", server("local")] + server_closes),
scenario("RST onto a TIME_WAIT"; 7012; [listener, unseen("killed, 0 s")] + client_closes),
scenario("a thread of another name"; 7013; [listener, expired] + client_closes),
scenario("accepted by another process"; 7014;
	[listener, client("local"), "server closed by remote, \(accepted("acceptor of another process"))", expired]),
# accept() never gave these servers to anybody.
scenario("port exhaustion"; 7015;
	[listener]
	+ times(2; "port_exhausted, 5 of 5, scenarios from connect")
	+ times(2; "client port_exhausted by nobody, scenarios from connect")
	+ times(5; "client reset_by_peer by remote, scenarios from connect")
	+ times(5; "server listener_closed by local, owner unknown")),
scenario("the client closes, IPv6"; 7016; [listener, expired] + client_closes),
scenario("bucket overflow"; 7017;
	[listener] + times(2; expired) + times(2; unseen("overflow")) + times(4; client("local")) + times(4; server("remote"))),
scenario("netns gone"; 7018; [
	"client closed by local, scenarios of another process from connect",
	"listener closed by local, scenarios of another process from listen",
	"server closed by remote, \(accepted("scenarios of another process"))",
	# Nobody can look into it any more.
	if $sight == "inferred" then expired else waited("killed, 2 s") end]),

expect("header"; ["bpf", precision]; first | [.source, .time_wait]),
# Before 5.12 no tracing program can give a socket a cookie: ids are socktrace's own.
expect("own ids"; [$version < [5, 12]]; map(select(.type == "conn") | .id | startswith("~")) | unique),
expect("time_waits without their connection"; [];
	(map(select(.type == "conn") | {key: .id, value: [.lport, .rport]}) | from_entries) as $conns
	| map(select(.type == "time_wait" and $conns[.id] != [.lport, .rport]) | .id)),
expect("hooks"; {
		functions: ["mini_alloc", "mini_packet", "mini_deschedule", "mini_kill", "mini_timer",
			# inet_csk_accept() has 2 parameters since 6.10.
			if $version < [6, 10] then "accept4" else "accept2" end],
		timers: ["timer_cancel", "timer_expire"],
		inferred: [],
	}[$sight] + ["set_state", "set_state_missed", "snapshot"]; $hooks | split(" ")),
expect("lost"; {ring: 0, kernel: 0, queue: 0, table: 0}; last.lost),
expect("unmatched, forgotten"; [0, 0]; last | [.unmatched, .forgotten]),
expect("lost records"; 0; map(select(.type == "lost")) | length),
# The namespace that has gone took its counters with it. What was not made for want of a bucket
# is among what is inferred, where the kernel counts it when it is made.
expect("the kernel's own counters"; last.audit | map(.kernel); last.audit
	| map(if $sight != "inferred" then .trace
		else .kernel.TCPTimeWaitOverflow as $overflow
			| .trace + {TCPTimeWaitOverflow: $overflow}
			| if $version < [6, 1] then . else .TW -= $overflow end
		end)),
expect("audited namespaces"; 1; last.audit | length),

# What doctor says must be what the trace was.
($doctors | .root, .named, .securityfs
	| expect("doctor: verdict"; {works: true, source: "bpf", time_wait: precision}; .verdict | {works, source, time_wait}),
	expect("doctor: hooks"; $hooks | split(" "); .hooks | map(sub("^.*: (on_)?"; "")))),
expect("doctor: the trace's header"; first | {source, time_wait}; $doctors.root.verdict | {source, time_wait}),
expect("doctor: an ordinary user's verdict"; {works: false, source: "proc", time_wait: "inferred"};
	$doctors.user.verdict | {works, source, time_wait}),
# There are no modules here, and tcp_diag is one.
expect("doctor: what is not ok"; {functions: [], timers: ["ftrace", "accept"], inferred: ["ftrace", "kernel_addresses", "time_wait", "accept"]}[$sight] + ["sock_diag"];
	$doctors.root.checks | map(select(.status != "ok") | .id)),
expect("doctor: lockdown, by the command line"; $lockdown; $doctors.root.lockdown // "none"),
expect("doctor: lockdown, by securityfs"; $lockdown; $doctors.securityfs.lockdown),
# Without sock_diag, in steps of 10 ms; gone when the timer's bucket ends.
expect("doctor: TIME_WAIT"; ["expired", "proc", true, true]; $doctors.measured
	| [.ended, .by, (.timer_ns - 60e9 | fabs) <= 100e6, (.gone_ns >= 60e9 and .gone_ns <= 60e9 + .bucket_ns + 100e6)])
