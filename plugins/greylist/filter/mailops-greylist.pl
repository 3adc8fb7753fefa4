#!/usr/bin/perl
# mailops-greylist: runs between tcpserver and qmail-smtpd, asks the greylist daemon, and becomes qmail-smtpd.
# The form for machines without a compiler: no modules, which would double what a connection costs. It does what
# main.c, ask.c and dialog.c do, reason for reason; one test suite holds both to it. The dialog stands behind __END__,
# so that a client that passes does not pay for compiling it.
my $VERSION = '0.1.0';
my ($REPLY, $FIELD, $TALLY_LIMIT) = (1024, 900, 16 << 20);
# Linux, all processors but alpha, mips, parisc and sparc, where `mailops greylist build-filter` is the way.
my ($AF_UNIX, $SOCK_STREAM, $SOCK_NONBLOCK, $MSG_NOSIGNAL) = (1, 1, 04000, 0x4000);
my ($EAGAIN, $EINTR, $EPIPE, $ETIMEDOUT, $ENAMETOOLONG, $EPROTO, $ECONNRESET) = (11, 4, 32, 110, 36, 71, 104);
my ($APPEND, $NOFOLLOW, $NONBLOCK) = (01 | 02000, 0400000, 04000);

my $usage = <<'USAGE';
usage: mailops-greylist [--socket PATH] [--timeout MS] [--fail open|closed] [--dialog own|rblsmtpd] [--text T]
         [--name HOST] [--reply-delay MS] [--idle MS] [--session MS] [--answer LINE] PROGRAM [ARG...]
--answer takes a line of the daemon as given, and asks nobody.
Environment: RELAYCLIENT; GREYLIST (empty: pass, text: refuse), GREYLIST_DELAY, _WINDOW, _KEEP, and
_SOCKET, _TIMEOUT, _FAIL, _DIALOG, _TEXT, _NAME, _REPLY_DELAY, which go before the options.
USAGE
my %cfg = (socket => '/run/mailops/greylist.sock', text => '', name => '', timeout => 2000, 'reply-delay' => 0,
  idle => 30000, session => 60000, fail => 'open', dialog => 'own', answer => '');
my %choice = (fail => {open => 1, closed => 1}, dialog => {own => 1, rblsmtpd => 1});
my %number = map { $_ => 1 } qw(timeout reply-delay idle session);
my $address = '';

my ($own, $ip) = ($ENV{GREYLIST}, $ENV{TCPREMOTEIP});

# One line on stderr, which is the log of tcpserver.
sub note {
  my ($what, $why) = @_;
  syswrite STDERR, sprintf "mailops-greylist: %s pid %d: %.250s: %.220s\n", $address ne '' ? $address : '-', $$, $what, $why;
}

sub temporary {
  my ($why, $status) = @_;
  note('client sent away', $why);
  syswrite STDOUT, "451 4.3.0 mail server temporarily unable to serve\r\n";
  exit $status;
}

# A value that cannot be is told and ignored: a slip in a file must not stop the mail. False: no such option.
sub set {
  my ($name, $value) = @_;
  return 0 unless exists $cfg{$name};
  if ($number{$name} && ($value !~ /\A\d{1,7}\z/ || $value > 3600000)) { note('setting ignored, not milliseconds', $name) }
  elsif ($choice{$name} && !$choice{$name}{$value}) { note('setting ignored, unknown value', $name) }
  else { $cfg{$name} = $value }
  return 1;
}

sub options {
  while (@ARGV && $ARGV[0] =~ /^--/) {
    my ($name, $value) = shift(@ARGV) =~ /^--([^=]*)(?:=(.*))?\z/s;
    return if $name eq '' && !defined $value;
    if ($name eq 'help' && !defined $value) { print $usage; exit 0 }
    if ($name eq 'version' && !defined $value) { print "mailops-greylist $VERSION (Perl)\n"; exit 0 }
    $value = shift @ARGV unless defined $value;
    next if defined $value && set($name, $value);
    syswrite STDERR, $usage;
    temporary('no such option, or it wants a value', 100);
  }
}

sub environment {
  for my $name (qw(socket timeout fail dialog text name reply-delay)) {
    (my $variable = 'GREYLIST_' . uc $name) =~ tr/-/_/;
    set($name, $ENV{$variable}) if defined $ENV{$variable};
  }
}

sub become {
  exec { $ARGV[0] } @ARGV;
  temporary(sprintf('cannot run %.200s: %s', $ARGV[0], "$!"), 111);
}

# select(2) tells how much of its time was left: a clock that cannot jump, and needs no module.
my $left;
sub wait_for {
  my ($fh, $writing) = @_;
  while ($left > 0) {
    my $bits = '';
    vec($bits, fileno $fh, 1) = 1 if $fh;
    my ($n, $rest) = $writing ? select(undef, $bits, undef, $left) : select($bits, undef, undef, $left);
    $left = $rest;
    next if $n < 0 && $! == $EINTR;
    return 1 if $n > 0;
    last;
  }
  $! = $ETIMEDOUT;
  return 0;
}

# A connected socket, or nothing. Blocking, connect(2) waits for ever behind a stopped daemon whose backlog is full.
sub reach {
  my ($path) = @_;
  if (length $path > 107) { $! = $ENAMETOOLONG; return }
  socket my $fh, $AF_UNIX, $SOCK_STREAM | $SOCK_NONBLOCK, 0 or return;
  until (connect $fh, pack 'S a108', $AF_UNIX, $path) {
    my $error = $! + 0;
    if (($error != $EAGAIN && $error != $EINTR) || $left <= 0.01) { $! = $error == $EAGAIN ? $ETIMEDOUT : $error; return }
    select undef, undef, undef, 0.01;
    $left -= 0.01;
  }
  return $fh;
}

# MSG_NOSIGNAL: a daemon that closes early would kill us with SIGPIPE, and the client's connection with us.
sub put {
  my ($fh, $line) = @_;
  while (length $line) {
    my $n = send $fh, $line, $MSG_NOSIGNAL;
    if ($n) { substr($line, 0, $n) = '' }
    elsif (!defined $n && $! != $EAGAIN && $! != $EINTR) { return 0 }
    else { wait_for($fh, 1) or return 0 }
  }
  return 1;
}

# One line, its end removed; nothing when it did not come.
sub get {
  my ($fh) = @_;
  my $line = '';
  while (length $line < $REPLY - 1) {
    wait_for($fh, 0) or return;
    my $n = sysread $fh, $line, $REPLY - 1 - length $line, length $line;
    next if !defined $n && ($! == $EAGAIN || $! == $EINTR);
    return unless defined $n;
    if (!$n) { $! = $line ne '' ? $EPROTO : $ECONNRESET; return }
    return substr $line, 0, index $line, "\n" if index($line, "\n") >= 0;
  }
  $! = $EPROTO;
  return;
}

# What a line of the daemon says; as ask gives it.
sub judge {
  my ($line) = @_;
  return ('pass', '') if $line eq 'pass';
  return ('grey', $1) if $line =~ /\Agrey \d{1,9}(?: (.*))?\z/s;
  return ('deny', $1) if $line =~ /\Adeny(?: (.*))?\z/s;
  (my $shown = $line) =~ tr/ -~/?/c;
  return ('none', sprintf('daemon says: %.200s', $2 || 'fail'), 'f') if $shown =~ /\Afail( (.*))?\z/;
  return ('none', sprintf('not understood: %.60s', $shown), 'p');
}

# What the daemon says: (verdict, text), or (none, why, the letter that the tally gets for it).
sub ask {
  my ($request) = @_;
  return judge($cfg{answer}) if $cfg{answer} ne '';
  $left = $cfg{timeout} / 1000;
  my $fh = reach($cfg{socket});
  my $doing = 'connect';
  if ($fh) {
    $doing = 'write to';
    my $line;
    # Even when it could not all be written: a daemon that refuses may have said why.
    if (put($fh, $request) || $! == $EPIPE) { $doing = 'read from'; $line = get($fh) }
    return judge($line) if defined $line;
  }
  my $error = $! + 0;
  return ('none', sprintf('cannot %s %.150s: %s', $doing, $cfg{socket}, "$!"), $error == $ETIMEDOUT ? 't' : $fh ? 'p' : 'c');
}

# " name=value"; what is not plain becomes %XX.
sub field {
  my ($name, $value) = @_;
  $value =~ s/([^!-\$&-~])/sprintf '%%%02X', ord $1/ge;
  $value = substr $value, 0, $FIELD;
  $value =~ s/%.?\z//;
  return " $name=$value";
}

# One letter for each connection that nobody checked; the daemon counts and empties the file. Gives how many there are.
sub tally {
  my ($kind) = @_;
  my $path = $cfg{socket};
  $path =~ s/(?<=.)\.sock\z//s or $path .= '.d';
  sysopen my $fh, "$path/unchecked", $APPEND | $NOFOLLOW | $NONBLOCK or return 0;
  my $size = -s $fh || 0;
  $size++ if -f _ && $size < $TALLY_LIMIT && syswrite $fh, $kind;
  return $size;
}

sub unchecked {
  my ($kind, $why) = @_;
  my $count = tally($kind);
  note($cfg{fail} eq 'closed' ? 'unchecked, deferred' : 'unchecked, passes', $count > 1 ? "$why ($count so far)" : $why);
  become() if $cfg{fail} ne 'closed';
}

sub through_rblsmtpd {
  my ($refuse, $text) = @_;
  my $seconds = int($cfg{session} / 1000) || 1;
  local $ENV{RBLSMTPD} = ($refuse ? '-5.7.1 ' : '4.2.0 ') . substr $text, 0, 500;
  exec 'rblsmtpd', "-t$seconds", @ARGV;
  note('cannot run rblsmtpd, own dialog instead', "$!");
}

sub send_away {
  my ($refuse, $answer) = @_;
  my $text = $cfg{text} ne '' && !$refuse ? $cfg{text} : defined $answer && $answer ne '' ? $answer
    : $refuse ? 'not accepted from here' : 'greylisted, please try again later';
  $text = substr $text, 0, 400;
  $text =~ tr/ -~/?/c;
  through_rblsmtpd($refuse, $text) if $cfg{dialog} eq 'rblsmtpd';
  if ($cfg{name} eq '') {
    my $host = defined $ENV{TCPLOCALHOST} ? $ENV{TCPLOCALHOST} : '';
    if ($host eq '' && open my $fh, '<', '/proc/sys/kernel/hostname') { chomp($host = <$fh>) }
    $cfg{name} = $host ne '' ? $host : 'localhost';
  }
  # TCPLOCALHOST is DNS data, and a line end in it would be one in our replies.
  ($cfg{name} = substr $cfg{name}, 0, 255) =~ tr/!-~/?/c;
  # As a process of its own, which holds a fifth less memory than this one while the client takes its time.
  my $report = $address eq '' ? '' : 'envelope' . field('ip', $ip);
  $report .= field('host', $ENV{TCPREMOTEHOST}) if $report ne '' && defined $ENV{TCPREMOTEHOST} && $ENV{TCPREMOTEHOST} ne '';
  my $no = $refuse ? "553 5.7.1 $text" : "450 4.2.0 $text";
  my $begin = 'open my $f, "<", shift; while (<$f>) { last if /^__END__$/ } { local $/; $_ = <$f> } eval; die $@ if $@';
  exec $^X, '-e', $begin, $0, $no, $report, @cfg{qw(socket name idle session reply-delay)};
  temporary("cannot run $^X: $!", 111);
}

options();
unless (@ARGV) { syswrite STDERR, $usage; temporary('no program given', 100) }
$ip = $ENV{TCP6REMOTEIP} unless defined $ip && $ip ne '';
$ip = '' unless defined $ip;
($address = substr $ip, 0, 63) =~ tr/0-9a-fA-F.:%/?/c;
become() if exists $ENV{RELAYCLIENT} || (defined $own && $own eq '');
environment();
send_away(1, $own) if defined $own;
if ($address eq '') { unchecked('n', 'neither TCPREMOTEIP nor TCP6REMOTEIP is set'); send_away(0, '') }
my $request = 'connect' . field('ip', $ip);
$request .= field('host', $ENV{TCPREMOTEHOST}) if defined $ENV{TCPREMOTEHOST} && $ENV{TCPREMOTEHOST} ne '';
for my $name (qw(DELAY WINDOW KEEP)) { $request .= field(lc $name, $ENV{"GREYLIST_$name"}) if defined $ENV{"GREYLIST_$name"} }
my ($verdict, $text, $kind) = ask("$request\n");
become() if $verdict eq 'pass';
unchecked($kind, $text) if $verdict eq 'none';
send_away($verdict eq 'deny', $verdict eq 'none' ? '' : $text);

__END__
# The dialog with a client that is deferred or refused: a program of its own, see send_away above and dialog.c.
my ($no, $report, $path, $name, $idle, $session, $delay) = @ARGV;
my ($FIELD, $COMMAND, $MAX_COMMANDS, $MAX_BYTES) = (900, 1000, 100, 65536);
my ($AF_UNIX, $SOCK_STREAM, $SOCK_NONBLOCK, $MSG_NOSIGNAL, $EAGAIN, $EINTR) = (1, 1, 04000, 0x4000, 11, 4);
$name = substr $name, 0, 255;

my ($input, $received, $left, %said, $from, $mailing, $rcpts) = ('', 0);

sub say_line {
  my ($reply) = @_;
  select undef, undef, undef, $delay / 1000 if $delay > 0;
  my $bits = '';
  vec($bits, 1, 1) = 1;
  return select(undef, $bits, undef, 10) > 0 && syswrite(STDOUT, "$reply\r\n") == length($reply) + 2;
}

# One line without CR and LF. Nothing: `end` says why; an empty list element: too long, all of it skipped.
sub get_line {
  my ($skipped, $end) = (0);
  while (($end = index $input, "\n") < 0) {
    if (length $input >= $COMMAND) { $skipped = 1; $input = '' }
    my $wait = $idle / 1000 < $left ? $idle / 1000 : $left;
    if ($wait <= 0) { $said{end} = 'idle'; return }
    my $bits = '';
    vec($bits, 0, 1) = 1;
    my ($n, $rest) = select($bits, undef, undef, $wait);
    $left -= $wait - $rest;
    next if $n < 0 && $! == $EINTR;
    if ($n == 0) { $said{end} = 'idle'; return }
    my $got = sysread STDIN, $input, 2048, length $input;
    if (!$got) { $said{end} = 'eof'; return }
    if (($received += $got) > $MAX_BYTES) { $said{end} = 'limit'; return }
  }
  my $line = substr $input, 0, $end;
  substr($input, 0, $end + 1) = '';
  return (1, undef) if $skipped || length $line >= $COMMAND;
  $line =~ s/\r\z//;
  $line =~ tr/\0/?/;
  return (1, $line);
}

# The path of MAIL FROM:<path> and RCPT TO:<path>; what follows it are ESMTP parameters.
sub path {
  my ($text) = @_;
  return substr $1, 0, $FIELD - 1 if $text =~ /\A *<([^>]*)/ || $text =~ /\A *([^ ]*)/;
}

sub reply_to {
  my ($line, $no) = @_;
  return '500 5.5.2 line too long' unless defined $line;
  if ($line =~ /\A(HELO|EHLO)(?: (.*))?\z/is) {
    ($mailing, $rcpts, $said{helo}) = (0, 0, substr(defined $2 ? $2 : '', 0, 255));
    return uc $1 eq 'EHLO' ? "250-$name\r\n250-PIPELINING\r\n250 8BITMIME" : "250 $name";
  }
  if ($line =~ /\AMAIL FROM:(.*)\z/is) {
    return '503 5.5.1 MAIL was given already' if $mailing;
    ($from, $mailing) = (path($1), 1);
    $said{from} = $from unless defined $said{from};
    return '250 2.1.0 ok';
  }
  if ($line =~ /\ARCPT TO:(.*)\z/is) {
    return '503 5.5.1 MAIL first' unless $mailing;
    $said{to} = path($1) unless defined $said{to};
    $said{rcpts}++;
    $rcpts++;
    # The null sender asks whether an address is good (a callout): it gets its answer, and is deferred at DATA.
    return $from ne '' || $no =~ /^5/ ? $no : '250 2.1.5 ok';
  }
  return '501 5.5.4 syntax error' if $line =~ /\A(?:MAIL|RCPT)(?: |\z)/i;
  return $rcpts ? $no : '503 5.5.1 RCPT first' if $line =~ /\ADATA(?: |\z)/i;
  if ($line =~ /\ARSET(?: |\z)/i) { ($mailing, $rcpts) = (0, 0); return '250 2.0.0 ok' }
  return '250 2.0.0 ok' if $line =~ /\ANOOP(?: |\z)/i;
  return '252 2.1.5 send some mail' if $line =~ /\AVRFY(?: |\z)/i;
  return '502 5.5.1 not implemented';
}

sub dialog {
  my $commands = 0;
  local $SIG{PIPE} = 'IGNORE';
  $left = $session / 1000;
  %said = (helo => '', rcpts => 0, end => 'eof');
  say_line(sprintf '220 %.255s ESMTP', $name) or return;
  while (my ($came, $line) = get_line()) {
    if (++$commands > $MAX_COMMANDS) { $said{end} = 'limit'; last }
    if (defined $line && $line =~ /\AQUIT(?: |\z)/i) { say_line('221 2.0.0 bye'); $said{end} = 'quit'; return }
    $left -= $delay / 1000;
    unless (say_line(reply_to($line, $no))) { $said{end} = 'eof'; return }
  }
  say_line('421 4.4.2 timeout') if $said{end} eq 'idle';
  say_line('421 4.7.0 too much') if $said{end} eq 'limit';
}

# " name=value"; what is not plain becomes %XX.
sub field {
  my ($name, $value) = @_;
  $value =~ s/([^!-\$&-~])/sprintf '%%%02X', ord $1/ge;
  $value = substr $value, 0, $FIELD;
  $value =~ s/%.?\z//;
  return " $name=$value";
}

dialog();
exit 0 if $report eq '' || length $path > 107;
$report .= field('helo', $said{helo});
$report .= field('from', $said{from}) if defined $said{from};
$report .= field('to', $said{to}) if defined $said{to};
$report .= " rcpts=$said{rcpts} end=$said{end}\n";
# Tells the daemon what needs no answer: it fits into the socket's buffer, and half a second is all it is worth.
socket my $fh, $AF_UNIX, $SOCK_STREAM | $SOCK_NONBLOCK, 0 or exit 0;
for my $try (1 .. 50) {
  if (connect $fh, pack 'S a108', $AF_UNIX, $path) { send $fh, $report, $MSG_NOSIGNAL; last }
  last if $! != $EAGAIN && $! != $EINTR;
  select undef, undef, undef, 0.01;
}
