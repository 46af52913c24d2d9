# The image of a site: everything that is written goes to /data, so the root file system can be read-only.
# Another base with Python 3.11 or newer and its venv module will do: --build-arg BASE=...
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /opt/tenderbell
COPY requirements.txt ./
RUN python3 -m venv .venv \
    && .venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY . ./
RUN .venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation -e . \
    && .venv/bin/python -m compileall -q alerts schedules site spiders tenderbell .venv/lib

FROM ${BASE}
COPY --from=build /opt/tenderbell /opt/tenderbell
RUN groupadd --gid 10001 tenderbell \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin tenderbell \
    && install -d -o 10001 -g 10001 -m 700 /data /replica
ENV PATH=/opt/tenderbell/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    TENDERBELL_DATA=/data \
    TENDERBELL_HOST=0.0.0.0
WORKDIR /data
USER 10001:10001
VOLUME /data
EXPOSE 8001
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8001/health', timeout=4)"]
ENTRYPOINT ["tenderbell"]
CMD ["run"]
