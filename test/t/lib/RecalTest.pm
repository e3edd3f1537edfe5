
=pod

=head1 NAME

RecalTest - what the tests of recal need beyond PostgreSQL::Test::Cluster

=cut

package RecalTest;

use strict;
use warnings FATAL => 'all';

use Carp;
use Exporter 'import';
use FindBin;
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(recal_node as_role answer refused make_shop clicks_of_two_groups
  start_session session_pid finish_session wait_until processes workers_of
  shared_segments weights_of);

# A server with the extension; settings are lines of its configuration file.
# RECAL_SERVER names where another one than that of the PATH is installed.
sub recal_node
{
	my ($name, @settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, $ENV{RECAL_SERVER} ? (install_path => $ENV{RECAL_SERVER}) : ());

	$node->init;
	$node->append_conf('postgresql.conf', join("\n", 'autovacuum = off', 'log_statement = none', @settings));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION recal');
	return $node;
}

# Connection options of a role, for tests that must not be superusers who pretend.
sub as_role
{
	my ($role) = @_;
	return defined $role ? (extra_params => [ '-U', $role ]) : ();
}

# answer($node, $sql, role => ..., db => ...): what a query says; dies if it fails.
sub answer
{
	my ($node, $sql, %how) = @_;
	my ($status, $out, $err) = $node->psql(
		$how{db} // 'postgres', $sql,
		on_error_stop => 1,
		as_role($how{role}));

	croak "failed: $sql\n$err" if $status != 0;
	return $out;
}

# refused($node, $sql, $sqlstate, $pattern, $name, role => ...): a test that the
# script's last error has this state and that its text (message, detail, hint) matches.
sub refused
{
	my ($node, $sql, $state, $pattern, $name, %how) = @_;
	my ($status, $out, $err) = $node->psql(
		$how{db} // 'postgres',
		"\\set VERBOSITY verbose\n$sql",
		on_error_stop => 1,
		as_role($how{role}));
	my ($got) = $err =~ /^.*(?:ERROR|FATAL):  ([0-9A-Z]{5}): /m;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $ok = $status != 0 && ($got // '') eq $state && $err =~ $pattern;
	ok($ok, $name);
	diag("wanted $state $pattern, status $status, got: $err$out") unless $ok;
	return $ok;
}

# Tables shop_products, shop_events, shop_truth, shop_tastes.
sub make_shop
{
	my ($node, %size) = @_;
	my @options = map { ('-v', "$_=$size{$_}") } sort keys %size;

	PostgreSQL::Test::Utils::run_log(
		[
			'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', @options,
			'-d', $node->connstr('postgres'),
			'-f', "$FindBin::Bin/../demo/generate-shop.sql"
		]) or croak 'generate-shop.sql failed';
	return;
}

# Even users click even items, odd users odd ones: a model without surprises.
sub clicks_of_two_groups
{
	my ($node, $table, $users, $items, %how) = @_;

	answer($node,
		"CREATE TABLE $table AS SELECT u AS user_id, i AS item_id
		 FROM generate_series(1, $users) u, generate_series(1, $items) i
		 WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0;
		 CREATE INDEX ON $table (user_id);", %how);
	return;
}

# A psql of its own that runs a script in the background, found again in the
# server by its application name.
my $sessions = 0;

sub start_session
{
	my ($node, $sql, %how) = @_;
	my $name = 'session' . ++$sessions;
	my $script = PostgreSQL::Test::Utils::tempdir() . '/script.sql';
	my @role = defined $how{role} ? ('-U', $how{role}) : ();
	my %session = (node => $node, name => $name, out => '', err => '');

	append_to_file($script, "\\set VERBOSITY verbose\n$sql\n");
	$session{run} = IPC::Run::start(
		[
			'psql', '-X', '-q', '-A', '-t', @role, '-v', 'ON_ERROR_STOP=1',
			'-d', $node->connstr($how{db} // 'postgres') . " application_name=$name",
			'-f', $script
		],
		'>', \$session{out}, '2>', \$session{err},
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return \%session;
}

sub session_pid
{
	my ($session) = @_;
	my $pid = '';

	wait_until(
		sub {
			$pid = answer($session->{node},
				"SELECT pid FROM pg_stat_activity WHERE application_name = '$session->{name}'");
			return $pid ne '';
		},
		20) or croak "no session $session->{name}: $session->{err}";
	return $pid;
}

# Waits for the end; gives (exit status, output, errors).
sub finish_session
{
	my ($session) = @_;

	$session->{run}->finish;
	return ($session->{run}->result(0), $session->{out}, $session->{err});
}

# Looks every 20 ms until the function says true; the seconds it took (at least
# a millisecond, so that it is true), or false.
sub wait_until
{
	my ($function, $limit) = @_;
	my $start = time;

	do
	{
		return (time() - $start) || 0.001 if $function->();
		sleep 0.02;
	} while (time() - $start < $limit);
	return 0;
}

# Ids of processes whose title matches.
sub processes
{
	my ($pattern) = @_;
	my @found;

	foreach my $file (glob '/proc/[0-9]*/cmdline')
	{
		open(my $handle, '<', $file) or next;
		local $/ = undef;
		my $title = <$handle> // '';
		close $handle;
		push @found, $file =~ /(\d+)/ if $title =~ $pattern;
	}
	return @found;
}

# Training workers of a backend.
sub workers_of
{
	my ($pid) = @_;
	return processes(qr/^postgres: .*recal worker for PID $pid\b/);
}

# Dynamic shared memory of a server that has dynamic_shared_memory_type = mmap:
# with that its segments are its own files, while in /dev/shm every server's lie.
sub shared_segments
{
	my ($node) = @_;
	return glob $node->data_dir . '/pg_dynshmem/*';
}

# A digest of what a version's training stored.
sub weights_of
{
	my ($node, $model, $version) = @_;
	my $which = $version
	  // "(SELECT current_version FROM recal_models WHERE model = '$model')";

	return answer($node,
		"SELECT string_agg(part || '/' || chunk || ' ' || md5(data), E'\\n' ORDER BY part, chunk)
		 FROM recal_weights WHERE model = '$model' AND version = $which");
}

1;
