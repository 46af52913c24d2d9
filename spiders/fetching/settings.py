"""Scrapy's settings. Each that is not the default says why. Spiders narrow them in `custom_settings`."""

from importlib.metadata import PackageNotFoundError, version

try:
    _VERSION = version("tenderbell")
except PackageNotFoundError:  # run from a source tree that was never installed
    _VERSION = "0"

MAXSIZE = 50 * 1024 * 1024

SETTINGS: dict[str, object] = {
    # We are guests: what a publisher forbids in robots.txt is not fetched. Default False.
    "ROBOTSTXT_OBEY": True,
    # One polite connection to each host; spiders that know more about theirs say so. Defaults 8 and 0.
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 1,
    "RANDOMIZE_DOWNLOAD_DELAY": False,
    "AUTOTHROTTLE_ENABLED": False,
    # A page of 100 notices is 1 MB; the largest known document 21 MB. Default 1 GiB, which would fill a small server.
    "DOWNLOAD_MAXSIZE": MAXSIZE,
    "DOWNLOAD_WARNSIZE": MAXSIZE,
    # A feed that takes longer is broken. Default 180.
    "DOWNLOAD_TIMEOUT": 60,
    # No source needs a session; Find a Tender sets a cookie that would only tie our requests together. Default True.
    "COOKIES_ENABLED": False,
    # Nobody should be able to steer a running harvest. Default True.
    "TELNETCONSOLE_ENABLED": False,
    # The check reads the source of each callback, which fails while a newer version is being installed. Default True.
    "WARN_ON_GENERATOR_RETURN_VALUE": False,
    # 429 and 503 wait as long as the server asks (`spiders.fetching.patience`); Scrapy's own retry ignores Retry-After.
    # A host that is not there is asked once (`spiders.fetching.robots`).
    "DOWNLOADER_MIDDLEWARES": {
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        "spiders.fetching.patience.Patience": 550,
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "spiders.fetching.robots.Robots": 100,
    },
    "RETRY_HTTP_CODES": [500, 502, 504, 522, 524, 408],
    # A host that refuses or does not exist will do so again in a second; the next run asks again. Default: also those.
    "RETRY_EXCEPTIONS": [
        "scrapy.exceptions.DownloadTimeoutError",
        "scrapy.exceptions.DownloadFailedError",
        "scrapy.exceptions.ResponseDataLossError",
    ],
    # The run says it in one sentence. Default ERROR.
    "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",
    "LOG_LEVEL": "WARNING",
    # Logging belongs to the program that harvests. Default True.
    "LOG_INSTALL_ROOT_HANDLER": False,
    # Waiting for a server that asks for patience, in seconds: without a Retry-After, after other statuses than 429 and
    # 503, at most, and how many times.
    "PATIENCE_DEFAULT": 120,
    "PATIENCE_CODES": {},
    "PATIENCE_LONGEST": 600,
    "PATIENCE_TRIES": 5,
}


def user_agent(url: str) -> str:
    """Return how we introduce ourselves: the product, its version, and where to complain."""
    return f"Tenderbell/{_VERSION} (+{url})"
