# Built in one stage, run in another that holds no compiler, no pip cache and no source.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN python -m venv /opt/webring \
 && /opt/webring/bin/pip install --no-cache-dir .

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 990 --home-dir /data --shell /usr/sbin/nologin webring \
 && install -d -o webring -g webring -m 700 /data
COPY --from=build /opt/webring /opt/webring
ENV PATH=/opt/webring/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    WEBRING_WEB_HOST=0.0.0.0
USER webring
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["webring"]
CMD ["serve", "-c", "/data/webring.toml"]
