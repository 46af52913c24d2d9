"""The doctor and the DNS: what the records of our domains say to those who receive our e-mails (SPF, DKIM, DMARC, MX,
PTR), and whether they fit together. Source of the rules: RFC 7208, 6376, 7489, 7505, and the senders' rules of the
large mail providers.

Whether the record of SPF names the machine that delivers in the end is not known here: a relay has other addresses than
the one that it is reached at. The first e-mail to yourself shows it, in `Authentication-Results`.
"""

import base64
import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import dns.reversename
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from alerts import verp
from alerts.doctor_findings import Finding, not_checked, ok, warning, wrong
from alerts.errors import MailSettingError, SigningKeyError
from alerts.mail_server import read_server
from alerts.mailer import mail_folder
from alerts.messages import mail_domain
from alerts.signing import open_signer
from tenderbell.settings import Settings, is_loopback

ALIGNMENT, SPF, DKIM, DMARC, MX, PTR = "Alignment", "SPF", "DKIM", "DMARC", "MX for bounces", "PTR"

Judge = Callable[[str, str, str], Finding]
"""`wrong`, or `warning` while e-mails go to a folder and nobody checks them."""


_NO_NAMES = (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel)
"""What cannot be a name has no records."""


class Unanswered(Exception):
    """The DNS did not answer, so nothing is known; the text says why."""


class Names:
    """Asks the DNS. After it has not answered once it is not asked again: each question would take its whole time."""

    def __init__(self, resolver: dns.resolver.Resolver | None, timeout: float) -> None:
        self._silent: str | None = None
        self._timeout = timeout
        try:
            self._resolver = resolver or dns.resolver.Resolver()
        except (dns.resolver.NoResolverConfiguration, OSError):
            self._silent = "This machine has no DNS server set up."

    def ask(self, name: str, kind: str) -> list[str]:
        """Return the records of a name, none when it has none. The parts of a TXT record are joined. Raises
        Unanswered."""
        if self._silent:
            raise Unanswered(self._silent)
        try:
            answer = self._resolver.resolve(name, kind, lifetime=self._timeout, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN, *_NO_NAMES):
            return []
        except dns.resolver.NoNameservers:
            raise Unanswered(f"The DNS could not say anything about {name}.") from None
        except (dns.exception.DNSException, OSError):
            self._silent = "The DNS does not answer: is there a network?"
            raise Unanswered(self._silent) from None
        if answer.rdtype == dns.rdatatype.TXT:
            return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
        return [record.to_text() for record in answer]


def findings(settings: Settings, names: Names) -> Iterator[Finding]:
    """Yield what the records say."""
    judge: Judge = warning if mail_folder(settings.mail) else wrong
    yield _alignment(settings)
    checks: dict[str, Callable[[], Finding]] = {
        SPF: lambda: _spf(names, verp.bounce_domain(settings), judge),
        DKIM: lambda: _dkim(settings, names, judge),
        DMARC: lambda: _dmarc(names, mail_domain(settings), judge),
        MX: lambda: _mx(names, verp.bounce_domain(settings), judge),
        PTR: lambda: _ptr(settings, names, judge),
    }
    for name, look in checks.items():
        try:
            yield look()
        except Unanswered as silence:
            yield not_checked(name, str(silence))


def _alignment(settings: Settings) -> Finding:
    sender, author = verp.bounce_domain(settings).lower(), mail_domain(settings).lower()
    if sender == author or sender.endswith(f".{author}") or author.endswith(f".{sender}"):
        return ok(ALIGNMENT, f"E-mails from {author} are sent under {sender}: the same domain or one under the other.")
    return warning(
        ALIGNMENT,
        f"E-mails from {author} are sent under {sender}: SPF does not count for DMARC, only DKIM does.",
        f"Set bounce_domain in the edition's [mail] to a domain under {author}, such as bounces.{author}.",
    )


def _spf(names: Names, domain: str, judge: Judge) -> Finding:
    records = [text for text in names.ask(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        todo = f'Publish a TXT record for {domain}, like "v=spf1 include:YOUR-MAIL-PROVIDER -all".'
        return judge(SPF, f"{domain} has no SPF record.", todo)
    if len(records) > 1:
        return judge(SPF, f"{domain} has {len(records)} SPF records, so none counts.", "Join them into one.")
    words = records[0].lower().split()[1:]
    if "+all" in words or "all" in words:
        return judge(SPF, f"{domain} lets everybody send in its name (+all).", "End the record with -all or ~all.")
    if not any(word in ("-all", "~all") or word.startswith("redirect=") for word in words):
        return warning(SPF, f"{domain}'s record does not say who may not send.", "End the record with -all or ~all.")
    return ok(SPF, f"{domain}: {records[0]}")


def _dkim(settings: Settings, names: Names, judge: Judge) -> Finding:
    if not settings.dkim:
        why = "TENDERBELL_DKIM is not set: your mail server may sign, which cannot be seen from here."
        return not_checked(DKIM, why, "Send an e-mail to yourself and look for dkim=pass in its headers.")
    try:
        open_signer(settings)
    except SigningKeyError as problem:
        return wrong(DKIM, str(problem), "Until then nothing can be sent.")
    selector, _, path = settings.dkim.partition(":")
    name = f"{selector}._domainkey.{mail_domain(settings)}"
    kind, key = _public_half(Path(path))
    return _published(names.ask(name, "TXT"), name, f"v=DKIM1; k={kind}; p={key}", judge)


def _published(records: list[str], name: str, wanted: str, judge: Judge) -> Finding:
    found = [tags for tags in map(_tags, records) if "p" in tags]
    todo = f'Publish this TXT record for {name}: "{wanted}"'
    if not found:
        return judge(DKIM, f"{name} has no key: nobody can verify our signatures.", todo)
    if len(found) > 1:
        return judge(DKIM, f"{name} has {len(found)} keys, so none counts for sure.", "Leave the right one only.")
    key = "".join(found[0]["p"].split())
    if not key:
        return judge(DKIM, f"{name} says that its key was withdrawn.", todo)
    if key != _tags(wanted)["p"] or found[0].get("k", "rsa") != _tags(wanted)["k"]:
        return judge(DKIM, f"The key in {name} is not that of TENDERBELL_DKIM: all signatures are bad.", todo)
    if "y" in found[0].get("t", "").split(":"):
        return warning(DKIM, f"{name} is marked as a test (t=y).", "Take t=y out of the record.")
    return ok(DKIM, f"{name} has the key that TENDERBELL_DKIM signs with.")


def _tags(record: str) -> dict[str, str]:
    """Return the tags of a record of DKIM or DMARC."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, mark, value in pairs if mark}


def _public_half(path: Path) -> tuple[str, str]:
    """Return the sort and the text of the public key, as a record has them (RFC 6376, 3.6.1; RFC 8463)."""
    private = load_pem_private_key(path.read_bytes(), password=None)
    public = private.public_key()
    if isinstance(private, Ed25519PrivateKey):
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return "ed25519", base64.b64encode(raw).decode()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "rsa", base64.b64encode(der).decode()


def _dmarc(names: Names, domain: str, judge: Judge) -> Finding:
    """Look at the domain and at those above it: a record there counts for all below."""
    labels = domain.split(".")
    for at in range(max(1, len(labels) - 1)):
        place = f"_dmarc.{'.'.join(labels[at:])}"
        records = [text for text in names.ask(place, "TXT") if _tags(text).get("v", "").upper() == "DMARC1"]
        if len(records) > 1:
            return judge(DMARC, f"{place} has {len(records)} records, so none counts.", "Leave one.")
        if records:
            return _policy(place, _tags(records[0]).get("p", "").lower(), judge)
    todo = f'Publish a TXT record for _dmarc.{domain}, to begin with "v=DMARC1; p=none; rua=mailto:YOUR-MAILBOX".'
    return warning(DMARC, f"{domain} has no DMARC record, which large mail providers ask for.", todo)


def _policy(place: str, policy: str, judge: Judge) -> Finding:
    if policy not in ("none", "quarantine", "reject"):
        return judge(DMARC, f"{place} does not say what to do (p={policy}).", "Give p=none, p=quarantine or p=reject.")
    return ok(DMARC, f"{place}: p={policy}.")


def _mx(names: Names, domain: str, judge: Judge) -> Finding:
    records = names.ask(domain, "MX")
    todo = f"Publish an MX record for {domain} that leads to the server whose mail TENDERBELL_BOUNCES reads."
    if any(record.split()[-1] == "." for record in records):
        return judge(MX, f"{domain} says that it takes no e-mail: what comes back is lost.", todo)
    if records:
        return ok(
            MX, f"{domain} takes e-mail at {', '.join(sorted(record.split()[-1].rstrip('.') for record in records))}."
        )
    if names.ask(domain, "A") or names.ask(domain, "AAAA"):
        return warning(MX, f"{domain} has no MX record; its own address is used.", todo)
    return judge(MX, f"{domain} takes no e-mail: what comes back is lost.", todo)


def _ptr(settings: Settings, names: Names, judge: Judge) -> Finding:
    """Return whether the mail server's addresses have names that lead back to them."""
    if mail_folder(settings.mail) or is_loopback(settings.mail):
        return not_checked(PTR, "The mail server is this machine, whose public address is not known here.")
    try:
        host = read_server(settings.mail).host
    except MailSettingError:
        return not_checked(PTR, "The mail server is not known.")
    addresses = _addresses(names, host)
    if not addresses:
        return judge(PTR, f"{host} has no address in the DNS.", "Correct the name in TENDERBELL_MAIL.")
    public = [address for address in addresses if ipaddress.ip_address(address).is_global]
    if not public:
        return not_checked(PTR, f"{host} has no public address.")
    nameless = [address for address in public if not _is_named(names, address)]
    if nameless:
        return warning(
            PTR,
            f"{', '.join(nameless)} ({host}) has no name that leads back to it.",
            "If that server delivers to others itself, have its provider set the name (reverse DNS).",
        )
    return ok(PTR, f"{host} has names that lead back to its addresses.")


def _addresses(names: Names, host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return [*names.ask(host, "A"), *names.ask(host, "AAAA")]


def _is_named(names: Names, address: str) -> bool:
    named = names.ask(dns.reversename.from_address(address).to_text(), "PTR")
    return any(address in _addresses(names, name.rstrip(".")) for name in named)
