# Builds and runs tailrace. The pipeline file is mounted, the data directory is a volume:
#
#   docker build -t tailrace .
#   docker run --stop-timeout 15 -v tailrace-data:/data -v /etc/tailrace:/etc/tailrace:ro -v /var/log:/var/log:ro tailrace
#
# The admin API listens inside the container only. To reach it from outside, give --http 0.0.0.0:7070 and publish the
# port: every request then needs the token that stands in /data/admin.token.

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY core core
COPY connectors connectors
COPY config config
COPY hub hub
COPY cli cli
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/tailrace
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
RUN install -d -o node -g node -m 0700 /data
USER 1000:1000
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7070/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["run", "/etc/tailrace/pipeline.json", "--data", "/data", "--http", "127.0.0.1:7070"]
