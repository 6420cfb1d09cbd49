#!/usr/bin/python3
"""Traffic of every kind between two hosts: `serve`, `probe` and `hold` as programs of their own (they run inside the
namespace), `Wire` to see every packet that passes the interface."""
import json
import os
import socket
import struct
import sys
import threading
import time

WAIT_S = 1.0
DNS_QUERY = struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + b"\x07example\x03com\0" + struct.pack(">HH", 1, 1)
KINDS = ("tcp", "udp", "dns-udp", "dns-tcp", "icmp")


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# ---------------------------------------------------------------- serve

def echo_tcp(listener):
    def answer(connection):
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def echo_udp(endpoint):
    while True:
        data, sender = endpoint.recvfrom(4096)
        endpoint.sendto(data, sender)


def serve(addresses, port):
    for address in addresses:
        for number in (port, 53):
            listener = socket.socket(family_of(address), socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, number))
            listener.listen(16)
            endpoint = socket.socket(family_of(address), socket.SOCK_DGRAM)
            endpoint.bind((address, number))
            threading.Thread(target=echo_tcp, args=(listener,), daemon=True).start()
            threading.Thread(target=echo_udp, args=(endpoint,), daemon=True).start()
    print("serving", flush=True)
    threading.Event().wait()


# ---------------------------------------------------------------- probe

def try_tcp(address, port, data=b"hello"):
    with socket.create_connection((address, port), WAIT_S) as connection:
        connection.sendall(data)
        return connection.recv(4096) == data


def try_udp(address, port, data=b"hello"):
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as endpoint:
        endpoint.settimeout(WAIT_S)
        endpoint.sendto(data, (address, port))
        return endpoint.recv(4096) == data


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def try_icmp(address):
    six = ":" in address
    kind = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    with socket.socket(family_of(address), socket.SOCK_RAW, kind) as endpoint:
        tail = struct.pack(">HH", os.getpid() & 0xFFFF, threading.get_native_id() & 0xFFFF) + b"ping"
        request = 128 if six else 8
        head = struct.pack(">BBH", request, 0, 0)
        endpoint.sendto(struct.pack(">BBH", request, 0, 0 if six else checksum(head + tail)) + tail, (address, 0))
        end = time.monotonic() + WAIT_S
        while (left := end - time.monotonic()) > 0:
            endpoint.settimeout(left)
            got = endpoint.recv(4096)
            got = got if six else got[(got[0] & 15) * 4:]
            if got[0] == (129 if six else 0) and got[4:] == tail:
                return True
    return False


def probe(addresses, port):
    """{kind + address family: did it pass}, all at the same time."""
    found = {}

    def one(name, function, *arguments):
        try:
            found[name] = bool(function(*arguments))
        except OSError:
            found[name] = False

    threads = []
    for address in addresses:
        end = "6" if ":" in address else "4"
        for name, work in (("tcp", (try_tcp, address, port)), ("udp", (try_udp, address, port)),
                           ("dns-tcp", (try_tcp, address, 53, struct.pack(">H", len(DNS_QUERY)) + DNS_QUERY)),
                           ("dns-udp", (try_udp, address, 53, DNS_QUERY)), ("icmp", (try_icmp, address))):
            threads.append(threading.Thread(target=one, args=(name + end, *work)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# ---------------------------------------------------------------- hold

def hold(address, port):
    """One connection for ever; a line for each answer."""
    with socket.create_connection((address, port), 5) as connection:
        connection.settimeout(None)
        number = 0
        while True:
            connection.sendall(b"x")
            if not connection.recv(1):
                return
            number += 1
            print("answer", number, flush=True)
            time.sleep(0.02)


# ---------------------------------------------------------------- what passes

class Wire:
    """Everything that comes out of the namespace: (protocol, source, destination, source port, destination port);
    of ICMPv6 the last two are type and hop limit."""

    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((interface, 0))
        self.socket.setblocking(False)

    def seen(self):
        """Packets since the last call."""
        found = []
        while True:
            try:
                data, (_, ethertype, kind, *_) = self.socket.recvfrom(65536)
            except BlockingIOError:
                return found
            if kind != socket.PACKET_OUTGOING:
                found.append(self.describe(ethertype, data[14:]))

    @staticmethod
    def describe(ethertype, data):
        if ethertype == 0x0800:
            at, protocol = (data[0] & 15) * 4, data[9]
            source, target = (socket.inet_ntop(socket.AF_INET, data[i:i + 4]) for i in (12, 16))
        elif ethertype == 0x86DD:
            at, protocol = 40, data[6]
            if protocol == 0:  # hop-by-hop options, as multicast listener reports have them
                at, protocol = 40 + (data[41] + 1) * 8, data[40]
            source, target = (socket.inet_ntop(socket.AF_INET6, data[i:i + 16]) for i in (8, 24))
        else:
            return (f"ethertype {ethertype:04x}", None, None, 0, 0)
        if protocol in (socket.IPPROTO_TCP, socket.IPPROTO_UDP):
            return ({6: "tcp", 17: "udp"}[protocol], source, target, *struct.unpack(">HH", data[at:at + 4]))
        if protocol == socket.IPPROTO_ICMPV6:
            return ("icmp6", source, target, data[at], data[7])
        return (f"protocol {protocol}", source, target, 0, 0)

    def close(self):
        self.socket.close()


def main():
    what, *addresses, port = sys.argv[1:]
    if what == "serve":
        serve(addresses, int(port))
    elif what == "hold":
        hold(addresses[0], int(port))
    else:
        print(json.dumps(probe(addresses, int(port))))


if __name__ == "__main__":
    main()
