# docker build -f deploy/docker/exporter.Dockerfile -t selfcheer/exporter .
# docker build -f deploy/docker/exporter.Dockerfile --target sidecar -t selfcheer/sidecar .
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc tsconfig.json ./
COPY cheer-kit/package.json cheer-kit/
COPY exporter/package.json exporter/
RUN npm ci
COPY cheer-kit cheer-kit
COPY exporter exporter
RUN npm run build

FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY cheer-kit/package.json cheer-kit/
COPY exporter/package.json exporter/
RUN npm ci --omit=dev --workspace exporter --workspace cheer-kit && mkdir /data

# No shell, no package manager; user 65532. It has no tags of versions: the digest pins it.
FROM gcr.io/distroless/nodejs24-debian13:nonroot@sha256:9eeb7f5887d0e239e78264b06f7f11d2e14be534050481803a9e4728fcdd278e AS selfcheer
# Before WORKDIR, which would give the folder to the user.
COPY --from=dependencies /app /app
WORKDIR /app
COPY --from=build /src/cheer-kit/dist cheer-kit/dist
COPY --from=build /src/exporter/dist exporter/dist
COPY LICENSE ./
COPY exporter/bin exporter/bin
COPY exporter/page exporter/page
COPY exporter/proto exporter/proto
COPY --from=dependencies --chown=65532:65532 /data /data
ENV NODE_ENV=production
VOLUME /data
ENTRYPOINT ["/nodejs/bin/node", "exporter/bin/selfcheer.js"]

# The live page for several services, as a process of its own beside them: it takes --target.
FROM selfcheer AS sidecar
EXPOSE 9465
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["/nodejs/bin/node", "-e", "fetch('http://127.0.0.1:9465/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/nodejs/bin/node", "exporter/bin/selfcheer.js", "sidecar"]
CMD ["--help"]

FROM selfcheer
ENV SELFCHEER_DATA_DIR=/data
EXPOSE 8080 50051 9464
# Liveness, not readiness: who waits for a broker must not be restarted for it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["/nodejs/bin/node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["start"]
