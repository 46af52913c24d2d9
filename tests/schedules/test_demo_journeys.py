"""The whole demonstration of an edition, and the journeys of the site over it: the same for the second edition as for
the first."""

import csv
import email
import io
import re
from contextlib import closing
from dataclasses import dataclass
from email import policy
from html import unescape
from pathlib import Path

import pytest
from icalendar import Calendar

from tenderbell.area import Area, load_area
from tenderbell.database import connect
from tenderbell.edition import load_edition
from tenderbell.settings import Settings
from tests.schedules.programs import finished
from tests.site.conftest import Visitor
from tests.site.test_forms import fill_in, links_to, token_in

EDITIONS = ("herefordshire", pytest.param("gloucestershire", marks=pytest.mark.slow))


@dataclass
class Demonstration:
    """An edition whose demonstration has run to its end, with the site over it."""

    name: str
    area: Area
    settings: Settings

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.settings)

    def letters(self) -> list[email.message.EmailMessage]:
        paths = sorted((self.settings.data / "mail").glob("*.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]

    def ids(self, where: str = "1") -> list[str]:
        with closing(connect(self.settings.public_path, read_only=True)) as db:
            return [row[0] for row in db.execute(f"select id from opportunity where {where} order by number")]


@pytest.fixture(scope="module", params=EDITIONS)
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    data = tmp_path_factory.mktemp(request.param) / "data"
    ended = finished(["schedules.demo", "--once"], {"TENDERBELL_DATA": str(data), "TENDERBELL_EDITION": request.param})
    assert ended.returncode == 0, ended.stderr
    environ = {"TENDERBELL_DATA": str(data), "TENDERBELL_EDITION": str(data / "demo.toml")}
    settings = Settings.read({**environ, "TENDERBELL_URL": "http://tenderbell.test"})
    return Demonstration(request.param, load_area(request.param), settings)


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_it_ends_in_one_alert_for_what_was_published_second(shown: Demonstration) -> None:
    subjects = [str(letter["Subject"]) for letter in shown.letters()]
    assert len(subjects) == 2
    assert subjects[0].startswith("[Sample] Please confirm")
    assert shown.letters()[1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = shown.letters()[1].get_body(("plain",))
    assert body
    assert "/opportunities/" in body.get_content()


def test_every_page_speaks_of_the_edition_s_own_county(shown: Demonstration) -> None:
    assert len(shown.ids()) > 60
    assert len(shown.ids("reach = 'local'")) > 50
    assert not shown.ids("title like '%South Gloucestershire%' or title like '%Thornbury%'"), "another county's"
    assert shown.settings.edition.title == load_edition(shown.name).title
    year = shown.settings.clock().year
    for path in (
        "/",
        "/about",
        f"/report/{year}",
        "/preflight",
        "/commissioners",
        "/status",
        "/opportunities?stage=open",
    ):
        page = text(shown.visitor.get(path).text)
        assert shown.area.name in page, path
        assert "None" not in page.replace("None of our themes", ""), path
        if shown.name != "gloucestershire":
            others = re.findall(r"\b(?:Stroud|Cotswold|Cheltenham|Tewkesbury|Gloucester|Severn)\b.{20}", page)
            assert not others, path
            assert "Gloucestershire" not in page.replace("Compact Commissioning Code for Gloucestershire", ""), path


def test_a_volunteer_finds_a_grant_and_signs_up_for_the_like(shown: Demonstration) -> None:
    visitor = shown.visitor
    search = "q=young+carers&kind=grant&stage=open"
    page = visitor.get(f"/opportunities?{search}")
    assert "Grants for young carers" in text(page.text)
    fill_in(visitor, f"/alerts/new?{search}", email="ann@village-hall.example", search=search, frequency="daily")
    confirm = links_to(shown.settings, "confirm")[-1]
    answer = fill_in(visitor, confirm)
    assert "Your alert has begun" in answer.text
    manage = re.search(r'href="(/manage/[\w-]+)"', answer.text)
    assert manage
    assert "young carers" in text(visitor.get(manage[1]).text)


def test_a_charity_reads_what_is_asked_and_takes_the_dates_away(shown: Demonstration) -> None:
    (id,) = shown.ids("title like 'Support for young carers%'")
    visitor = shown.visitor
    page = text(visitor.get(f"/opportunities/{id}").text)
    assert f"across {shown.area.name}" in page
    assert "Suitable for charities and community groups" in page
    dates = visitor.get(f"/opportunities/{id}.ics")
    assert any("Closes" in str(event["summary"]) for event in Calendar.from_ical(dates.content).walk("VEVENT"))


def test_a_commissioner_checks_an_advert_and_reports_what_is_missing(shown: Demonstration) -> None:
    visitor = shown.visitor
    with closing(connect(shown.settings.public_path, read_only=True)) as db:
        key = db.execute("select key from notice where source = 'find-a-tender' order by key limit 1").fetchone()[0]
    assert "It is here" in visitor.get(f"/check?q={key}").text
    page = visitor.get("/missing")
    form = {"csrftoken": token_in(page.text), "link": "https://portal.example/advert/77"}
    assert "Thank you" in visitor.post("/missing", form).text


def test_the_yearly_report_leads_to_its_rows(shown: Demonstration) -> None:
    year = shown.settings.clock().year
    page = shown.visitor.get(f"/report/{year}").text
    figures = re.findall(r'href="(/public/report_adverts[^"]*)"', page)
    assert figures
    rows = shown.visitor.get(unescape(figures[0]))
    assert rows.status_code in (200, 302)


def test_an_analyst_downloads_the_grants(shown: Demonstration) -> None:
    answer = shown.visitor.get("/opportunities.csv?kind=grant")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) > 8
    assert {row["kind"] for row in rows} == {"grant"}


def test_everybody_can_leave_with_one_click(shown: Demonstration) -> None:
    link = re.search(r"<(http[^>]+/unsubscribe/[\w-]+)>", str(shown.letters()[1]["List-Unsubscribe"]))
    assert link
    path = re.sub(r"^http://[^/]+", "", link[1])
    assert shown.visitor.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    with closing(connect(shown.settings.private_path, read_only=True)) as db:
        living = "select count(*) from profile p join subscriber s on s.id = p.subscriber where p.ended_at is null"
        assert db.execute(f"{living} and s.email like 'sample%'").fetchone()[0] == 0


def test_the_folder_holds_all_that_the_site_needs(shown: Demonstration) -> None:
    assert (Path(shown.settings.data) / "areas" / f"{shown.name}.toml").exists()
