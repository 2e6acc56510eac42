# SPDX-License-Identifier: Apache-2.0
# perl_client.pl HOST PORT WHAT - one scenario with Net::Stomp; prints "ok WHAT" when it held.
use strict;
use warnings;
use Net::Stomp;

my ($host, $port, $what) = @ARGV;
alarm 60;

sub open_connection {
    my $stomp = Net::Stomp->new({ hostname => $host, port => $port });
    my $answer = $stomp->connect({ login => 'user', passcode => 'word' });
    die 'not connected' unless $answer->command eq 'CONNECTED';
    return $stomp;
}

sub next_message {
    my ($stomp) = @_;
    my $frame = $stomp->receive_frame({ timeout => 30 }) or die 'no frame';
    die 'not a message: ' . $frame->as_string unless $frame->command eq 'MESSAGE';
    return $frame;
}

my %scenarios = (
    messages => sub {
        my $stomp = open_connection();
        $stomp->subscribe({ destination => '/queue/perl.messages', ack => 'auto' });
        for my $number (1 .. 50) {
            $stomp->send({ destination => '/queue/perl.messages', body => "body $number", number => $number });
            my $frame = next_message($stomp);
            die $frame->as_string unless $frame->body eq "body $number" and $frame->headers->{number} == $number;
        }
        my $bytes = join('', map { chr } 0 .. 255) x 200;
        $stomp->send({ destination => '/queue/perl.messages', body => $bytes, bytes_message => 1 });
        die 'the bytes are not the same' unless next_message($stomp)->body eq $bytes;
        $stomp->disconnect;
    },
    acknowledgements => sub {
        my $stomp = open_connection();
        $stomp->subscribe({ destination => '/queue/perl.ack', ack => 'client', 'activemq.prefetchSize' => 1 });
        $stomp->send({ destination => '/queue/perl.ack', body => $_ }) for qw(a b);
        $stomp->ack({ frame => next_message($stomp) });
        die 'not b' unless next_message($stomp)->body eq 'b';
        $stomp->disconnect;
        $stomp = open_connection();
        $stomp->subscribe({ destination => '/queue/perl.ack', ack => 'client' });
        my $frame = next_message($stomp);
        die $frame->as_string unless $frame->body eq 'b' and $frame->headers->{redelivered} eq 'true';
        $stomp->ack({ frame => $frame });
        $stomp->disconnect;
    },
    transactional => sub {
        my $stomp = open_connection();
        $stomp->subscribe({ destination => '/queue/perl.transactional', ack => 'auto' });
        for my $number (1 .. 10) {
            $stomp->send_transactional({ destination => '/queue/perl.transactional', body => $number }) or die 'not sent';
            die 'not the message' unless next_message($stomp)->body eq $number;
        }
        $stomp->disconnect;
    },
    receipts => sub {
        my $stomp = open_connection();
        for my $number (1 .. 10) {
            $stomp->send_with_receipt({ destination => '/queue/perl.receipts', body => $number, persistent => 'true' })
                or die 'no receipt';
        }
        $stomp->disconnect;
    },
);
($scenarios{$what} or die "no scenario $what")->();
print "ok $what\n";
