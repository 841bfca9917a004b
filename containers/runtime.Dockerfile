# The command line without the window: classify, evaluate, selftest, info, and bulk where it is asked for.
#
#   docker build -f containers/runtime.Dockerfile -t evidence .
#   docker build -f containers/runtime.Dockerfile -t evidence-bulk --build-arg LIBRARIES=bulk .    # adds Ray and Arrow
#
#   docker run --rm --read-only --tmpfs /tmp evidence selftest
#   docker run --rm --read-only --tmpfs /tmp -v "$PWD/pictures:/pictures:ro" evidence classify /pictures --format jsonl
#   docker run --rm --read-only --tmpfs /tmp -v "$PWD/pictures:/pictures:ro" -v "$PWD/BUNDLE:/bundle:ro" evidence \
#     evaluate /pictures --confusion /tmp/confusion.png
#
# /bundle holds the shipped bundle until another one is mounted over it. What a command writes (--heatmap, bulk's output) goes
# to a folder that you mount and that the user inside may write to: add --user "$(id -u):$(id -g)" -v "$PWD/out:/out".
# Nothing else is written: logs go to /tmp and are dropped where that is read-only too. Ray (bulk) needs --shm-size 2g and /tmp.
#
# To pin the base to its bytes: docker buildx imagetools inspect python:3.11-slim-bookworm shows its digest; then
# docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:DIGEST …
ARG BASE=python:3.11-slim-bookworm

# hadolint ignore=DL3006
FROM ${BASE} AS base
ENV PATH=/opt/libraries/bin:$PATH \
    PYTHONUNBUFFERED=1

# pip stays outside: it installs into an environment that has none.
FROM base AS libraries
ARG LIBRARIES=cli
RUN python3 -m venv --without-pip /opt/libraries
COPY requirements-cli.txt requirements-${LIBRARIES}.txt /requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/libraries/bin/python install \
      -r /requirements/requirements-cli.txt -r "/requirements/requirements-${LIBRARIES}.txt"

FROM base AS runtime
RUN useradd --system --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin evidence \
    && mkdir -p /usr/local/share/evidence/bundles \
    && ln -s /bundle /usr/local/share/evidence/bundles/bundle
COPY --from=libraries /opt/libraries /opt/libraries
COPY LICENSE /opt/evidence/
COPY artifacts/bundles/cifarnet-cifar10 /bundle
COPY runtime_app /opt/evidence/runtime_app
RUN python -m compileall -q /opt/evidence
ENV PYTHONPATH=/opt/evidence \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    XDG_DATA_HOME=/usr/local/share
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Evidence" \
      org.opencontainers.image.description="Classifies pictures with a checked ONNX bundle: the command line, without the window." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
WORKDIR /work
VOLUME /bundle
HEALTHCHECK --interval=5m --timeout=60s --start-period=5s --retries=2 \
    CMD ["python", "-m", "runtime_app", "selftest", "/bundle"]
ENTRYPOINT ["python", "-m", "runtime_app"]
CMD ["--help"]
