"""What went wrong with a request, in one plain sentence for the run's reason."""

from urllib.parse import urlsplit

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import TextResponse
from scrapy.spidermiddlewares.httperror import HttpError

from spiders.fetching.settings import MAXSIZE
from tenderbell.text import excerpt

UNREACHABLE = (CannotResolveHostError, DownloadConnectionRefusedError)
"""Errors after which it makes no sense to ask the same host for something else."""

REFUSALS = frozenset({401, 403, 429, 503})
"""Answers after which it makes none either: we are not welcome, or not now however long we have waited."""

_TOO_LARGE = f"sent more than {MAXSIZE // 1024 // 1024} MB, which is refused"


def is_final(error: BaseException) -> bool:
    """Return whether whatever else is asked of the host would end in the same way."""
    return isinstance(error, UNREACHABLE) or (isinstance(error, HttpError) and error.response.status in REFUSALS)


def is_forbidden(error: BaseException) -> bool:
    """Return whether it was robots.txt that kept a request from being made."""
    is_ignored = isinstance(error, IgnoreRequest) and not isinstance(error, HttpError)
    return is_ignored and "DOWNLOAD_MAXSIZE" not in str(error)


def sentence(error: BaseException, url: str) -> str:
    """Return what happened, naming the host."""
    host = urlsplit(url).netloc
    if isinstance(error, CannotResolveHostError):
        return f"Could not reach {host}: there is no such host, or no network."
    if isinstance(error, DownloadConnectionRefusedError):
        return f"Could not reach {host}: connection refused."
    if isinstance(error, HttpError):
        words = said(error.response)
        return f"{host} answered {error.response.status}{f' ({words})' if words else ''}."
    return f"{host} {_verb(error)}."


def _verb(error: BaseException) -> str:
    if isinstance(error, DownloadTimeoutError):
        return "did not answer in time"
    if isinstance(error, DownloadCancelledError):
        return _TOO_LARGE
    if isinstance(error, ResponseDataLossError):
        return "broke off in the middle of an answer"
    if isinstance(error, DownloadFailedError):
        return "dropped the connection"
    if isinstance(error, IgnoreRequest):
        return f"{_TOO_LARGE} (unpacked)" if "DOWNLOAD_MAXSIZE" in str(error) else "forbids this in its robots.txt"
    return f"could not be read: {type(error).__name__}"


def said(response: object) -> str:
    """Return the beginning of a short plain-text answer, in quotes: what the server itself has to say."""
    if not isinstance(response, TextResponse) or b"html" in (response.headers.get("Content-Type") or b""):
        return ""
    words = excerpt(text_of(response)[:2000], 160)
    return f"“{words}”" if words else ""


def text_of(response: object) -> str:
    """Return the text of an answer, "" where it has none or names a charset that is none (`charset=base64`)."""
    try:
        return response.text if isinstance(response, TextResponse) else ""
    except (LookupError, ValueError):
        return ""
