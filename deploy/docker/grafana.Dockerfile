# docker build -f deploy/docker/grafana.Dockerfile -t selfcheer/grafana .
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /plugin
COPY grafana-plugin/package.json grafana-plugin/package-lock.json grafana-plugin/.npmrc ./
RUN npm ci
COPY grafana-plugin ./
RUN npm run build

FROM grafana/grafana:12.4.10
# Not below /var/lib/grafana: a volume there would keep the plugin of the image that it was first used with.
ENV GF_PATHS_PLUGINS=/opt/plugins GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=selfcheer-cheermeter-panel
COPY --from=build /plugin/dist /opt/plugins/selfcheer-cheermeter-panel
