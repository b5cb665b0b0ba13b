# The page, then the program, then a small image with nothing but it.
FROM node:20-bookworm-slim AS page
WORKDIR /build
COPY web/package.json web/package-lock.json web/.npmrc web/
RUN npm --prefix web ci --ignore-scripts --no-audit --no-fund
COPY schema.graphql ./
COPY web web
RUN npm --prefix web run build

FROM rust:1.95-bookworm AS program
WORKDIR /build
COPY . .
COPY --from=page /build/web/dist web/dist
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --create-home --home-dir /var/lib/opl opl
COPY --from=program /build/target/release/opl /usr/local/bin/opl
USER opl
ENV OPL_DATA=/var/lib/opl OPL_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["opl"]
CMD ["serve"]
