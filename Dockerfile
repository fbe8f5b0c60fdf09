# Production image: Debian's Node 24, production dependencies alone, not root.
FROM node:24-bookworm-slim
WORKDIR /opt/ryoritsu
ENV RYORITSU_HOME=/var/lib/ryoritsu RYORITSU_HOST=0.0.0.0
COPY package.json package-lock.json .npmrc ./
# the image brings Node 24; the copies that a bare machine needs are not kept. Never --omit=optional: native parts are optional too
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-* node_modules/.bin/node
COPY src ./src
COPY profiles ./profiles
COPY openapi ./openapi
COPY LICENSE README.md ./
RUN mkdir -p /var/lib/ryoritsu && chown node:node /var/lib/ryoritsu
USER node
VOLUME /var/lib/ryoritsu
EXPOSE 8080
# by HTTPS, where that is what the gateway speaks; nobody is believed on the strength of it
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "require(process.env.RYORITSU_TLS_KEY_FILE ? 'node:https' : 'node:http').get({ host: '127.0.0.1', port: 8080, path: '/health/ready', rejectUnauthorized: false }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "src/main.ts"]
