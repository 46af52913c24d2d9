"""Sources of one host belong together: they are never asked at the same time."""

from spiders.fetching.hosts import by_host, host_of
from tenderbell.edition import Source


def source(id: str, url: str | None = None, spider: str = "feed") -> Source:
    return Source(id=id, title=id, spider=spider, url=url)


def test_sources_of_one_host_stand_together_in_the_order_of_the_first() -> None:
    found = by_host(
        [
            source("publica", "https://in-tendhost.co.uk/publicagroup"),
            source("fund", "https://fund.example/feed.xml"),
            source("tewkesbury", "https://www.In-TendHost.co.uk/tewkesbury"),
        ]
    )
    assert [[one.id for one in host] for host in found] == [["publica", "tewkesbury"], ["fund"]]


def test_a_port_is_a_host_of_its_own() -> None:
    assert host_of(source("a", "http://127.0.0.1:81/x")) != host_of(source("b", "http://127.0.0.1:82/x"))


def test_a_source_without_a_url_is_asked_at_its_spiders_own_address() -> None:
    own = source("tenders", None, "find-a-tender")
    assert host_of(own) == host_of(source("also", "https://www.find-tender.service.gov.uk/feed"))


def test_what_has_no_host_stands_alone() -> None:
    files = [source("one", "/srv/one.json", "ocds-file"), source("two", "/srv/two.json", "ocds-file")]
    strange = [source("three", "http://["), source("four", None, "no-such-spider"), source("five", None)]
    assert [len(host) for host in by_host([*files, *strange])] == [1] * 5
