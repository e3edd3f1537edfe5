#!/usr/bin/env perl
#
# Gets MovieLens latest-small (the edition of 2016: 671 users, 9,066 films,
# 100,004 ratings) out of Debian's package r-cran-dslabs and writes it as two
# files that COPY reads:
#
#   fetch-movielens.pl DIRECTORY
#
#   DIRECTORY/ratings.tsv    user_id  movie_id  rating  unix_time
#   DIRECTORY/movies.tsv     movie_id  title  year  genres
#
# The data is GroupLens's: for research, to be passed on under the same terms
# only, not for commercial use without permission. It is fetched from Debian's
# archive and is no part of recal.
#
# The package keeps R objects in a "lazy-load database": an index (.rdx) that
# says where in the data file (.rdb) each object lies, both compressed, the
# objects in R's serialisation format. R itself is not needed to read that.
use strict;
use warnings;

use Compress::Zlib qw(memGunzip uncompress);
use File::Basename qw(basename);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use IO::Uncompress::Bunzip2;

my $package = 'r-cran-dslabs';

die "usage: $0 DIRECTORY\n" unless @ARGV == 1;
my $directory = shift;
make_path($directory);

my $scratch = tempdir('recal-movielens.XXXXXX', TMPDIR => 1, CLEANUP => 1);
run('dpkg', '-x', package_file(), $scratch);

my $base = "$scratch/usr/lib/R/site-library/dslabs/data/Rdata";
my $index = unserialize(inflate(slurp("$base.rdx")));
my $where = named($index)->{variables} or die "$base.rdx holds no index\n";
$where = named($where)->{movielens} or die "$package holds no object \"movielens\"\n";

my ($offset, $length) = @{ $where->{values} };
# four bytes hold the length, which the stream knows as well
my $frame = named(unserialize(inflate(substr(slurp("$base.rdb"), $offset + 4, $length - 4))));

my %column;
$column{$_} = strings($frame->{$_} || die "the data frame has no column \"$_\"\n")
	for qw(movieId title year genres userId rating timestamp);

my (%movie, $ratings);
open my $out, '>:raw', "$directory/ratings.tsv" or die "$directory/ratings.tsv: $!\n";
for my $i (0 .. $#{ $column{userId} })
{
	print $out join("\t", map { copy_text($column{$_}[$i]) } qw(userId movieId rating timestamp)), "\n";
	$movie{ $column{movieId}[$i] } //= $i;
	$ratings++;
}
close $out or die "$directory/ratings.tsv: $!\n";

open $out, '>:raw', "$directory/movies.tsv" or die "$directory/movies.tsv: $!\n";
for my $i (map { $movie{$_} } sort { $a <=> $b } keys %movie)
{
	print $out join("\t", map { copy_text($column{$_}[$i]) } qw(movieId title year genres)), "\n";
}
close $out or die "$directory/movies.tsv: $!\n";

my %user = map { $_ => 1 } @{ $column{userId} };
printf "MovieLens latest-small: %d users, %d films, %d ratings\n", scalar keys %user, scalar keys %movie, $ratings;

# The package's file, from the cache or the archive.
sub package_file
{
	my $cache = ($ENV{XDG_CACHE_HOME} || ($ENV{HOME} // '/tmp') . '/.cache') . '/recal';
	my ($file) = glob("'$cache'/${package}_*.deb");
	return $file if $file && -s $file;

	die "Debian's package $package cannot be had: there is no apt-get here\n"
	  unless grep { -x "$_/apt-get" } split /:/, $ENV{PATH};
	chdir $scratch or die "$scratch: $!\n";
	if (!fetched())
	{
		# a fresh machine may have no package lists yet
		my @sudo = $> == 0 ? () : ('sudo', '-n');
		system("@sudo apt-get -qq update >/dev/null 2>&1");
		fetched() or die "Debian's package $package cannot be had: apt-get download failed\n";
	}
	($file) = glob("'$scratch'/${package}_*.deb");
	chdir '/';
	eval {
		make_path($cache);
		copy($file, "$cache/.part.$$") and rename("$cache/.part.$$", "$cache/" . basename($file));
	};
	return $file;
}

sub fetched
{
	system("apt-get -qq download $package >/dev/null 2>&1") == 0 or return 0;
	my @files = glob("'$scratch'/${package}_*.deb");
	return @files == 1;
}

sub run
{
	system(@_) == 0 or die "@_ failed\n";
}

sub slurp
{
	my $path = shift;
	open my $in, '<:raw', $path or die "$path: $!\n";
	local $/;
	return scalar <$in>;
}

# A text value as COPY wants it; undef is NULL.
sub copy_text
{
	my $value = shift;
	return '\N' unless defined $value;
	$value =~ s/([\\\t\n\r])/{ '\\' => '\\\\', "\t" => '\t', "\n" => '\n', "\r" => '\r' }->{$1}/ge;
	return $value;
}

# What R compresses with: gzip, zlib, or, after a letter that says so, bzip2.
sub inflate
{
	my $data = shift;
	my $plain;
	if    (substr($data, 0, 2) eq "\x1f\x8b") { $plain = memGunzip($data); }
	elsif (substr($data, 0, 1) eq "\x78")     { $plain = uncompress($data); }
	elsif (substr($data, 0, 4) eq '2BZh')
	{
		my $packed = substr($data, 1);
		IO::Uncompress::Bunzip2::bunzip2(\$packed => \$plain);
	}
	die "compressed in a way that this script does not know\n" unless defined $plain;
	return $plain;
}

#
# R's serialisation, XDR form. Every object becomes a hash with its type, its
# values (an array) and its attributes (a hash).
#

my ($bytes, $at, @seen);

sub unserialize
{
	$bytes = shift;
	$at = 0;
	@seen = ();
	die "not R's serialisation in XDR form\n" unless take(2) eq "X\n";
	my ($version) = (integer(), integer(), integer());
	take(integer()) if $version >= 3;    # the name of the native encoding
	return item();
}

sub take
{
	my $n = shift;
	die "R object ends too early\n" if $at + $n > length $bytes;
	my $part = substr($bytes, $at, $n);
	$at += $n;
	return $part;
}

sub integer { return unpack('l>', take(4)); }

sub vector_length
{
	my $n = integer();
	return $n >= 0 ? $n : integer() * 2**32 + integer();
}

# Reads one object.
sub item
{
	my $flags = integer();
	my $type = $flags & 0xff;
	my $object = { type => $type, values => [], attributes => {} };

	# NULL, environments and other objects that exist once
	return $object if $type == 254 || ($type >= 241 && $type <= 242) || ($type >= 250 && $type <= 253);

	if ($type == 255)    # seen before
	{
		my $number = $flags >> 8 || integer();
		return $seen[ $number - 1 ];
	}
	if ($type == 1)      # symbol
	{
		push @seen, $object;
		$object->{values} = item()->{values};
		return $object;
	}
	if ($type >= 247 && $type <= 249)    # package, namespace, persistent object: by name
	{
		integer();
		$object->{values} = [ map { item()->{values}[0] } 1 .. integer() ];
		push @seen, $object;
		return $object;
	}
	if ($type == 4)      # environment
	{
		push @seen, $object;
		integer();
		item() for 1 .. 4;
		return $object;
	}
	# lists of pairs, calls and functions; two codes say that attributes follow
	if ($type == 2 || $type == 3 || $type == 5 || $type == 6 || $type == 17 || $type == 239 || $type == 240)
	{
		return pairs($flags, $object);
	}
	return compact($object) if $type == 238;

	if ($type == 9)      # one string
	{
		my $n = integer();
		my $text = $n < 0 ? undef : take($n);
		# a bit of the levels says Latin-1; anything else is UTF-8 or ASCII
		utf8::encode($text) if defined $text && ($flags >> 12) & 4;
		$object->{values} = [$text];
	}
	elsif ($type == 10 || $type == 13)    # logical, integer
	{
		$object->{values} = [ map { $_ == -2147483648 ? undef : $_ } unpack('l>*', take(4 * vector_length())) ];
	}
	elsif ($type == 14)                   # double; NaN stands for NA
	{
		$object->{values} = [ map { $_ == $_ ? $_ : undef } unpack('d>*', take(8 * vector_length())) ];
	}
	elsif ($type == 16)                   # strings
	{
		$object->{values} = [ map { item()->{values}[0] } 1 .. vector_length() ];
	}
	elsif ($type == 19 || $type == 20)    # list, expression
	{
		$object->{values} = [ map { item() } 1 .. vector_length() ];
	}
	elsif ($type == 15) { take(16 * vector_length()); }
	elsif ($type == 24) { take(vector_length()); }
	else                { die "R object of type $type is not known to this script\n"; }

	$object->{attributes} = tagged(item()) if $flags & 0x200;
	return $object;
}

# A list of pairs, as an array of [tag, value].
sub pairs
{
	my ($flags, $object) = @_;
	while (1)
	{
		my $type = $flags & 0xff;
		item() if $flags & 0x200 || $type == 239 || $type == 240;
		my $tag = $flags & 0x400 ? item()->{values}[0] : undef;
		push @{ $object->{values} }, [ $tag, item() ];

		# the rest of the list is an object of its own; follow it without recursion
		my $next = unpack('l>', substr($bytes, $at, 4));
		if (($next & 0xff) != 2)
		{
			item();
			return $object;
		}
		$flags = integer();
	}
}

sub tagged
{
	my $list = shift;
	return { map { defined $_->[0] ? ($_->[0] => $_->[1]) : () } @{ $list->{values} } };
}

# Vectors that R keeps in a shorter form: sequences, strings of numbers, wrappers.
sub compact
{
	my $object = shift;
	my $class = item()->{values}[0][1]{values}[0];
	my $state = item();
	my $attributes = item();
	if ($class =~ /^compact_(int|real)seq$/)
	{
		my ($n, $first, $step) = @{ $state->{values} };
		$object->{values} = [ map { $first + $_ * $step } 0 .. $n - 1 ];
		$object->{type} = $1 eq 'int' ? 13 : 14;
	}
	elsif ($class eq 'deferred_string')
	{
		$object->{values} = $state->{values}[0][1]{values};
		$object->{type} = 16;
	}
	elsif ($class =~ /^wrap_/)
	{
		# the state is a list or a list of pairs, the vector its first element
		my $first = $state->{values}[0];
		$first = $first->[1] if ref $first eq 'ARRAY';
		%$object = %$first;
	}
	else
	{
		die "R's compact form \"$class\" is not known to this script\n";
	}
	$object->{attributes} = tagged($attributes) if $attributes->{type} == 2;
	return $object;
}

# A list with names, as a hash.
sub named
{
	my $list = shift;
	my %hash;
	@hash{ @{ $list->{attributes}{names}{values} || [] } } = @{ $list->{values} };
	return \%hash;
}

# A column of a data frame; factors give their labels.
sub strings
{
	my $column = shift;
	my $levels = $column->{attributes}{levels};
	return $column->{values} unless $levels;
	return [ map { defined $_ ? $levels->{values}[ $_ - 1 ] : undef } @{ $column->{values} } ];
}
