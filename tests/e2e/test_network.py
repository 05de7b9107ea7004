# SPDX-License-Identifier: MIT
"""Over network devices with what comes with them: MTUs, small buffers, loss, reordering, NAT, dead links, multicast.

Each case makes hosts of its own in network namespaces, for which it must be root.
"""

import contextlib
import pathlib
import re
import tempfile

import clips
import harness
import network
import players
import publish
import rtp
import udp
import wire
from harness import Skip, add_rows, case, wait_until
from network import serve
from prompt import PromptReader
from rtsp import Player
from udp import MULTICAST, UDP, Member, UdpPlayer
from wire import Capture, Loss, Swap, Wire

FAST = 50  # pictures a second, where the clock does not matter
PROMPT_SECONDS = 0.05
PICTURES = 60
PACKET_SIZE = 1360  # the default of --packet-size


# -- players that give the pictures that they got --

def udp_client(server):
    with UdpPlayer(server, "live/cam") as player:
        player.start([0])
        return [rtp.picture(unit.nals) for unit in player.units(PICTURES)]


def stored(store):
    with tempfile.TemporaryDirectory(dir=harness.work_directory()) as directory:
        path = pathlib.Path(directory) / "stored"
        store(path)
        pictures = clips.read_h264(path)
        assert len(pictures) >= PICTURES - 1, len(pictures)
        return pictures[:PICTURES - 1]  # an end in mid-picture is the player's own


def ffmpeg(server):
    return stored(lambda path: players.run(
        ["ffmpeg", "-nostdin", "-v", "fatal", "-rtsp_transport", "udp", "-i", server.url("live/cam"), "-map", "0:v",
         "-c", "copy", "-frames:v", str(PICTURES), "-f", "h264", str(path)]))


def gstreamer(server):
    return stored(lambda path: players.gstreamer_store_video(server.url("live/cam"), path, PICTURES, "udp"))


@contextlib.contextmanager
def publishing(net, server):
    """The clip, published on the server's own host, so that nothing of it goes over the network."""
    clip = clips.clip("main")
    with net.server.inside():
        feed = publish.feed_clip(server, clip, fps=FAST)
    with feed:
        yield clip


def rtp_packets(capture, host):
    return [packet for packet in capture.packets_from(host.ip) if wire.is_rtp(packet)]


# -- MTU --

@contextlib.contextmanager
def at_a_cable(mtu, ipv6=False):
    """A server with a stream, its client's side, and a function that gives the packets that the server has sent."""
    with network.direct(mtu) as net:
        address = net.server.ip6 if ipv6 else net.server.ip
        if not address:
            raise Skip("this machine has no IPv6")
        with serve(net.server, address=address) as server, publishing(net, server) as clip, \
                Capture(net.server) as capture, net.client.inside():
            yield net, server, clip, lambda: capture.packets_from(address)


def plays_over(mtu, play, ipv6=False):
    """Unchanged. The kernel cuts datagrams that fit out of larger pieces, and those that do not fit into fragments."""
    with at_a_cable(mtu, ipv6) as (_, server, clip, sent):
        clips.check_run(play(server), clip.pictures)
        fits = PACKET_SIZE + (48 if ipv6 else 28) <= mtu
        assert any(packet.is_fragment for packet in sent()) != fits, "fragments"
        assert any(packet.size > mtu for packet in sent()) == fits, "use of UDP_SEGMENT"


PLAYERS = [("ffmpeg", ffmpeg), ("gstreamer", gstreamer), ("udp_client", udp_client)]

add_rows("mtu", [(f"{mtu}_{name}", mtu, play) for mtu in (1500, 1400, 1280) for name, play in PLAYERS], plays_over)
add_rows("ipv6_mtu", [(f"{mtu}", mtu, udp_client, True) for mtu in (1500, 1280)], plays_over)


@case()
def each_packet_fits_an_mtu_of_1400():
    """As it is on the wire, where nothing is cut any more."""
    with at_a_cable(1400) as (net, server, clip, sent):
        net.server.send_singly()
        clips.check_run(udp_client(server), clip.pictures)
        largest = max(packet.size for packet in sent())
        assert largest == PACKET_SIZE + 28, largest


@case()
def mtu_1280_behind_a_router():
    """Of which the server's own device knows nothing."""
    with network.routed(1280) as net, serve(net.server) as server, publishing(net, server) as clip, \
            net.client.inside():
        clips.check_run(udp_client(server), clip.pictures)


# -- small buffers --

class Surveillance:
    """25 pictures a second, and each second an IDR picture of 300 KB: 8 Mbit/s."""

    def __init__(self):
        self.video = clips.MadeUpVideo(300_000, gop=clips.FPS)

    def unit(self, number):
        nals = self.video.unit(number)
        return nals if number % clips.FPS == 0 else [nals[0][:29_000]]

    def feed(self, server):
        return publish.Feed(server, self.unit, self.video.parameter_sets, fps=clips.FPS)

    def check(self, units):
        first = self.video.number(units[0].nals)
        assert first % clips.FPS == 0, first
        for number, unit in enumerate(units, first):
            assert rtp.picture(unit.nals) == rtp.picture(self.unit(number)), f"access unit {number} differs"


@contextlib.contextmanager
def joining_behind_a_small_queue(source, *flags):
    """A player joins when the cache has most of a GOP. The way to it is 200 Mbit/s and a queue of 192 KB.

    It reads promptly, but into a receive buffer of the default size.
    """
    with network.routed() as net, serve(net.server, *flags) as server, contextlib.ExitStack() as stack:
        net.router.try_to_run("tc qdisc add dev eth1 root tbf rate 200mbit burst 16kb limit 192kb")
        with net.server.inside():
            feed = stack.enter_context(source.feed(server))
        feed.wait_sent(clips.FPS - 1)
        with net.client.inside():
            ports = stack.enter_context(contextlib.closing(udp.Ports(net.client.ip, receive_buffer=None)))
            reader = stack.enter_context(PromptReader(ports.rtp))
            player = stack.enter_context(Player(server, "live/cam"))
            player.describe()
            player.setup(0, f"{UDP};client_port={ports}")
            player.play()
        yield reader, net.router


def dropped(router):
    return int(re.search(r"dropped (\d+)", router.run("tc -s qdisc show dev eth1"))[1])


@case()
def start_and_key_frames_pass_a_small_queue():
    source = Surveillance()
    with joining_behind_a_small_queue(source) as (reader, router):
        reader.wait_pictures(2 * clips.FPS + 10)
        datagrams, longest = reader.finish()
        if longest > PROMPT_SECONDS:
            raise Skip(f"this machine is too busy: it kept a datagram from its reader for {longest:.2f} s")
        packets = [rtp.parse_rtp(datagram) for datagram in datagrams]
        assert dropped(router) == 0
        receiver = rtp.H264Receiver()
        units = [unit for unit in map(receiver.take, packets) if unit]
        source.check(units)


@case()
def without_a_pace_a_small_queue_overflows():
    with joining_behind_a_small_queue(Surveillance(), "--udp-rate", "0") as (_, router):
        wait_until(lambda: dropped(router), "a packet that the queue has no room for")


# -- loss and order --

def log_field(line, name):
    return int(re.search(rf"\b{name}=(\d+)", line)[1])


def reported_losses(capture, host):
    """What the receiver reports that a host sent tell."""
    reports = (packets[0] for packets in capture.reports_from(host.ip))
    return [rtp.report_block(report)[1] for report in reports if report.type == rtp.RTCP_RR and report.count > 0]


def player_survives(every):
    """ffmpeg goes on; the server keeps the session, and knows from its reports what was lost."""
    loss = Loss(every)
    with network.bridged() as net, Wire(net.middle, from_server=loss), serve(net.server) as server, \
            publishing(net, server), Capture(net.client) as capture, net.client.inside(), \
            players.ffmpeg_running(server.url("live/cam"), "udp") as player:
        wait_until(lambda: max(reported_losses(capture, net.client), default=0) > 0, "a report of what was lost")
        assert player.poll() is None, "it has given up"
        player.terminate()
        ended = server.wait_log(f"session ended peer={net.client.ip}")
        reported = max(reported_losses(capture, net.client))
        assert reported <= loss.count, (reported, loss.count)
        assert 0 < log_field(ended, "lost") <= reported, (reported, ended)


add_rows("player_survives_loss_of", [("1_percent", 100), ("5_percent", 20)], player_survives, 90)


@contextlib.contextmanager
def published_over(fault, publisher, *flags):
    """A clip that comes over a faulty wire, and a player of it to whom nothing happens."""
    with network.bridged() as net, Wire(net.middle, from_client=fault), serve(net.server, *flags) as server, \
            net.client.inside(), Capture(net.client) as capture, publisher(server) as program, \
            net.server.inside(), Player(server, "live/cam") as player:
        player.start([0])
        yield net, server, program, player, capture


def by_ffmpeg(server):
    return publish.ffmpeg(server, clips.clip("main"), streams=("-an",), transport="udp")


def by_gstreamer(server):
    return publish.gstreamer(server, clips.clip("main"), transport="udp")


PUBLISHERS = [("ffmpeg", by_ffmpeg), ("gstreamer", by_gstreamer)]


def publisher_loses(publisher):
    """Damaged access units are dropped whole, and nobody else sees a gap; the publisher is told."""
    loss = Loss(100)
    clip = clips.clip("main")
    with published_over(loss, publisher) as (net, server, program, player, capture):
        receiver = rtp.H264Receiver()
        pictures = []
        while max(reported_losses(capture, net.server), default=0) < 2:
            pictures += [rtp.picture(unit.nals) for unit in player.units(1, receiver=receiver)]
        assert all(picture in clip.pictures for picture in pictures), "a damaged picture"
        program.kill()
        ended = server.wait_log("publisher ended")
        assert 0 < log_field(ended, "dropped_aus") <= log_field(ended, "lost") <= loss.count, (loss.count, ended)


add_rows("publisher_loses", PUBLISHERS, publisher_loses, 90)


def publisher_is_put_in_order(publisher):
    swap = Swap(7)
    with published_over(swap, publisher, "--reorder-wait", "5s") as (_, server, program, player, _):
        clips.check_run([rtp.picture(unit.nals) for unit in player.units(80)], clips.clip("main").pictures)
        assert swap.count > 5, swap.count
        program.kill()
        ended = server.wait_log("publisher ended")
        assert log_field(ended, "dropped_aus") == log_field(ended, "lost") == 0, (swap.count, ended)


add_rows("publisher_is_put_in_order", PUBLISHERS, publisher_is_put_in_order, 90)


# -- address translation --

def plays_behind_nat(play):
    """Media comes to where the player's own datagrams came from, not to the ports that it announced."""
    with network.routed() as net, serve(net.server) as server, publishing(net, server) as clip, \
            Capture(net.server) as outside, Capture(net.client) as inside, net.client.inside():
        network.masquerade(net.router)
        clips.check_run(play(server), clip.pictures)
        announced = {packet.to[1] for packet in rtp_packets(inside, net.server)}
        assert rtp_packets(outside, net.server)[-1].to[1] not in announced, "the NAT keeps the ports"


add_rows("behind_nat", [("ffmpeg", ffmpeg), ("gstreamer", gstreamer)], plays_behind_nat)


# -- dead links --

@contextlib.contextmanager
def stream_at_a_switch():
    """Two clients of a server that soon gives up; pictures of 20 KB, so that a connection's buffers are full soon."""
    video = clips.MadeUpVideo(20_000)
    with network.switched() as net, serve(net.server, "--write-timeout", "2s", "--session-timeout", "2s") as server:
        with net.server.inside():
            feed = publish.Feed(server, video.unit, video.parameter_sets, fps=25)
        with feed:
            yield server, *net.clients


def dead_link_ends(player_class):
    """Without FIN or any other word. Another player notices nothing, and the next one is served."""
    with stream_at_a_switch() as (server, host, other_host), contextlib.ExitStack() as stack:
        with host.inside():
            player = stack.enter_context(player_class(server, "live/cam"))
            player.start()
        with other_host.inside():
            other = stack.enter_context(Player(server, "live/cam"))
            other.start()
        receiver = rtp.H264Receiver()
        player.units(2)
        other.units(2, receiver=receiver)
        host.set_link("down")
        while not (ended := [line for line in server.lines() if f"closed peer={host.ip}" in line]):
            other.units(1, receiver=receiver)
        assert "timeout" in ended[0], ended
        other.units(5, receiver=receiver)
        host.set_link("up")
        with host.inside(), player_class(server, "live/cam") as another:
            another.start()
            another.units(2)


add_rows("dead_link_ends_a_player_over", [("tcp", Player), ("udp", UdpPlayer)], dead_link_ends)


@case()
def dead_link_ends_a_publisher_over_udp():
    with network.switched() as net, serve(net.server, "--session-timeout", "2s") as server:
        host = net.clients[0]
        with host.inside(), by_ffmpeg(server), net.server.inside(), Player(server, "live/cam") as player:
            player.start()
            player.units(2)
            host.set_link("down")
            player.expect_bye()
        host.set_link("up")
        with host.inside(), by_ffmpeg(server), net.server.inside(), Player(server, "live/cam") as player:
            player.start()
            player.units(2)


# -- multicast --

@case()
def multicast_goes_out_once_for_all():
    with network.switched() as net, contextlib.ExitStack() as stack:
        server = stack.enter_context(serve(net.server, "--demo", "--multicast", network.GROUPS, "--multicast-ttl", "3"))
        net.server.send_singly()
        capture = stack.enter_context(Capture(net.server))
        members = []
        for host in net.clients:
            with host.inside():
                player = stack.enter_context(Player(server))
                player.describe()
                player.setup(0, MULTICAST)
                members.append(stack.enter_context(Member(player)))
                player.play()
        for member in members:
            numbers = [member.packet().seq for _ in range(200)]
            assert numbers == [(numbers[0] + i) % 2**16 for i in range(200)], numbers
        sent = [p for p in rtp_packets(capture, net.server) if p.to[0] == members[0].group]
        numbers = [rtp.parse_rtp(packet.payload).seq for packet in sent]
        assert len(set(numbers)) == len(numbers) >= 200
        assert {packet.ttl for packet in sent} == {3}


@case()
def multicast_is_played_by_ffmpeg():
    with network.switched() as net, serve(net.server, "--demo", "--multicast", network.GROUPS) as server:
        with net.clients[0].inside():
            players.ffmpeg_decode(server.url(), 60, "udp_multicast")


harness.main()
