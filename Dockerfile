# syntax=docker/dockerfile:1
# `npm run check:image` runs these very steps in a clean folder and starts the result.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.base.json ./
COPY src ./src
RUN npx --no-install tsc -b src

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
RUN install -d -o node -g node /data
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./

ENV NODE_ENV=production
# Reachable through a published port only if it listens on every address, and then the server refuses to start
# without credentials: pass AMOS_API_KEYS (a file or inline JSON).
ENV AMOS_HOST=0.0.0.0
ENV AMOS_PORT=3000
ENV AMOS_DATA_DIR=/data

USER node
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.AMOS_PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# tini is process 1: it passes SIGTERM on to the server, which drains, and reaps what is left.
ENTRYPOINT ["tini", "--"]
CMD ["node", "dist/main.js"]
