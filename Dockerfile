# ccrouter in a container. The configuration is mounted at /config; compose.yaml and docs/installing.md show how.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE CHANGELOG.md config.example.json ./
COPY ccrouter ccrouter
COPY schemas schemas
# The lock pins what pip chooses; it names more than is installed here.
RUN python -m venv /opt/ccrouter \
    && /opt/ccrouter/bin/pip install --no-cache-dir --constraint requirements.lock ".[vertex]"

FROM python:3.13-slim
COPY --from=build /opt/ccrouter /opt/ccrouter
# A number, so that Kubernetes' runAsNonRoot can see that it is not root.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin ccrouter \
    && install -d -o ccrouter -g ccrouter -m 0700 /config
ENV PATH=/opt/ccrouter/bin:$PATH \
    CCR_CONFIG=/config/config.json \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /config
EXPOSE 3456
# Asks GET /health at the address that the config names.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["ccr", "status", "--json"]
# Exec form: the signal reaches the daemon itself, which lets open streams finish (30 s at most).
STOPSIGNAL SIGTERM
ENTRYPOINT ["ccr"]
CMD ["start", "--foreground"]
