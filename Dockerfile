# webring in a container: no root, nothing written but the volume, and a health check.
#
#   docker build --tag webring .
#   docker run --rm -it --volume webring:/var/lib/webring webring init
#   docker run --detach --name webring --read-only --tmpfs /tmp --cap-drop ALL \
#       --volume webring:/var/lib/webring --publish 127.0.0.1:8080:8080 webring
#   docker exec webring webring check
#
# The volume holds webring.toml, keys, database and index. See docs/operating.md, "In a container".

FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY static static
COPY webring webring
RUN python -m venv /opt/webring \
 && /opt/webring/bin/pip install --no-cache-dir --disable-pip-version-check .

FROM python:3.12-slim-bookworm
RUN groupadd --system --gid 10001 webring \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/webring \
      --shell /usr/sbin/nologin webring \
 && install --directory --owner webring --group webring --mode 0700 /var/lib/webring
COPY --from=build /opt/webring /opt/webring
ENV PATH=/opt/webring/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WEBRING_CONFIG=/var/lib/webring/webring.toml \
    WEBRING_WEB_HOST=0.0.0.0
USER 10001:10001
WORKDIR /var/lib/webring
VOLUME /var/lib/webring
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('WEBRING_WEB_PORT', '8080')), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["webring"]
CMD ["serve"]
