# One process, without root, which writes to /data alone:
#   docker run --read-only --tmpfs /tmp --volume hubtalk:/data --env-file .env --publish 127.0.0.1:8080:8080 hubtalk
# What builds stays in the first stage.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/hubtalk
# The libraries change less often than the code, so they are a layer of their own.
COPY requirements-run.lock ./
RUN /opt/hubtalk/bin/python -m pip install --require-hashes --requirement requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY config ./config
COPY storage ./storage
COPY handlers ./handlers
COPY bot ./bot
RUN /opt/hubtalk/bin/python -m pip install --no-deps --no-build-isolation . \
    && /opt/hubtalk/bin/python -m compileall -q /opt/hubtalk/lib


FROM python:3.13-slim

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin hubtalk \
    && install --directory --owner=hubtalk --group=hubtalk --mode=0700 /data
COPY --from=build /opt/hubtalk /opt/hubtalk

# Port 8080 of every interface of the container; what the host publishes is the host's choice.
ENV PATH="/opt/hubtalk/bin:$PATH" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HUBTALK_DATA_DIR=/data \
    HUBTALK_HTTP__BIND=0.0.0.0:8080
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8080

# The image has no curl; the process lives if /healthz answers 200 (anything else raises, exit code 1).
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]

ENTRYPOINT ["hubtalk"]
CMD ["run"]
