# The report is well-formed whatever a database holds, and looks like something.
use strict;
use warnings FATAL => 'all';

use Compress::Zlib;
use File::Copy;
use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Utils;
use RecalTest;
use Test::More;

my $node = recal_node('report', "client_encoding = 'latin1'");
my $output = $PostgreSQL::Test::Utils::log_path;

# A page, kept with the output of the tests.
sub page_of
{
	my ($model, $name) = @_;
	my $page = answer($node, 'SELECT recal_report($m$' . $model . '$m$)') . "\n";

	open(my $file, '>', "$output/$name.html") or die "$name.html: $!";
	print $file $page;
	close $file;
	return $page;
}

# Every element that is opened is closed, in order, every attribute is quoted,
# text has no markup, ids are unique: as XML has it, which HTML understands, too.
sub well_formed
{
	my ($page) = @_;
	my (@open, %ids);

	return 'no doctype' unless $page =~ s/\A<!DOCTYPE html>\n//;
	return "character $1" if $page =~ /([^\n\x20-\x7E])/;
	while ($page =~ /\G([^<]*)(<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z:][A-Za-z0-9:-]*="[^"<]*")*)\s*(\/?)>|\z)/gc)
	{
		my ($text, $tag, $end, $name, $attributes, $empty) = ($1, $2, $3, $4, $5, $6);

		foreach my $part ($text, $attributes // '')
		{
			return "reference in $part" if $part =~ /&(?!#(\d+);)/;
			while ($part =~ /&#(\d+);/g)
			{
				return "reference $1" if $1 < 32 || ($1 >= 127 && $1 < 160) || ($1 >= 0xD800 && $1 < 0xE000) || ($1 & 0xFFFE) == 0xFFFE || $1 > 0x10FFFF;
			}
		}
		return @open ? "open: @open" : 'fine' if $tag eq '';
		return "id $1 twice" if $attributes =~ /\sid="([^"]*)"/ && $ids{$1}++;
		if    ($end)    { return "</$name> after @open" unless @open && pop(@open) eq $name; }
		elsif (!$empty) { push @open, $name; }
	}
	return 'cannot be read at: ' . substr($page, pos($page) // 0, 60);
}

# By a parser of repute, where there is one.
sub parsed
{
	my ($page) = @_;

	return eval { require XML::Parser; XML::Parser->new->parse($page =~ s/\A<!DOCTYPE html>\n//r); 1 } ? 'XML::Parser' : $@
	  if eval { require XML::Parser; 1 };
	return 'none' if system('python3 -c "import xml.dom.minidom" 2>/dev/null') != 0;
	open(my $python, '|-', 'python3', '-c', 'import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.read().split("\n", 1)[1])') or return $!;
	print $python $page;
	return close($python) ? 'python' : 'python refuses it';
}

# What is on every page.
sub check_page
{
	my ($page, $name) = @_;

	is(well_formed($page), 'fine', "$name: well-formed");
	my $parser = parsed($page);
	like($parser, qr/^(XML::Parser|python|none)$/, "$name: a parser reads it");
	note "$name: read by $parser, " . length($page) . ' bytes';
	is(join(' ', $page =~ /<figure id="(\w+)"/g), 'loss quality phases popularity histories questions map', "$name: the pictures");
	is(scalar(() = $page =~ /<svg role="img" aria-label="[^"]{10,}" viewBox="0 0 \d+ \d+">/g), 7, "$name: each is a picture that says what it is");
	is(scalar(() = $page =~ /<table>/g), 7, "$name: with its numbers");
	unlike($page, qr/<(?:script|link|img|image|iframe|object|embed|use|foreignObject|a)\b/i, "$name: nothing that runs or loads");
	unlike($page, qr/<[^>]*\s(?:src|href|xlink:href|on[a-z]+|style)=/i, "$name: no attribute that would");
	unlike($page =~ s/[^<]*(?=<\/title>|<\/td>|<\/text>)//gr, qr{https?:|//|\@import|url\((?!#)}i, "$name: no address outside the data's text");
	unlike($page, qr/\b(?:nan|-?inf|infinity)\b/i, "$name: no number that is none");
	return;
}

#
# A shop, three versions
#
make_shop($node, users => 800, items => 300, events => 20000, seed => 5);
answer($node, <<'SQL');
SELECT recal_create_model('shop', 'shop_events', event_column => 'event', time_column => 'at',
	event_weights => '{"view": 1, "purchase": 5, "dislike": -2, "return": -5}', half_life => '90 days',
	items => 'shop_products', item_id_column => 'id', options => '{"factors": 16, "network": "off"}');
CALL recal_train('shop');
SELECT recal_alter_model('shop', '{"regularization": 0.03, "unobserved_weight": 0.1, "history_decay": 1, "epochs": 6}');
CALL recal_train('shop');
SELECT recal_alter_model('shop', '{"regularization": null, "unobserved_weight": null, "history_decay": null, "epochs": null}');
CALL recal_train('shop');
SQL
my $shop = page_of('shop', 'report');
check_page($shop, 'shop');
my ($rows, $users, $items) = split /\|/, answer($node,
	"SELECT to_char(rows_read, 'FM999,999'), users, items FROM recal_versions WHERE is_current");
like($shop, qr{<dt>Rows read</dt><dd>\Q$rows\E</dd>}, 'rows that were read');
like($shop, qr{<dt>Users</dt><dd>$users</dd>},        'users');
like($shop, qr{<dt>Items</dt><dd>$items</dd>},        'items');

my ($map) = $shop =~ /(<figure id="map".*?<\/figure>)/s;
my $on_map = answer($node, 'SELECT count(DISTINCT item_id) FROM shop_events');
my @points = $map =~ /<circle class="point"/g;
is(scalar(@points), $on_map, 'each item is on the map');
my $favourite = answer($node,
	'SELECT p.title FROM shop_events JOIN shop_products p ON p.id = item_id GROUP BY p.id ORDER BY count(*) DESC, p.id LIMIT 1');
like($map, qr/<text class="label halo \w+"[^>]*>\Q$favourite\E</, 'the most popular one has its title');

# labels are apart, by the width that Helvetica would give them at least
my @boxes;
while ($map =~ /<text class="label halo (\w+)" x="([\d.]+)" y="([\d.]+)">([^<]*)</g)
{
	my ($anchor, $x, $y, $text) = ($1, $2, $3, $4);
	my $width = 5 * length($text =~ s/&#\d+;/x/gr);
	my $left = $anchor eq 'start' ? $x : $anchor eq 'end' ? $x - $width : $x - $width / 2;

	push @boxes, [ $left, $y - 8, $left + $width, $y, $text ];
}
cmp_ok(scalar(@boxes), '>=', 20, 'there are labels');
my @collisions;
foreach my $i (0 .. $#boxes)
{
	foreach my $j ($i + 1 .. $#boxes)
	{
		my ($one, $two) = @boxes[ $i, $j ];
		push @collisions, "$one->[4] / $two->[4]"
		  if $one->[0] < $two->[2] && $two->[0] < $one->[2] && $one->[1] < $two->[3] && $two->[1] < $one->[3];
	}
}
is(join(', ', @collisions), '', 'none lies on another');

# the seconds of the phases make the bar's length
my ($phases) = $shop =~ /(<figure id="phases".*?<\/figure>)/s;
is(scalar(() = $phases =~ /<title>factorize: /g), 3, 'each version has a bar of its phases');
unlike($phases, qr/network|sample|compare/, 'none of a phase that no version has');

# the ranker that each training tried, beside what it had to beat, as the metrics have it
my ($quality) = $shop =~ /(<figure id="quality".*?<\/figure>)/s;
my @ranked = $quality =~ /<rect class="rank"[^>]*><title>([^<]*)</g;
is(join('; ', @ranked), answer($node,
	q{SELECT string_agg(to_char((metrics->>'ranker_ndcg_10')::float8, 'FM0.0000') || CASE WHEN facts->'ranker' = 'true' THEN ', kept' ELSE ', not kept' END, '; ' ORDER BY version) FROM recal_versions}),
	'each version has a bar of its ranker');
is(scalar(@ranked), 3, 'all three');
is(scalar(() = $phases =~ /<title>ranker: /g), 3, 'and the time that it took');

# learning curves, named at their ends, the names apart
my ($questions) = $shop =~ /(<figure id="questions".*?<\/figure>)/s;
my %ends = map { /y="([\d.]+)">(\w+)/ ? ($2 => $1) : () } $questions =~ /<text class="key(?: strong)? start"[^>]*>\w+</g;
is(join(' ', sort keys %ends), 'popularity random uncertainty variance_reduction', 'four ways to ask');
my @ends = sort { $a <=> $b } values %ends;
cmp_ok($ends[$_] - $ends[ $_ - 1 ], '>=', 16.9, "name $_ lies below the one before") foreach 1 .. 3;
cmp_ok($ends[3], '<=', 280, 'and the last is in the picture');
my ($band) = $questions =~ /<polyline class="band" points="([^"]*)"/;
is(scalar(split / /, $band), 12, 'a band around the first');
my ($before, $after) = $questions =~ /goes from ([\d.]+) to ([\d.]+) in 10 questions/;
cmp_ok($after, '>', $before, 'questions are worth something');

#
# Titles, names and ids that are meant to break out
#
answer($node, <<'SQL');
CREATE SCHEMA "<i>&""";
CREATE TABLE "<i>&"""."</p><script>" ("user""" text, "item<" text, v real);
INSERT INTO "<i>&"""."</p><script>" SELECT '"u&' || u, '</text><script>' || i, 1 FROM generate_series(1, 60) u, generate_series(1, 40) i WHERE i % 2 = u % 2 AND (u * 7 + i * 3) % 5 <> 0;
CREATE INDEX ON "<i>&"""."</p><script>" ("user""");
CREATE TABLE hostile (id text PRIMARY KEY, title varchar);
INSERT INTO hostile SELECT DISTINCT "item<", (ARRAY['</title><script>alert(1)</script>', '"/><img src="https://example.invalid/a.png" onerror="x()">',
	E'\x01\x02\x1b[31m tab\tline\nend', '&amp; &#0; &#x1; &undefined;', E'\u202Eright to left\u2066', E'\U0001F600 \u4E2D\u6587 \u00E9', ']]>--><!--', E'\uFFFE\uFFFF\u0085', repeat('x<', 5000), ''''])
	[1 + replace("item<", '</text><script>', '')::int % 10] FROM "<i>&"""."</p><script>";
SELECT recal_create_model('</title><b onload="x">&', '"<i>&"""."</p><script>"', user_column => 'user"', item_column => 'item<', value_column => 'v',
	items => 'hostile', item_id_column => 'id', options => '{"factors": 4, "epochs": 3}');
CALL recal_train('</title><b onload="x">&');
SQL
my $hostile = page_of('</title><b onload="x">&', 'report_hostile');
check_page($hostile, 'hostile');
like($hostile, qr{<h1>&#60;/title&#62;&#60;b onload=&#34;x&#34;&#62;&#38;</h1>}, 'the name as it is');
like($hostile, qr/&#128512; &#20013;&#25991; &#233;/, 'characters that the client could not have shown');
like($hostile, qr/\Q&#65533;&#65533;&#65533;[31m tab line end\E/, 'control characters are replaced');
like($hostile, qr/&#65533;right to left&#65533;/, 'so are those that turn text around');
cmp_ok(length($hostile), '<', 100_000, 'long titles are cut');

#
# The picture of a picture
#
sub png_colours
{
	my ($file) = @_;
	my ($width, $height, $depth, $type, $data, %colours) = (0, 0, 0, 0, '');

	open(my $png, '<:raw', $file) or return (0, 0, 0);
	read($png, my $magic, 8);
	while (read($png, my $head, 8) == 8)
	{
		my ($length, $kind) = unpack('N a4', $head);

		read($png, my $chunk, $length) if $length > 0;
		read($png, my $crc, 4);
		($width, $height, $depth, $type) = unpack('N N C C', $chunk) if $kind eq 'IHDR';
		$data .= $chunk if $kind eq 'IDAT';
	}
	my $bytes = $type == 6 ? 4 : 3;
	my $raw = uncompress($data) // '';
	my $line = $width * $bytes;
	my @before = (0) x $line;
	foreach my $y (0 .. $height - 1)
	{
		my ($filter, @row) = unpack('C*', substr($raw, $y * ($line + 1), $line + 1));

		foreach my $i (0 .. $#row)
		{
			my $left = $i >= $bytes ? $row[ $i - $bytes ] : 0;
			my $up = $before[$i];
			my $corner = $i >= $bytes ? $before[ $i - $bytes ] : 0;
			my $add = 0;

			if    ($filter == 1) { $add = $left; }
			elsif ($filter == 2) { $add = $up; }
			elsif ($filter == 3) { $add = int(($left + $up) / 2); }
			elsif ($filter == 4)
			{
				my ($a, $b, $c) = (abs($up - $corner), abs($left - $corner), abs($left + $up - 2 * $corner));
				$add = $a <= $b && $a <= $c ? $left : $b <= $c ? $up : $corner;
			}
			$row[$i] = ($row[$i] + $add) & 255;
		}
		for (my $i = 0; $i < $line; $i += $bytes * 3)
		{
			$colours{ join ',', @row[ $i .. $i + 2 ] }++;
		}
		@before = @row;
	}
	return ($width, $height, \%colours);
}

my ($browser) = grep { -x } map { my $dir = $_; map { "$dir/$_" } qw(chromium chromium-browser google-chrome) } split /:/, $ENV{PATH};
SKIP:
{
	skip 'no chromium to look at the page with', 8 unless defined $browser;

	my $home = PostgreSQL::Test::Utils::tempdir();
	foreach my $mode ('light', 'dark')
	{
		my @scheme = $mode eq 'dark' ? ('--blink-settings=preferredColorScheme=0') : ();
		my $picture = "$output/report_$mode.png";
		my $log = '';

		unlink $picture;
		local $ENV{HOME} = $home;
		# root needs it without the sandbox, and so do containers
		my $ran = eval {
			IPC::Run::run(
				[
					$browser, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--no-first-run', @scheme,
					"--user-data-dir=$home/$mode", '--window-size=590,1400', "--screenshot=$picture", "file://$output/report.html"
				],
				'>', \$log, '2>&1', IPC::Run::timeout(60));
		};
		skip "this chromium does not run here: $log", $mode eq 'light' ? 8 : 4 unless $ran && -s $picture;

		my ($width, $height, $colours) = png_colours($picture);
		my ($ground) = sort { $colours->{$b} <=> $colours->{$a} } keys %$colours;
		note "$mode: $width x $height, " . keys(%$colours) . " colours, most of it $ground";
		is("$width x $height", '590 x 1400', "$mode: a picture");
		cmp_ok(scalar(keys %$colours), '>', 30, "$mode: not blank");
		is($ground, $mode eq 'light' ? '255,255,255' : '20,22,25', "$mode: on its own ground");
		my $accent = $mode eq 'light' ? '36,89,169' : '127,171,240';
		cmp_ok($colours->{$accent} // 0, '>', 500, "$mode: bars and lines in the accent's colour");
	}
}

$node->stop;
done_testing();
