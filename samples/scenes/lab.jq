# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the scenes' questions and expectations are written with. The input of
# every filter is one scene:
#   events   the JSON lines of tcpwhy
#   roles    {name: pid}, as the processes themselves said
#   packets  what tcpdump printed; null: it did not run
#   fast     whether --fast was given

def findings: [.events[] | select(.type == "finding")];
def causes: [findings[].cause];
def connections: [.events[] | select(.type == "connection")];
def connection: connections[0];

# No answer must be null, not empty: an empty one would skip its check.
def one(f): first(f) // null;

def role($name): one(.roles | to_entries[] | select(.key | endswith($name)));
def server: role("server").value;
def client: role("client").value;

# The end of the connection that belongs to a process.
def end_of($pid): one(connection.ends[]? | select(.owner.pid == $pid));

# "OLD → NEW" of every state change of the sockets of a process.
def changes($pid):
  [.events[] | select(.kind == "state" and .owner.pid == $pid)
   | "\(.old) → \(.new)"];

def strangers:
  [server, client] as $ours
  | [.events[] | select(.kind == "state") | .owner.pid
     | select(. as $pid | $ours | index($pid) | not)];

def packets($flags): [.packets // "" | match("Flags \\[" + $flags; "g")];

def who: if . then "\(.comm)[\(.pid)]" else "nobody known" end;
def endpoint: if .addr | contains(":") then "[\(.addr)]:\(.port)"
              else "\(.addr):\(.port)" end;
def path: .states | join(" → ");
def round1: . * 10 | round / 10;
def duration:
  if . >= 1000000 then "\(. / 1000000 | round1) s"
  elif . >= 1000 then "\(. / 1000 | round1) ms"
  else "\(.) us" end;

# One expectation. $got is shown when it is not met.
def check($what; $ok; $got):
  {what: $what, ok: ($ok == true), got: ($got | tojson)};
def check_equal($what; $got; $want): check($what; $got == $want; $got);

# For the packets, when there are any.
def check_packets($what; $flags; $count):
  if .packets then check_equal($what; packets($flags) | length; $count)
  else empty end;

# The end of a connection that was closed as it should be, client first.
def check_closed_well:
  check_equal("no finding"; causes; []),
  check_equal("one connection"; connections | length; 1),
  check_equal("it closed normally"; connection.how; "fin"),
  check_equal("the client closed first"; connection.closed_by.pid; client),
  check_equal("every change of the client"; changes(client);
    ["CLOSE → SYN_SENT", "SYN_SENT → ESTABLISHED",
     "ESTABLISHED → FIN_WAIT1", "FIN_WAIT1 → FIN_WAIT2",
     "FIN_WAIT2 → CLOSE"]),
  check_equal("every change of the server"; changes(server);
    ["CLOSE → LISTEN", "LISTEN → SYN_RECV", "SYN_RECV → ESTABLISHED",
     "ESTABLISHED → CLOSE_WAIT", "CLOSE_WAIT → LAST_ACK",
     "LAST_ACK → CLOSE", "LISTEN → CLOSE"]),
  check_equal("no other process"; strangers; []),
  check_packets("two FINs"; "F"; 2),
  check_packets("no RST"; "R"; 0);

def ask($question; $answer): {question: $question, answer: $answer};

# What a closed connection leaves to ask, for the documents that have one.
def ask_closed:
  ask("Which process is at which end?";
      "\(end_of(client) | "\(.local | endpoint) is \(.owner | who)"), "
      + "\(end_of(server) | "\(.local | endpoint) is \(.owner | who)").");

def ask_path:
  ask("netstat shows one moment. Which states did each end go through?";
      "\(end_of(client) | "\(.owner | who): \(path)"). "
      + "\(end_of(server) | "\(.owner | who): \(path)").");

def ask_first:
  ask("Who closed first, and how?";
      "\(connection.closed_by | who), with \(connection.trigger)(). So that end waits "
      + "in TIME_WAIT. The connection was over after "
      + "\(connection.duration_us | duration).");

# Whether a finding says who did what to whom with a zero linger time.
def check_linger_zero:
  check_equal("one finding, rst.linger-zero"; causes; ["rst.linger-zero"]),
  (findings[0]
   | check_equal("confidence"; .confidence; "certain"),
     check_equal("trigger"; .trigger; "close")),
  check_equal("owner is the server"; findings[0].owner.pid; server),
  check_equal("actor is the server"; findings[0].actor.pid; server),
  check_equal("peer is the client"; findings[0].peer.pid; client),
  check("effect says ECONNRESET"; findings[0].effect // ""
        | contains("ECONNRESET"); findings[0].effect),
  check_equal("the connection ended by a RST"; connection.how; "rst"),
  check_equal("no other process"; strangers; []),
  check_packets("one RST, no second one"; "R"; 1),
  check_packets("no FIN"; "F"; 0);

def ask_linger_zero:
  findings[0] as $f
  | ask("The packets show a RST. Which process sent it, and by which act?";
        $f.why + "."),
    ask("How is that known?";
        "The socket's linger time was \($f.evidence.linger_s) s, and the kernel"
        + " was in \($f.evidence.stack[1:4] | join(" ← ")) when it sent the"
        + " RST. Cause \($f.cause), \($f.confidence)."),
    ask("What did it do to the other end?"; $f.effect + ".");

def ask_no_second_rst:
  ask("Where are the client's FIN and the second RST that the document shows?";
      "Linux sends neither. The RST ends the connection at both ends at once: "
      + "when the client calls close() there is no connection left, so no FIN "
      + "to send, and nothing that would call for another RST."
      + if .packets then " tcpdump saw \(packets("R") | length) RST and "
                         + "\(packets("F") | length) FIN." else "" end);
