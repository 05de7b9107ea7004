# SPDX-License-Identifier: MIT
"""Hosts in network namespaces, and what lies between them: a cable, a router, a switch.

The namespaces have no names: each goes, with its devices, when the last process and descriptor in it goes, so that
none outlives a test that fails. What the machine does not have, or does not let us have, raises Skip.
"""

import contextlib
import ctypes
import os
import pathlib
import subprocess
import types

import udp
from harness import WAIT_SECONDS, Skip

CLONE_NEWNET = 0x40000000
MTU = 1500
GROUPS = "239.255.0.0/16"

_libc = ctypes.CDLL(None, use_errno=True)


def _call(function, *arguments):
    if function(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


@contextlib.contextmanager
def _current():
    """The namespace of this thread."""
    namespace = _open_current()
    try:
        yield namespace
    finally:
        os.close(namespace)


def _open_current():
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _enter(namespace):
    _call(_libc.setns, namespace, CLONE_NEWNET)


class Host:
    """A network namespace. Sockets, programs and threads that begin inside() of it stay there for good."""

    def __init__(self):
        with _current() as home:
            try:
                _call(_libc.unshare, CLONE_NEWNET)
            except OSError as error:
                raise Skip(f"no network namespaces (they need root): {error}") from None
            self._namespace = _open_current()
            _enter(home)
        self.devices = []
        self.ip = self.ip6 = None  # its addresses
        self.run("ip link set dev lo up")

    def close(self):
        os.close(self._namespace)

    @contextlib.contextmanager
    def inside(self):
        """This thread, and what it begins, is on that host."""
        with _current() as home:
            _enter(self._namespace)
            try:
                yield self
            finally:
                _enter(home)

    @property
    def path(self):
        return f"/proc/{os.getpid()}/fd/{self._namespace}"

    def run(self, command, **options):
        """Runs a command there, and gives what it prints."""
        with self.inside():
            try:
                return subprocess.run(command.split(), capture_output=True, text=True, check=True, timeout=WAIT_SECONDS,
                                      **options).stdout
            except FileNotFoundError as error:
                raise Skip(f"{error.filename} is not installed") from None
            except subprocess.CalledProcessError as error:
                error.add_note(error.stderr)
                raise

    def try_to_run(self, command, **options):
        """run(), for what not every kernel can do."""
        try:
            return self.run(command, **options)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.strip().partition("\n")[0]
            raise Skip(f"'{command}': {reason}") from None

    def set_address(self, net, number, device="eth0"):
        """That number in that network."""
        self.ip = f"10.0.{net}.{number}"
        self.run(f"ip address add {self.ip}/24 dev {device}")
        with contextlib.suppress(subprocess.CalledProcessError):  # not every machine has IPv6
            self.run(f"ip -6 address add fd00:{net}::{number}/64 dev {device} nodad")
            self.ip6 = f"fd00:{net}::{number}"

    def add_route(self, network, how):
        self.run(f"ip route add {network} {how}")

    def send_singly(self, device="eth0"):
        """What leaves by the device is cut before, as it is on the wire."""
        self.run(f"ip link set dev {device} gso_max_segs 1")

    def set_link(self, state, device="eth0"):
        self.run(f"ip link set dev {device} {state}")


def _connect(a, b, mtu=MTU):
    """A cable between a new device of the one and one of the other: eth0, eth1, ..."""
    first, second = f"eth{len(a.devices)}", f"eth{len(b.devices)}"
    a.try_to_run(f"ip link add {first} mtu {mtu} type veth peer name {second} mtu {mtu} netns {b.path}")
    for host, device in ((a, first), (b, second)):
        host.devices.append(device)
        host.set_link("up", device)


@contextlib.contextmanager
def _hosts(count):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(contextlib.closing(Host())) for _ in range(count)]


@contextlib.contextmanager
def direct(mtu=MTU):
    """A server and a client at the two ends of a cable."""
    with _hosts(2) as (server, client):
        _connect(server, client, mtu)
        server.set_address(1, 1)
        client.set_address(1, 2)
        yield types.SimpleNamespace(server=server, client=client)


@contextlib.contextmanager
def bridged():
    """A server and a client, and a middle whose eth0 leads to the one and eth1 to the other; nothing passes it yet."""
    with _hosts(3) as (server, client, middle):
        for net, host in enumerate((server, client), 1):
            _connect(middle, host)
            host.send_singly()
            host.set_address(1, net)
        yield types.SimpleNamespace(server=server, client=client, middle=middle)


def _forward(router):
    with router.inside():
        try:
            pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        except OSError as error:
            raise Skip(f"no router: {error}") from None


@contextlib.contextmanager
def routed(mtu=MTU):
    """A server and a client in two networks with a router between; the client's may have a smaller MTU."""
    with _hosts(3) as (server, client, router):
        _connect(router, server)
        _connect(router, client, mtu)
        for net, host in enumerate((server, client), 1):
            host.set_address(net, 2)
            router.set_address(net, 1, router.devices[net - 1])
            host.add_route("default", f"via 10.0.{net}.1")
        _forward(router)
        yield types.SimpleNamespace(server=server, client=client, router=router)


@contextlib.contextmanager
def switched(clients=2):
    """A server and some clients at a switch."""
    with _hosts(2 + clients) as (switch, *hosts):
        switch.try_to_run("ip link add switch type bridge forward_delay 0 mcast_snooping 0")
        switch.set_link("up", "switch")
        for number, host in enumerate(hosts, 1):
            _connect(switch, host)
            switch.run(f"ip link set dev {switch.devices[-1]} master switch")
            host.set_address(1, number)
            host.add_route(GROUPS, "dev eth0")
        yield types.SimpleNamespace(server=hosts[0], clients=hosts[1:])


def masquerade(router):
    """What comes from the client's network goes on with the router's address, and from other ports."""
    router.try_to_run("nft -f -", input="""
        table ip nat {
            chain out {
                type nat hook postrouting priority srcnat;
                oifname eth0 masquerade random
            }
        }""")


def serve(host, *flags, address=None):
    """umbel on that host, speaking UDP."""
    address = address or host.ip
    with host.inside():
        return udp.serve(*flags, listen=[f"[{address}]:0" if ":" in address else f"{address}:0"])
