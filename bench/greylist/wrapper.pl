#!/usr/bin/perl
# A wrapper of qgreylist's kind, as the peer of the benchmark: a file a network, syslog by Sys::Syslog, then exec.
# Its times are in the files: modified = first seen, accessed = last passed. All clients of the benchmark have passed.
use strict;
use warnings;
use Sys::Syslog qw(openlog syslog closelog setlogsock);
my $directory = $ENV{GREYLIST_DIR};
my ($network) = ($ENV{TCPREMOTEIP} // '') =~ /^(\d+\.\d+\.\d+\.)\d+$/ or exec @ARGV;
# By the C library, which is the cheapest way and does not fail where no syslog daemon runs.
setlogsock('native');
openlog('greylist', 'pid', 'mail');
my $file = "$directory/$network";
if (my @st = stat $file) {
  utime time, $st[9], $file;
  syslog('info', '%s', "$ENV{TCPREMOTEIP} OK - accepting");
} else {
  open my $fh, '>', $file or die;
  close $fh;
  syslog('info', '%s', "$ENV{TCPREMOTEIP} new - temp error");
}
closelog();
exec @ARGV;
