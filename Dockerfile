# teleportd in a slim image (the last stage), and an image that runs the tests (stage `test`).
FROM swift:6.3-bookworm AS build
RUN apt-get update -q \
    && apt-get install -q -y --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .

FROM build AS binary
RUN swift build -c release --product teleportd --static-swift-stdlib \
    && install -D "$(swift build -c release --static-swift-stdlib --show-bin-path)/teleportd" /out/teleportd \
    && strip /out/teleportd

FROM build AS test
RUN scripts/setup
CMD ["scripts/test"]

FROM debian:bookworm-slim
RUN apt-get update -q \
    && apt-get install -q -y --no-install-recommends libssl3 libstdc++6 ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --no-create-home teleport
COPY --from=binary /out/teleportd /usr/local/bin/teleportd
USER teleport
ENTRYPOINT ["teleportd"]
CMD ["-config", "/etc/teleport/teleport.yml"]
