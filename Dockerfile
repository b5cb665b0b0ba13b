# The page, then the programs, linked into one file each, then an image with nothing beside them.
FROM node:20-bookworm-slim AS page
WORKDIR /build
COPY web/package.json web/package-lock.json web/.npmrc web/
RUN npm --prefix web ci --ignore-scripts --no-audit --no-fund
COPY schema.graphql ./
COPY web web
RUN npm --prefix web run build

FROM rust:1.95-bookworm AS program
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates cmake \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
COPY --from=page /build/web/dist web/dist
# `crt-static` puts the C library into the program: names are looked up with /etc/hosts and DNS alone.
# The authorities that banks are trusted by are the one file beside it.
RUN tools/static.sh && mkdir -p /image/bin /image/etc/ssl/certs /image/var/lib/opl /image/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && cp target/static/opl target/static/opl-verify target/static/opl-witness /image/bin/ \
 && printf 'opl:x:10001:10001::/var/lib/opl:/bin/false\n' > /image/etc/passwd \
 && printf 'hosts: files dns\n' > /image/etc/nsswitch.conf \
 && chown -R 10001:10001 /image/var/lib/opl && chmod 700 /image/var/lib/opl && chmod 1777 /image/tmp

FROM scratch
COPY --from=program /image/ /
USER 10001:10001
ENV OPL_DATA=/var/lib/opl OPL_LISTEN=0.0.0.0:8080
EXPOSE 8080
VOLUME /var/lib/opl
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/bin/opl", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/bin/opl"]
CMD ["serve"]
