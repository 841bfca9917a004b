# Train and export, on NVIDIA GPUs (docker run --gpus all, with NVIDIA's container toolkit) or on the CPU.
#
#   docker build -f containers/train.Dockerfile -t evidence-train .
#
#   mkdir -p work
#   docker run --rm --read-only --tmpfs /tmp --gpus all --shm-size 2g --user "$(id -u):$(id -g)" -v "$PWD/work:/work" \
#     evidence-train python -m trainer
#   … evidence-train python -m exporter
#   … evidence-train torchrun --nproc-per-node=2 -m trainer
#
# /work is where runs, bundles and downloaded data appear (artifacts/ and data/ in it): mount a folder that the user may write to.
# Several machines: torchrun's --nnodes, --node-rank and --rdzv-endpoint, with --network host.
# Nothing else is written: caches and logs go to /tmp.
#
# To pin the base to its bytes: docker buildx imagetools inspect python:3.11-slim-bookworm shows its digest; then
# docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:DIGEST …
ARG BASE=python:3.11-slim-bookworm

# One stage: every library comes as a wheel, so there is no compiler to leave behind, and copying them would double the work.
# hadolint ignore=DL3006
FROM ${BASE} AS train
ENV PATH=/opt/libraries/bin:$PATH \
    PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin evidence \
    && python3 -m venv --without-pip /opt/libraries
COPY requirements-train.txt /requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/libraries/bin/python install -r /requirements/requirements-train.txt
COPY LICENSE /opt/evidence/
COPY artifacts/bundles/cifarnet-cifar10 /bundle
COPY runtime_app /opt/evidence/runtime_app
COPY trainer /opt/evidence/trainer
COPY exporter /opt/evidence/exporter
RUN python -m compileall -q /opt/evidence \
    && install -d -o 10001 -g 10001 /work
ENV PYTHONPATH=/opt/evidence \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Evidence: trainer and exporter" \
      org.opencontainers.image.description="Trains a small image classifier and exports it as a checked ONNX bundle." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
WORKDIR /work
VOLUME /work
# On the CPU: the check must not take memory from a training on the GPU.
HEALTHCHECK --interval=5m --timeout=120s --start-period=10s --retries=2 \
    CMD ["python", "-m", "runtime_app", "selftest", "--device", "cpu", "/bundle"]
CMD ["python", "-m", "trainer", "--help"]
