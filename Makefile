# What can be done here. Each target is one line; the work is in tools/.
.PHONY: run test harden bench bench-sync bench-fetch soak build setup schema fmt setup-build eval bench-analytics screens bench-web

run: build ## build everything and start the whole world on this machine
	@target/release/opl demo $(ARGS)

build: setup-build ## the page, then the release programs in target/release
	@cargo build --release --locked -p one-point-ledger -p opl-transparency

setup-build: ## install what building needs, and build the page
	@tools/setup.sh build && tools/web.sh

setup: ## install what building and testing need
	@tools/setup.sh test

test: ## install what is needed and run every test
	@tools/setup.sh test && tools/test.sh

harden: ## attack a debug build with tools that are not ours (ARGS="graphql tls certificates")
	@tools/setup.sh harden && tools/harden.sh $(ARGS)

bench: ## measure the ledger against stock stores and raw limits (ARGS="--quick append")
	@tools/setup.sh test && tools/bench.py $(ARGS)

bench-sync: ## score reconciliation against others over 10,000 seeded histories (ARGS="--explain 41")
	@cargo run --release --locked --quiet -p opl-histories --bin bench-sync -- $(ARGS)

bench-fetch: ## 100,000 rows from the sandbox bank to the screen, and where the time goes (ARGS="20000 sqlite")
	@cargo bench --locked --quiet --bench fetch -- $(ARGS)

eval: ## measure categories, recurring, transfers, forecasts; figures in target/eval.json (ARGS="--cards FILE --brands FILE")
	@cargo run --release --locked --quiet -p opl-insights --bin bench-insights -- $(ARGS)

bench-analytics: ## a million rows to the columnar data set, SQL over ten million beside DuckDB; target/analytics.json
	@tools/setup.sh test && cargo run --release --locked --quiet -p opl-analytics --bin bench-analytics

soak: ## kill, cut and starve for hours; OPL_SOAK=100 for a tenth of it
	@tools/setup.sh test && tools/soak.sh

screens: setup-build ## take the screens of docs/screens from a real run
	@tools/setup.sh test && tools/screens.sh

bench-web: ## how long a person with 1,000,000 transactions waits, in Chromium (ARGS="100000")
	@tools/setup.sh test && tools/bench-web.sh $(ARGS)

schema: ## write schema.graphql anew
	@cargo run --quiet -- schema > schema.graphql.new && mv schema.graphql.new schema.graphql

fmt: ## format everything
	@cargo fmt --all && npm --prefix web run format
