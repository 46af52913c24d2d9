"""Obeying robots.txt, without waiting for a host that cannot be reached."""

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware

from spiders.fetching.faults import UNREACHABLE


class Robots(RobotsTxtMiddleware):
    """Obeys like Scrapy's own middleware, except that a host that is not there when it is asked for its robots.txt is
    not asked for anything else: otherwise the run would wait for the source's delay, only to be refused again."""

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        super()._robots_error(exc, netloc)
        if isinstance(exc, UNREACHABLE):
            raise exc
