"""A real DNS server on this machine, over UDP, that knows the records it is given and nothing else."""

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

Zone = dict[tuple[str, str], list[str]]
"""Records by name (without a final point) and type, in the text form of zone files."""


class _Server(socketserver.ThreadingUDPServer):
    daemon_threads = True

    def __init__(self, zone: Mapping[tuple[str, str], list[str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.zone = zone
        self.asked: list[str] = []


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        data, socket = self.request
        socket.sendto(self._answer(dns.message.from_wire(data)).to_wire(), self.client_address)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.server.asked.append(f"{name} {kind}")
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if (name, "SERVFAIL") in self.server.zone:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif records := self.server.zone.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
        elif not any(known == name for known, _ in self.server.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


class Nameserver:
    """A server that runs: its resolver, and what it was asked."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.resolver = resolver(server.server_address[1])

    @property
    def asked(self) -> list[str]:
        """Return "name TYPE" of each question, in order."""
        return self._server.asked


@contextmanager
def serving_names(zone: Mapping[tuple[str, str], list[str]]) -> Iterator[Nameserver]:
    """Answer for the records of `zone` on a free port of this machine for the block."""
    with _Server(zone) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield Nameserver(server)
        finally:
            server.shutdown()
            thread.join()


def resolver(port: int) -> dns.resolver.Resolver:
    """Return a resolver that asks one port of this machine, and nobody else."""
    made: Any = dns.resolver.Resolver(configure=False)
    made.nameservers = ["127.0.0.1"]
    made.port = port
    made.timeout = 0.2
    return made  # type: ignore[no-any-return]
