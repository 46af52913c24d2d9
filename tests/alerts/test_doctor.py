"""What `doctor` sees of a real mail server and a real DNS server, and that what it cannot see is no fault."""

import base64
import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from alerts import doctor
from alerts.doctor_findings import Finding, Verdict
from alerts.doctor_names import PTR, Names, findings
from tenderbell.archive import end_run, open_archive, start_run
from tenderbell.clock import stamp, wall_clock
from tenderbell.keeping import notes
from tenderbell.replicas import states
from tenderbell.settings import PROJECT
from tests.alerts.authority import Authority
from tests.alerts.nameserver import Zone, resolver, serving_names
from tests.alerts.operated import operated
from tests.alerts.postbox import REFUSE_SENDER, Postbox, serving
from tests.alerts.world import World

OK, WARNING, WRONG, NOT_CHECKED = Verdict.OK, Verdict.WARNING, Verdict.WRONG, Verdict.NOT_CHECKED
HOST = "bell.example"
RECORDS: Zone = {
    (HOST, "TXT"): ['"v=spf1 include:mail.example -all"', '"some other record"'],
    (HOST, "MX"): ["10 mx.bell.example."],
    (f"_dmarc.{HOST}", "TXT"): ['"v=DMARC1; p=none"'],
}


def unused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def examined(world: World, zone: Zone | None = None) -> dict[str, Finding]:
    """Return the findings by name, asked of a DNS server with these records."""
    with serving_names(RECORDS if zone is None else zone) as names:
        found = doctor.examine(world.settings, world.now, resolver=names.resolver, timeout=5)
    return {finding.name: finding for finding in found}


def verdicts(found: dict[str, Finding]) -> dict[str, Verdict]:
    return {name: finding.verdict for name, finding in found.items()}


def guard(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=data.password == b"right", handled=False)


@contextmanager
def encrypted(authority: Authority, *plan: str) -> Iterator[Postbox]:
    options = {"tls_context": authority.context(), "require_starttls": True, "auth_required": True}
    with serving(Postbox(*plan), authenticator=guard, **options) as box:
        yield box


def url(box: Postbox, authority: Authority, password: str = "right") -> str:
    return f"smtp://bell:{password}@127.0.0.1:{box.port}?starttls&ca={authority.certificate}"


def test_a_server_in_good_order_is_ok_from_end_to_end_and_gets_no_message(world: World, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with encrypted(authority) as box:
        operated(world, mail=url(box, authority), clock=wall_clock)
        found = examined(world)
        assert box.accepted == []
    server = ("Mail server", "Encryption (TLS)", "User and password", "Envelope sender")
    assert {verdicts(found)[name] for name in (*server, "Alignment", "SPF", "DMARC", "MX for bounces")} == {OK}
    assert {verdicts(found)[name] for name in ("Address of the site", "Operator", "Folders", "Clock")} == {OK}
    assert not doctor.is_wrong(list(found.values()))


def test_days_left_of_the_certificate_are_counted(world: World, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with encrypted(authority) as box:
        operated(world, mail=url(box, authority))
        world.now = wall_clock()
        assert examined(world)["Certificate"].verdict is WARNING
        world.now -= timedelta(days=30)
        assert examined(world)["Certificate"].verdict is OK


def test_a_certificate_that_nobody_vouches_for_is_wrong_and_nothing_is_said_to_that_server(
    world: World, tmp_path: Path
) -> None:
    authority, other = Authority(tmp_path), Authority(tmp_path, "other")
    with encrypted(authority) as box:
        operated(world, mail=url(box, other))
        found = examined(world)
    assert found["Certificate"].verdict is WRONG
    assert found["User and password"].verdict is NOT_CHECKED


def test_a_wrong_password_is_wrong_and_is_not_repeated(world: World, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with encrypted(authority) as box:
        operated(world, mail=url(box, authority, "guessed"))
        found = examined(world)
    assert found["User and password"].verdict is WRONG
    assert "535" in found["User and password"].seen
    assert not any("guessed" in finding.seen + finding.todo for finding in found.values())


def test_a_server_that_does_not_take_our_sender_is_wrong(world: World, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with encrypted(authority, REFUSE_SENDER) as box:
        operated(world, mail=url(box, authority))
        found = examined(world)["Envelope sender"]
    assert found.verdict is WRONG
    assert "550" in found.seen


def test_starttls_that_is_asked_for_and_not_offered_is_wrong(world: World) -> None:
    with serving(Postbox()) as box:
        operated(world, mail=f"{box.url}?starttls")
        found = examined(world)
    assert found["Encryption (TLS)"].verdict is WRONG
    assert found["Certificate"].verdict is NOT_CHECKED


def test_a_server_that_does_not_answer_is_wrong_and_the_rest_is_not_checked(world: World) -> None:
    operated(world, mail=f"smtp://127.0.0.1:{unused_port()}")
    found = verdicts(examined(world))
    assert found["Mail server"] is WRONG
    assert {found[name] for name in ("Encryption (TLS)", "Certificate", "User and password")} == {NOT_CHECKED}


def test_a_server_that_says_nothing_is_given_up_soon(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        operated(world, mail=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        found = doctor.examine(world.settings, world.now, resolver=resolver(1), timeout=0.3)
    assert {finding.name: finding.verdict for finding in found}["Mail server"] is WRONG


def test_a_folder_of_e_mails_is_a_warning_and_no_fault(world: World) -> None:
    found = examined(world, {})
    assert found["Mail server"].verdict is WARNING
    assert not doctor.is_wrong(list(found.values()))


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        (['"v=spf1 mx -all"'], OK),
        (['"v=spf1 mx ~all"'], OK),
        (['"v=spf1 redirect=_spf.example"'], OK),
        (['"v=spf1 include:a.example" " -all"'], OK),
        (['"v=spf1 mx"'], WARNING),
        (['"v=spf1 mx ?all"'], WARNING),
        (['"v=spf1 +all"'], WRONG),
        (['"v=spf1 mx -all"', '"v=spf1 a -all"'], WRONG),
        (['"v=spf10 -all"'], WRONG),
        ([], WRONG),
    ],
)
def test_spf_must_be_one_record_that_says_who_may_not_send(records: list[str], verdict: Verdict, world: World) -> None:
    operated(world, mail="smtp://127.0.0.1:1")
    assert examined(world, RECORDS | {(HOST, "TXT"): records})["SPF"].verdict is verdict


@pytest.mark.parametrize(
    ("records", "verdict"),
    [
        (['"v=DMARC1; p=none"'], OK),
        (['"v=DMARC1; p=reject; rua=mailto:a@b.example"'], OK),
        (['"v=DMARC1; p=perhaps"'], WRONG),
        (['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'], WRONG),
        (['"p=none"'], WARNING),
        ([], WARNING),
    ],
)
def test_dmarc_must_be_one_record_with_a_policy(records: list[str], verdict: Verdict, world: World) -> None:
    operated(world, mail="smtp://127.0.0.1:1")
    assert examined(world, {(f"_dmarc.{HOST}", "TXT"): records})["DMARC"].verdict is verdict


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [
        ({(HOST, "MX"): ["10 mx.bell.example."]}, OK),
        ({(HOST, "MX"): ["0 ."]}, WRONG),
        ({(HOST, "A"): ["192.0.2.1"]}, WARNING),
        ({}, WRONG),
    ],
)
def test_bounces_must_find_their_way_back(zone: Zone, verdict: Verdict, world: World) -> None:
    operated(world, mail="smtp://127.0.0.1:1")
    assert examined(world, zone)["MX for bounces"].verdict is verdict


def test_the_domain_of_bounces_is_the_one_that_is_asked_about(world: World) -> None:
    operated(world, 'bounce_domain = "back.other.example"', mail="smtp://127.0.0.1:1")
    found = examined(world, {("back.other.example", "TXT"): ['"v=spf1 -all"']})
    assert found["Alignment"].verdict is WARNING
    assert found["SPF"].verdict is OK


Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def saved(path: Path, key: Key) -> str:
    """Save a key as TENDERBELL_DKIM wants it and return the setting."""
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    return f"bell1:{path}"


def published(key: Key) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"


def strings(record: str) -> str:
    """Return a record as a zone file has it, in strings of at most 255 characters."""
    return " ".join(f'"{record[at : at + 200]}"' for at in range(0, len(record), 200))


def dkim_of(world: World, *records: str) -> Finding:
    zone = {(f"bell1._domainkey.{HOST}", "TXT"): [strings(record) for record in records]}
    return examined(world, zone)["DKIM"]


@pytest.mark.parametrize("key", [rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()])
def test_the_published_key_must_be_that_of_the_private_one(key: Key, world: World, tmp_path: Path) -> None:
    operated(world, mail="smtp://127.0.0.1:1", dkim=saved(tmp_path / "key.pem", key))
    assert dkim_of(world, published(key)).verdict is OK
    other = dkim_of(world, published(rsa.generate_private_key(65537, 1024)))
    assert other.verdict is WRONG
    assert published(key) in other.todo, "what to publish is said"
    assert dkim_of(world, "v=DKIM1; p=").verdict is WRONG
    assert dkim_of(world).verdict is WRONG


def test_a_key_that_others_may_read_is_wrong(world: World, tmp_path: Path) -> None:
    setting = saved(tmp_path / "key.pem", ed25519.Ed25519PrivateKey.generate())
    (tmp_path / "key.pem").chmod(0o644)
    operated(world, mail="smtp://127.0.0.1:1", dkim=setting)
    found = dkim_of(world)
    assert found.verdict is WRONG
    assert "chmod 600" in found.seen


def test_without_a_key_it_is_said_that_this_cannot_be_seen_from_here(world: World) -> None:
    assert examined(world)["DKIM"].verdict is NOT_CHECKED


@pytest.mark.parametrize(("named", "verdict"), [("mail.example.", OK), ("other.example.", WARNING)])
def test_the_name_of_the_servers_address_must_lead_back(named: str, verdict: Verdict, world: World) -> None:
    operated(world, mail="smtp://127.0.0.1:1")
    zone: Zone = {
        ("mail.example", "A"): ["9.9.9.9"],
        ("other.example", "A"): ["9.9.9.10"],
        ("9.9.9.9.in-addr.arpa", "PTR"): [named],
    }
    with serving_names(zone) as names:
        operated(world, mail="smtp://mail.example:25")
        found = {one.name: one for one in findings(world.settings, Names(names.resolver, 5))}
    assert found[PTR].verdict is verdict


def test_without_a_dns_nothing_is_known_and_that_is_no_fault_and_takes_no_time(world: World) -> None:
    with serving(Postbox()) as box:
        operated(world, mail=box.url)
        found = doctor.examine(world.settings, world.now, resolver=resolver(unused_port()), timeout=0.3)
    by_name = {finding.name: finding for finding in found}
    assert {by_name[name].verdict for name in ("SPF", "DMARC", "MX for bounces")} == {NOT_CHECKED}
    assert "network" in by_name["SPF"].seen
    assert not doctor.is_wrong(found)


def test_a_name_that_the_dns_cannot_answer_for_is_not_checked(world: World) -> None:
    operated(world, mail="smtp://127.0.0.1:1")
    found = examined(world, RECORDS | {(HOST, "SERVFAIL"): [""]})
    assert found["SPF"].verdict is NOT_CHECKED
    assert found["DMARC"].verdict is OK


@pytest.mark.parametrize(
    ("address", "verdict"),
    [("https://bell.example", OK), ("http://bell.example", WRONG), ("https://127.0.0.1:8001", WRONG)],
)
def test_links_must_lead_to_a_public_https_address(address: str, verdict: Verdict, world: World) -> None:
    operated(world, mail="smtp://127.0.0.1:1", public_url=address)
    assert examined(world)["Address of the site"].verdict is verdict


def test_a_site_that_sends_needs_an_operator(world: World) -> None:
    assert examined(world)["Operator"].verdict is WARNING
    operated(world, mail="smtp://127.0.0.1:1")
    assert examined(world)["Operator"].verdict is OK


def test_private_db_is_for_its_owner_only(world: World) -> None:
    assert examined(world)["private.db"].verdict is NOT_CHECKED
    world.rows("select 1")
    assert examined(world)["private.db"].verdict is OK
    world.settings.private_path.chmod(0o640)
    assert "chmod 600" in examined(world)["private.db"].todo


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_wrong(world: World) -> None:
    world.settings.data.mkdir()
    world.settings.data.chmod(0o500)
    assert examined(world)["Folders"].verdict is WRONG


def test_a_clock_behind_what_is_written_is_wrong(world: World) -> None:
    operated(world, clock=wall_clock)
    world.now = wall_clock() + timedelta(days=2)
    world.publish("tb-1")
    world.now = wall_clock()
    assert examined(world)["Clock"].verdict is WRONG


def test_a_clock_that_stands_still_is_a_warning(world: World) -> None:
    assert examined(world)["Clock"].verdict is WARNING


def test_a_site_behind_a_certificate_must_believe_its_proxy(world: World) -> None:
    operated(world, mail="smtp://127.0.0.1:1")
    assert examined(world)["Proxy"].verdict is OK
    operated(world, proxies=())
    assert examined(world)["Proxy"].verdict is WRONG
    operated(world, proxies=(), public_url="http://bell.example")
    assert examined(world)["Proxy"].verdict is NOT_CHECKED


def test_sources_that_failed_last_are_named(world: World) -> None:
    assert examined(world)["Sources"].verdict is OK
    with closing(open_archive(world.settings.archive_path)) as archive:
        source = next(source.id for source in world.settings.edition.sources if source.enabled)
        run = start_run(archive, source, world.now)
        end_run(archive, run, world.now, complete=False, reason="The server said no.")
    found = examined(world)["Sources"]
    assert (found.verdict, source in found.seen) == (WARNING, True)


def test_what_is_copied_nowhere_is_said_until_a_backup_or_a_replica_holds_it(world: World) -> None:
    assert examined(world)["Copies"].verdict is WARNING
    notes.note(world.settings, notes.BACKUP, "All is well.", ok=True)
    assert examined(world)["Copies"].verdict is OK
    world.now += timedelta(days=9)
    assert examined(world)["Copies"].verdict is WARNING


def test_a_replica_must_be_elsewhere_and_copied_to(world: World) -> None:
    operated(world, replica="sftp://bell:hidden@backup.example/bell")
    assert "Start `tenderbell replicate`" in examined(world)["Copies"].todo
    folder = states.copying_folder(world.settings)
    states.write(folder, states.Copying(at=stamp(world.now), copied_at=stamp(world.now)))
    assert examined(world)["Copies"].verdict is OK
    assert "hidden" not in examined(world)["Copies"].seen
    states.write(folder, states.Copying(at=stamp(world.now), failing_since=stamp(world.now), words="No route."))
    assert examined(world)["Copies"].verdict is WRONG
    states.write(folder, states.Copying(at=stamp(world.now - timedelta(hours=1)), copied_at=stamp(world.now)))
    assert "last ran" in examined(world)["Copies"].seen
    operated(world, replica="file:///srv/copy")
    states.write(folder, states.Copying(at=stamp(world.now), copied_at=stamp(world.now)))
    assert examined(world)["Copies"].verdict is WARNING


def test_the_guide_for_the_first_run_and_the_doctor_have_the_same_points_in_the_same_order(world: World) -> None:
    guide = (PROJECT / "docs" / "first-run.md").read_text("utf-8")
    named = re.findall(r"\*\*([^*]+)\*\*", guide.partition("What the doctor says")[2])
    assert named == list(examined(world))
