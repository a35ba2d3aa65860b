# One image for every role: web, dialer, scheduler, messenger.
FROM node:22-bookworm-slim AS front-end
WORKDIR /src/agent_ui/web
COPY agent_ui/web/package.json agent_ui/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY agent_ui/web ./
RUN npm run build

FROM python:3.13-slim-bookworm
RUN useradd --create-home --uid 10001 promiseline
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir -r requirements.lock
COPY . .
COPY --from=front-end /src/agent_ui/static agent_ui/static
RUN pip install --no-cache-dir --no-deps .
RUN install -d -o promiseline -m 0700 /var/lib/promiseline
ENV PROMISELINE_DATA_DIR=/var/lib/promiseline
USER promiseline
# the pacer's arithmetic, compiled once; not from /app, which is not what the command imports
RUN cd / && python -m dialer.pacers_ready
ENTRYPOINT ["promiseline"]
CMD ["serve"]
