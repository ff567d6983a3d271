# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Compares what tools said with the truth: see README.md, "What is right".
# Reads, in this order, with "part" set for each: part=truth, the lines that
# truth.h describes; part=tcpwhy, its JSON as "judge" flattens it;
# part=tcpstates, its output. Prints
#   TOOL KIND RIGHT WRONG UNKNOWN UNJUDGED
# for the kinds state, finding and connection, and one line that begins with
# "!" for each that is not right.

BEGIN {
	FS = "\t"
	EVER = 1e18
	SETTLE = 50e6 # within this time a tool may learn who took it over
	SLACK = 10e6  # a name that a process gave up this lately
	# These changes come of the act before, of whoever holds it now.
	after_act["FIN_WAIT1"] = after_act["FIN_WAIT2"] = 1
	after_act["LAST_ACK"] = after_act["CLOSING"] = 1
}

# --- the truth ---

part == "truth" && $1 == "clock" && !mono { mono = $2; real = $3 }
part == "truth" && $1 == "hold" { hold(ends(2), $6, $7) }
part == "truth" && $1 == "drop" { drop(ends(2), $6, $7) }
part == "truth" && $1 == "act" {
	key = ends(2)
	n = ++acts[key]
	act_pid[key, n] = $6
	act_tid[key, n] = $7
	act_trigger[key, n] = $8
	act_time[key, n] = $9
}
part == "truth" && $1 == "called" { called($2, $3, $4, 1) }
part == "truth" && $1 == "name" { called($2, $3, $4, 0) }
part == "truth" && $1 == "pair" {
	paired[ends(2)] = ends(6)
	paired[ends(6)] = ends(2)
}

function ends(i) {
	return $i "|" $(i + 1) "|" $(i + 2) "|" $(i + 3)
}

function reversed(key, part4) {
	split(key, part4, "|")
	return part4[3] "|" part4[4] "|" part4[1] "|" part4[2]
}

function other(key) {
	return key in paired ? paired[key] : reversed(key)
}

function hold(key, pid, time, n, part4, here) {
	n = ++holds[key]
	if (n == 1) {
		split(key, part4, "|")
		here = part4[1] "|" part4[2]
		if (here in by_local)
			by_local[here] = "several"
		else
			by_local[here] = key
	}
	hold_pid[key, n] = pid
	hold_from[key, n] = time
	hold_to[key, n] = EVER
}

function drop(key, pid, time, i) {
	for (i = 1; i <= holds[key]; i++)
		if (hold_pid[key, i] == pid && hold_to[key, i] == EVER)
			hold_to[key, i] = time
}

function called(pid, time, name, instead, i, n) {
	for (i = 1; instead && i <= names[pid]; i++)
		if (name_to[pid, i] == EVER)
			name_to[pid, i] = time + SLACK
	n = ++names[pid]
	name_is[pid, n] = name
	name_from[pid, n] = time
	name_to[pid, n] = EVER
}

# The first to hold an end is the one that it was meant for from the start;
# and what happens when all have let go is the last one's.
function complete(key, i, first, last) {
	completed[key] = 1
	for (i = 1; i <= holds[key]; i++) {
		if (!first || hold_from[key, i] < hold_from[key, first])
			first = i
		if (!last || hold_to[key, i] > hold_to[key, last])
			last = i
	}
	all_gone[key] = last ? hold_to[key, last] : EVER
	hold_from[key, first] = 0
	hold_to[key, last] = EVER
}

# All had let go of it before the watch began, or the last was about to: the
# kernel itself does not know any more who that was.
function is_nobodys(key) {
	if (!(key in completed))
		complete(key)
	return all_gone[key] <= watched_since ||
	       (act_at(key, watched_since) &&
		all_gone[key] <= watched_since + 1e6)
}

function holds_it(key, pid, time, i) {
	if (!(key in completed))
		complete(key)
	for (i = 1; i <= holds[key]; i++)
		if (hold_pid[key, i] == pid &&
		    hold_from[key, i] <= time + SETTLE &&
		    time <= hold_to[key, i])
			return 1
	return 0
}

function is_called(pid, name, time, i) {
	if (!(pid in names) || name == "")
		return 1
	for (i = 1; i <= names[pid]; i++)
		if (name ~ "^" name_is[pid, i] "$" &&
		    name_from[pid, i] <= time + SETTLE &&
		    time <= name_to[pid, i])
			return 1
	return 0
}

# The latest act on an end before that time; 0: none.
function act_at(key, time, i, best) {
	for (i = 1; i <= acts[key]; i++)
		if (act_time[key, i] <= time &&
		    (!best || act_time[key, i] >= act_time[key, best]))
			best = i
	return best
}

# Was the latest act on this end, of which all that comes then is but the
# consequence, this process's?
function acted(key, pid, time) {
	return pid == act_pid[key, act_at(key, time)]
}

# The first act on either end: "KEY SUBSEP NUMBER"; empty: none.
function first_act(key, k, i, n, best) {
	for (n = 0; n < 2; n++) {
		k = n ? other(key) : key
		for (i = 1; i <= acts[k]; i++)
			if (best == "" || act_time[k, i] < act_time[best])
				best = k SUBSEP i
	}
	return best
}

# --- verdicts ---

function say(tool, kind, verdict, why) {
	count[tool, kind, verdict]++
	if (verdict != "right")
		print "! " tool " " kind " " verdict ": " why
}

# "2026-11-21T08:02:53.113630820Z" as CLOCK_MONOTONIC, ns. The day is one that
# the truth's clock is near to, so that only the time of day matters.
function monotonic(text, of_day, base) {
	of_day = (substr(text, 12, 2) * 3600 + substr(text, 15, 2) * 60 + \
		  substr(text, 18, 2)) * 1e9 + substr(text, 21, 9)
	base = real % 86400e9
	if (of_day < base - 43200e9)
		of_day += 86400e9
	return mono + of_day - base
}

function is_act(old, new) {
	return new == "FIN_WAIT1" || new == "LAST_ACK" || new == "SYN_SENT"
}

function judge_state(key, time, old, new, pid, tid, name, i) {
	if (pid == "")
		return is_nobodys(key) ? "right" : "unknown"
	i = is_act(old, new) ? act_at(key, time) : 0
	if (i && act_pid[key, i] != pid)
		return "wrong"
	if (i && tid && act_tid[key, i] > 0 && act_tid[key, i] != tid)
		return "wrong"
	if (!i && !holds_it(key, pid, time) &&
	    !(old in after_act && acted(key, pid, time)))
		return "wrong"
	return is_called(pid, name, time) ? "right" : "wrong"
}

function judge_actor(key, time, pid, trigger, i) {
	if (!acts[key] && !acts[other(key)]) # acts of others that nobody noted
		return holds_it(key, pid, time) ||
		       holds_it(other(key), pid, time) ? "right" : "wrong"
	i = act_at(key, time)
	if (!i || act_pid[key, i] != pid) {
		key = other(key)
		i = act_at(key, time)
	}
	if (!i || act_pid[key, i] != pid)
		return "wrong"
	if (trigger !~ /^(close|shutdown|exit|signal:.*|connect-unspec)$/)
		return "right" # a segment, or a timer, made the kernel act
	return act_trigger[key, i] == trigger ? "right" : "wrong"
}

function judge_finding(key, time, owner, actor, peer, trigger) {
	if (owner != "" && !holds_it(key, owner, time))
		return "wrong"
	if (actor != "" && judge_actor(key, time, actor, trigger) == "wrong")
		return "wrong"
	if (peer != "" && !holds_it(other(key), peer, time))
		return "wrong"
	if (owner == "" || (peer == "" && other(key) in holds))
		return "unknown"
	return "right"
}

function judge_connection(key, time, closer, trigger, own, let_go, own2, let_go2,
			  a) {
	a = first_act(key)
	if (own != "" && !holds_it(key, own, time) && !acted(key, own, time))
		return "wrong"
	if (let_go != "" && !holds_it(key, let_go, time))
		return "wrong"
	if (own2 != "" && !holds_it(other(key), own2, time) &&
	    !acted(other(key), own2, time))
		return "wrong"
	if (let_go2 != "" && !holds_it(other(key), let_go2, time))
		return "wrong"
	if (closer != "" && a != "" &&
	    (act_pid[a] != closer || act_trigger[a] != trigger))
		return "wrong"
	# Who closed before the watch began, nobody saw.
	if ((own == "" && !is_nobodys(key)) ||
	    (own2 == "" && other(key) in holds && !is_nobodys(other(key))) ||
	    (closer == "" && a != "" && act_time[a] > watched_since))
		return "unknown"
	return "right"
}

# --- tcpwhy ---

part == "tcpwhy" && $1 == "start" {
	watched_since = monotonic($2)
	next
}
part == "tcpwhy" && $1 == "state" {
	judge_line(ends(3), monotonic($2), $7, $8, $9, $10, $11, $0)
	if ($7 == "SYN_SENT")
		judge_portless(ends(3), monotonic($2) - $12 * 1000)
	next
}
part == "tcpwhy" {
	key = ends(3)
	if ($1 == "connection" && !(key in holds)) # NAT, or one end only
		key = by_local[$3 "|" $4]
	time = monotonic($2)
	if (!(key in holds))
		unjudged($1, $0)
	else if ($1 == "finding")
		say("tcpwhy", $1, judge_finding(key, time, $7, $8, $9, $10), $0)
	else
		say("tcpwhy", $1,
		    judge_connection(key, time, $7, $8, $9, $10, $11, $12), $0)
}

function unjudged(kind, line) {
	count["tcpwhy", kind, "unjudged"]++
	print "! tcpwhy " kind " unjudged: " line
}

function judge_line(key, time, old, new, pid, tid, name, line) {
	if (key in holds) {
		seen[key, old, new] = time
		say("tcpwhy", "state",
		    judge_state(key, time, old, new, pid, tid, name), line)
	} else if (new == "SYN_SENT" && key ~ /\|0\|/) {
		# Before its port was chosen: see judge_portless().
		waiting[++waiters] = line
		waiting_key[waiters] = key
		waiting_time[waiters] = time
	} else {
		unjudged("state", line)
	}
}

# The connection @key changed to SYN_SENT at @began, which is known to the
# microsecond: a line of that time to that end without a port is that change.
function judge_portless(key, began, i, f, part4) {
	split(key, part4, "|")
	for (i = 1; i <= waiters; i++) {
		split(waiting_key[i], f, "|")
		if (!(i in waiting) || f[3] != part4[3] || f[4] != part4[4] ||
		    waiting_time[i] < began - 1000 ||
		    waiting_time[i] > began + 1000)
			continue
		split(waiting[i], f, "\t")
		judge_line(key, waiting_time[i], f[7], f[8], f[9], f[10], f[11],
			   waiting[i])
		delete waiting[i]
	}
}

# --- tcpstates: no time that is fine enough, no port before it is chosen ---

part == "tcpstates" {
	n = split($0, f, " ")
	if (f[n - 2] != "->")
		next
	rows++
	sock[rows] = f[1]
	row_pid[rows] = f[2]
	old[rows] = f[n - 3]
	new[rows] = f[n - 1]
	key = f[n - 7] "|" f[n - 6] "|" f[n - 5] "|" f[n - 4]
	row_key[rows] = key
	if (f[n - 6] == 0)
		next
	last_key[f[1]] = key
}

function key_of(row, i) {
	if (row_key[row] in holds)
		return row_key[row]
	if (old[row] == "CLOSE" && new[row] == "SYN_SENT") {
		for (i = row + 1; i <= rows; i++)
			if (sock[i] == sock[row])
				return row_key[i]
	} else {
		for (i = row - 1; i > 0; i--)
			if (sock[i] == sock[row])
				return row_key[i]
	}
	return row_key[row]
}

function judge_rows(i, key, verdict, time) {
	for (i = 1; i <= rows; i++) {
		key = key_of(i)
		if (!(key in holds)) # of another network namespace
			continue
		if (!((key, old[i], new[i]) in seen)) {
			count["tcpstates", "state", "unjudged"]++
			continue
		}
		time = seen[key, old[i], new[i]]
		verdict = judge_state(key, time, old[i], new[i], row_pid[i], 0,
				      "")
		count["tcpstates", "state", verdict]++
		if (verdict == "wrong" && row_pid[i] == 0)
			idle++
	}
}

END {
	for (i in waiting)
		unjudged("state", waiting[i])
	judge_rows()
	print_counts("tcpwhy", "state")
	print_counts("tcpwhy", "finding")
	print_counts("tcpwhy", "connection")
	print_counts("tcpstates", "state")
	print "tcpstates idle " idle + 0
}

function print_counts(tool, kind) {
	print tool, kind, count[tool, kind, "right"] + 0,
	      count[tool, kind, "wrong"] + 0,
	      count[tool, kind, "unknown"] + 0,
	      count[tool, kind, "unjudged"] + 0
}
